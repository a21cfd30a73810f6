"""Django's description of this app."""

from importlib import import_module

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The cases app."""

    name = "sitr.cases"
    label = "cases"

    def import_models(self) -> None:
        """The models of `models`, and those of the shared index, which know no case."""
        super().import_models()
        import_module("sitr.cases.shared_models")
