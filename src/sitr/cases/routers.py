"""Which table lies in which database: wrapped keys stand apart from what they open."""

from typing import Any

from django.db import connections

KEY_MODELS = frozenset({"holderlock", "receiptlock", "receiptsalt", "wrappedkey"})


class KeysApart:
    """Sends the models of `KEY_MODELS` to the database `keys` and all others to `default`."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        """The database a model is read from."""
        return self._place(model)

    def db_for_write(self, model: Any, **_hints: Any) -> str:
        """The database a model is written to."""
        return self._place(model)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **_hints: Any) -> bool:
        """Whether a table is made in `db`."""
        if app_label == "cases" and model_name in KEY_MODELS and not _one_database():
            return db == "keys"
        return db == "default"

    @staticmethod
    def _place(model: Any) -> str:
        return "keys" if model._meta.app_label == "cases" and model._meta.model_name in KEY_MODELS else "default"


def _one_database() -> bool:
    """On PostgreSQL both names lead to one database with one list of applied migrations."""
    return bool(connections["default"].settings_dict["NAME"] == connections["keys"].settings_dict["NAME"])
