"""Every verb of the table: who may, who may not, what it writes, and that it writes it together or not at all."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connections
from tests.cases.case_snapshots import everything, payloads, tables, words
from tests.cases.case_verbs import DANGEROUS, INSIDE, OF_THE_HOME, TABLE, WRITING, Verb, called
from tests.cases.case_world import OTHER_SECRET, SECRET, WRONG, World

import sitr.cases
from sitr.cases import erasing, journals
from sitr.cases.access import Keeper
from sitr.cases.services import Services
from sitr.errors import Locked, NotFound
from sitr.journal import Signer
from sitr.words import LANGS, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

each_verb = pytest.mark.parametrize("verb", TABLE, ids=lambda verb: verb.name)
each_writing_verb = pytest.mark.parametrize("verb", WRITING, ids=lambda verb: verb.name)


def _public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for found in pkgutil.iter_modules(sitr.cases.__path__):
        if found.ispkg:
            continue
        module = import_module(f"sitr.cases.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{found.name}.{name}", function


def test_every_public_function_over_keepers_and_services_is_in_the_table() -> None:
    takers = {
        name
        for name, function in _public_functions()
        if {Keeper, Services} & {p.annotation for p in inspect.signature(function).parameters.values()}
    }
    table = {verb.name for verb in TABLE}
    assert takers == table | OF_THE_HOME.keys() | INSIDE.keys()
    assert not table & (OF_THE_HOME.keys() | INSIDE.keys())


def test_every_verb_that_asks_for_the_secret_is_tried_with_a_wrong_one() -> None:
    asking = {name for name, function in _public_functions() if "secret" in inspect.signature(function).parameters}
    assert asking - OF_THE_HOME.keys() == {verb.name for verb in DANGEROUS}


@each_verb
def test_works_for_the_holder(world: World, verb: Verb) -> None:
    verb.run(world.holder, world.case, verb.prepare(world, world.case))


@each_verb
def test_a_stranger_is_told_that_there_is_no_such_case(world: World, verb: Verb) -> None:
    given = verb.prepare(world, world.case)
    before = everything(world)
    mails = len(world.post.mails)
    with pytest.raises(NotFound) as refused:
        verb.run(world.stranger, world.case, given, secret="a stranger's own words" if verb.dangerous else None)
    assert refused.value.code == "cases.no_case"
    with pytest.raises(NotFound) as never_was:
        verb.run(world.holder, "nosuchcase", given)
    assert never_was.value.code == "cases.no_case"
    assert everything(world) == before
    assert len(world.post.mails) == mails


@pytest.mark.parametrize("verb", DANGEROUS, ids=lambda verb: verb.name)
def test_a_wrong_secret_opens_nothing_and_changes_nothing(world: World, verb: Verb) -> None:
    given = verb.prepare(world, world.case)
    before = everything(world)
    for wrong in (WRONG, OTHER_SECRET):
        with pytest.raises(Locked):
            verb.call(world.holder, world.case, **given, secret=wrong)
    assert everything(world) == before
    assert not given.get("out") or not given["out"].exists()


@pytest.mark.database
@each_verb
def test_works_for_a_holder_who_was_added_and_writes_exactly_its_entries(world: World, verb: Verb) -> None:
    given = verb.prepare(world, world.case)
    rows, entries = words(world.holder, world.case), payloads(world.holder, world.case)
    verb.run(world.other, world.case, given, secret=OTHER_SECRET if verb.dangerous else None)
    if verb.call is erasing.erase_case:
        return  # leaves nothing that could be read; test_cases_erasing looks at what it leaves
    written = payloads(world.holder, world.case)[len(entries) :]
    assert tuple((one["type"], one["verb"]) for one in written) == verb.entries
    assert {one["actor"] for one in written} <= {world.other.holder_id}
    changed = dict(words(world.holder, world.case).items() - rows.items())
    assert {(w["table"], w["row"]): w["sha256"] for one in written for w in one["writes"]} == changed


class BrokenSigner(Signer):
    """A signer whose key cannot be used."""

    def __init__(self) -> None:
        """A key that is there and cannot sign."""
        super().__init__(Ed25519PrivateKey.generate())

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002
        """Fail."""
        raise OSError("no key")


@pytest.mark.database
@each_writing_verb
def test_no_row_remains_when_the_entry_cannot_be_written(world: World, verb: Verb) -> None:
    given = verb.prepare(world, world.case)
    before = everything(world)
    mails = len(world.post.mails)
    keeper = world.with_services(world.holder, signer=BrokenSigner())
    with pytest.raises(OSError, match="no key"):
        verb.run(keeper, world.case, given)
    assert everything(world)[0] == before[0]
    assert everything(world)[2] == before[2]
    assert len(world.post.mails) == mails
    if verb.name != "holders.remove_holder":  # leaves wraps of an epoch that never began
        assert everything(world)[1] == before[1]
    assert journals.verify(world.other, world.case).ok


class Refusal(DatabaseError):
    """What the broken database of these tests says."""


@contextmanager
def broken_database(at: int) -> Iterator[list[str]]:
    """Both databases refuse the write number `at` (from 1); gives the writes that were tried."""
    tried: list[str] = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            tried.append(sql.split('"')[1])
            if len(tried) == at:
                raise Refusal
        return run(sql, params, many, context)

    with ExitStack() as stack:
        for alias in ("default", "keys"):
            stack.enter_context(connections[alias].execute_wrapper(execute))
        yield tried


# The others have more than one transaction, and tests of their own: below, and in those of holders, erasing and proofs.
_MORE = {"notices.send", "dossiers.make", "erasing.erase_case", "holders.add_holder", "holders.remove_holder",
         "submissions.submit", "submissions.withdraw", "proofs.draw"}  # fmt: skip
ONE_TRANSACTION = tuple(verb for verb in WRITING if verb.name not in _MORE)


@pytest.mark.database
@pytest.mark.parametrize("verb", ONE_TRANSACTION, ids=lambda verb: verb.name)
def test_a_write_that_fails_anywhere_leaves_neither_row_nor_entry(world: World, verb: Verb) -> None:
    given = verb.prepare(world, world.case)
    for at in range(1, 200):
        before = everything(world)
        with broken_database(at) as tried:
            try:
                verb.run(world.holder, world.case, given)
            except Refusal:
                pass
            else:
                break
        assert everything(world) == before, tried
        if "data" in given:
            given["data"].seek(0)
    assert at > 3
    assert journals.verify(world.other, world.case).ok


@pytest.mark.database
def test_sending_that_fails_anywhere_never_leaves_a_state_without_its_entry(world: World) -> None:
    verb = called("notices.send")
    given = verb.prepare(world, world.case)
    for at in range(1, 40):
        with broken_database(at):
            try:
                verb.run(world.holder, world.case, given)
            except Refusal:
                assert journals.verify(world.holder, world.case).ok
                world.alive.clear()
                if tables("default")["cases_notice"][0].count("sending"):
                    from sitr.cases import notices

                    # It may have gone out: only the person decides to send it once more.
                    (view,) = notices.list_notices(world.holder, world.case)
                    assert view.state == "unknown"
                    notices.approve(world.holder, world.case, given["notice_id"])
            else:
                break
    assert at > 8
    assert journals.verify(world.holder, world.case).ok


def test_every_entry_has_a_name_in_both_languages() -> None:
    verbs = {verb for one in TABLE for _, verb in one.entries} | {"open", "reject", "refused", "unknown", "import_case"}
    for lang in LANGS:
        assert all(say(f"cases.verb_{verb}", lang) for verb in verbs)


def test_the_secret_of_a_dangerous_verb_is_the_holders_own(world: World) -> None:
    verb = called("holders.add_holder")
    with pytest.raises(Locked):
        verb.run(world.other, world.case, verb.prepare(world, world.case), secret=SECRET)
