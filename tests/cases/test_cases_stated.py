"""What the person writes onto the paper, and what waits when a case travels."""

import pytest
from tests.cases.case_browser import arrived, paired
from tests.cases.case_world import SECRET, World
from tests.cases.test_cases_home import _forget
from tests.cases.test_cases_releases import contents_for, everything

from sitr.cases import arrivals, dossiers, exhibits, journals, pairings, portable
from sitr.cases.dossiers import Stated
from sitr.dossier import Certified, Contents
from sitr.errors import BadInput
from sitr.words import LANGS, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def made_with(world: World, monkeypatch: pytest.MonkeyPatch, stated: Stated | None) -> Contents:
    return contents_for(world, monkeypatch, "lawyer", stated=stated)


def test_what_the_person_states_stands_on_the_paper_and_nobody_is_named_without(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = Certified("ليلى <b>", "محامية", "10 سنوات", "لا شيء", "Köln")
    paper = everything(world, made_with(world, monkeypatch, Stated(" S. ", "محكمة", "طلب عاجل\n2026", signed)))
    for words in ("محكمة", "محامية", "Köln", "ليلى", "&lt;"):
        assert words in paper
    assert "<b>" not in paper.partition("<!doctype")[2]
    (world.folder / "lawyer.age").unlink(missing_ok=True)
    empty = made_with(world, monkeypatch, None)
    assert (empty.alias, empty.made_for, empty.certified) == ("", "", Certified())
    assert say("dossier.p_not_named", "ar") in everything(world, empty)


def test_a_text_without_end_is_refused_and_no_entry_says_that_one_was_made(world: World) -> None:
    before = len(journals.entries(world.holder, world.case))
    for stated in (Stated(alias="x" * 301), Stated(certified=Certified(departures="x" * 3_001))):
        with pytest.raises(BadInput) as caught:
            dossiers.make(world.holder, world.case, world.folder / "d.age", secret=SECRET, stated=stated)
        assert all(say(caught.value.code, lang, **caught.value.data) for lang in LANGS)
    assert len(journals.entries(world.holder, world.case)) == before


def test_what_a_browser_added_and_waits_travels_with_the_case_and_the_browser_does_not(world: World) -> None:
    waiting = arrived(world, world.case)
    guest = paired(world, world.case)
    file = portable.export_case(world.holder, world.case, world.folder / "case.sitr", secret=SECRET)
    _forget(world, world.case)
    portable.import_case(world.stranger, file, secret=SECRET)
    (one,) = arrivals.list_arrivals(world.stranger, world.case)
    assert (one.id, one.url, len(one.files)) == (waiting.id, waiting.url, len(waiting.files))
    taken = arrivals.accept(world.stranger, world.case, one.id)
    assert len(taken.exhibits) == len(waiting.files)
    assert {each.id for each in taken.exhibits} <= {
        each.id for each in exhibits.list_exhibits(world.stranger, world.case)
    }
    assert journals.verify(world.stranger, world.case).ok
    assert guest is not None
    assert "paired" not in {each.state for each in pairings.list_pairings(world.stranger, world.case)}
