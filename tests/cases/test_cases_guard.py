"""The guard of the models: no row is written, changed or removed outside a verb."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from tests.cases.case_world import World

from sitr.cases.models import Case, Guarded, User, WriteOutsideVerb

MODELS: list[Any] = [model for model in apps.get_app_config("cases").get_models() if model is not User]
WAYS: dict[str, Callable[[Any], object]] = {
    "save": lambda model: model().save(),
    "save anew": lambda model: model().save(force_insert=True),
    "delete": lambda model: model(pk="x" if model._meta.pk.name != "id" else 1).delete(),
    "create": lambda model: model.objects.create(),
    "update": lambda model: model.objects.update(pk=1),
    "filtered update": lambda model: model.objects.filter(pk=1).update(pk=1),
    "delete all": lambda model: model.objects.all().delete(),
    "create many": lambda model: model.objects.bulk_create([model()]),
    "update many": lambda model: model.objects.bulk_update([model(pk=1)], [model._meta.pk.name]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_model_is_written_outside_a_verb(model: type[Guarded], way: str) -> None:
    with pytest.raises(WriteOutsideVerb):
        WAYS[way](model)


@pytest.mark.database
@pytest.mark.django_db(databases=["default", "keys"])
def test_what_is_not_there_is_not_made_by_looking_for_it() -> None:
    for model in MODELS:
        for way in (model.objects.get_or_create, model.objects.update_or_create):
            with pytest.raises(WriteOutsideVerb):
                way(pk=1)


def test_all_models_but_accounts_are_guarded() -> None:
    assert len(MODELS) == 34
    assert all(issubclass(model, Guarded) for model in MODELS)


@pytest.mark.database
@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_a_row_that_is_there_is_neither_changed_nor_removed_outside_a_verb(world: World) -> None:
    row = Case.objects.get(pk=world.case)
    row.state = "erased"
    for way in (row.save, row.delete, row.entry_set.all().delete, lambda: row.entry_set.update(opening=None)):
        with pytest.raises(WriteOutsideVerb):
            way()
    assert Case.objects.get(pk=world.case).state == "open"
    assert row.entry_set.count() == 2


@pytest.mark.database
@pytest.mark.django_db(databases=["default", "keys"])
@pytest.mark.parametrize("alias", ["default", "keys"])
def test_migrations_are_what_the_models_say(alias: str) -> None:
    call_command("makemigrations", "cases", check=True, dry_run=True, verbosity=0)
    call_command("migrate", database=alias, check_unapplied=True, verbosity=0)
