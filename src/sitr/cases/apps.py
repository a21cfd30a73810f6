"""Django's description of this app."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The cases app."""

    name = "sitr.cases"
    label = "cases"
