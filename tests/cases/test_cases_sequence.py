"""Long random sequences of verbs by both holders, with wrong steps among them: the journal verifies all along."""

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.cases.case_snapshots import tables
from tests.cases.case_verbs import exhibit
from tests.cases.case_world import BASIS, FIELDS, MAIL, OTHER_SECRET, SECRET, World, drawn

from sitr.cases import captures, erasing, exhibits, holders, journals, notices, openings, photos, sightings
from sitr.cases.access import Keeper
from sitr.cases.models import Entry
from sitr.errors import SitrError
from sitr.takedown import Delivery, DeliveryState
from sitr.vault import Identity

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

Move = Callable[[World, Keeper, random.Random], object]


def _secret(world: World, keeper: Keeper, dice: random.Random) -> str:
    own = SECRET if keeper is world.holder else OTHER_SECRET
    return own if dice.random() < 0.8 else "wrong words"


def _pick(dice: random.Random, found: list[Any]) -> str:
    return dice.choice(found).id if found else "nothing"


def _notice(world: World, keeper: Keeper, dice: random.Random) -> str:
    return _pick(dice, notices.list_notices(keeper, world.case))


def _place(world: World, keeper: Keeper, dice: random.Random) -> str:
    return _pick(dice, sightings.list_sightings(keeper, world.case))


def _item(world: World, keeper: Keeper, dice: random.Random) -> str:
    return _pick(dice, exhibits.list_exhibits(keeper, world.case))


def _visit_again(world: World, keeper: Keeper, dice: random.Random) -> object:
    for path in ("/1", "/2", "/3"):
        world.site.pages[path] = (dice.choice([200, 404, 410, 500, 403]), "text/html", b"<p>x</p>")
    return sightings.check(keeper, world.case, _place(world, keeper, dice))


def _send(world: World, keeper: Keeper, dice: random.Random) -> object:
    world.post.answer = Delivery(dice.choice(list(DeliveryState)), "said")
    return notices.send(keeper, world.case, _notice(world, keeper, dice))


def _remove_and_add(world: World, _keeper: Keeper, _dice: random.Random) -> None:
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    exhibit(world, world.case)
    holders.add_holder(world.holder, world.case, world.other.identity.public, secret=SECRET)


MOVES: list[Move] = [
    lambda w, k, d: openings.answer(k, w.case, {"seen": d.choice([[], ["seen"], ["nonsense"]])}, {"goal": "كلمة"}),
    lambda w, k, d: openings.mark_step(k, w.case, d.choice(["s-steady", "none"]), d.choice(["done", "later"])),
    lambda w, k, d: sightings.add_sighting(k, w.case, w.site.url(f"/{d.randrange(1, 4)}")),
    lambda w, k, _d: sightings.add_sighting(k, w.case, "no address"),
    lambda w, k, d: exhibits.add_exhibit(k, w.case, io.BytesIO(d.randbytes(d.randrange(2000))), "x.bin"),
    lambda w, k, d: exhibits.export(k, w.case, _item(w, k, d), w.folder),
    lambda w, k, d: exhibits.preview(k, w.case, _item(w, k, d), blurred=False),
    lambda w, k, d: captures.capture_page(k, w.case, "https://leaks.example/p", child=d.choice(["no", "yes"])),
    lambda w, k, d: sightings.decide(k, w.case, _place(w, k, d), d.random() < 0.5),
    lambda w, k, d: notices.draft(k, w.case, _place(w, k, d), basis=BASIS, fields=FIELDS),
    lambda w, k, d: notices.fill(k, w.case, _notice(w, k, d), {"ground": f"{d.random()}"}),
    lambda w, k, d: notices.approve(k, w.case, _notice(w, k, d)),
    lambda w, k, d: notices.mark_sent(k, w.case, _notice(w, k, d), "r", w.clock()),
    lambda w, k, d: notices.file_reply(k, w.case, _notice(w, k, d), MAIL, "re.eml"),
    lambda w, k, d: notices.close(k, w.case, _notice(w, k, d)),
    lambda w, k, d: erasing.erase_exhibit(k, w.case, _item(w, k, d), secret=_secret(w, k, d)),
    lambda w, k, d: holders.add_holder(k, w.case, Identity.generate().public, secret=_secret(w, k, d)),
    lambda w, k, _d: openings.show(k, w.case),
    lambda w, _k, d: w.clock.forward(minutes=d.randrange(-600, 6000)),
    _visit_again,
    _send,
    _send,
    _remove_and_add,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_journal_verifies_after_any_sequence_of_verbs(world: World, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a seed that can be played again
    photos.add_photo(world.holder, world.case, drawn(), "me.png")
    world.visits.images = {"https://cdn.leaks.example/a.png": drawn()} if seed else {}
    done = refused = 0
    for turn in range(90):
        keeper = dice.choice([world.holder, world.other])
        move = dice.choice(MOVES)
        lines = Entry.objects.count()
        before = tables("default")
        try:
            move(world, keeper, dice)
            done += 1
        except SitrError:
            refused += 1
            assert Entry.objects.count() == lines
            assert tables("default") == before
        if turn % 30 == 29:
            report = journals.verify(keeper, world.case)
            assert report.ok, (turn, report.problems)
    assert done > 25
    assert refused > 5
    sequence = [entry.seq for entry in journals.entries(world.other, world.case)]
    assert sequence == list(range(len(sequence)))
