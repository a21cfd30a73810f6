"""The hostile suite: 0 escapes, 0 hangs, a record that says what happened. `benchmarks.hostile` writes its table."""

from pathlib import Path

import pytest
from tests.evidence.hostile_scenes import SCENES, Scene, play

from sitr.words import say

pytestmark = pytest.mark.browser

QUICK, SLOW = ([scene for scene in SCENES if scene.slow is slow] for slow in (False, True))
# What the pages of `test_evidence_hostile_pages` try too, one by one: here they run in the long round only.
_ALSO_THERE = {
    *("redirects without end", "no answer at all", "ten thousand requests", "ways out of a page"),
    *("asking for passwords", "loud page", "addresses that are no web"),
}


def test_the_suite_holds_well_over_sixty_attempts() -> None:
    assert sum(len(scene.tries) for scene in SCENES) >= 60
    assert len({scene.name for scene in SCENES}) == len(SCENES)


@pytest.mark.parametrize("scene", [s for s in QUICK if s.name not in _ALSO_THERE], ids=lambda scene: scene.name)
def test_a_hostile_page_reaches_nothing_hangs_nothing_and_is_told(scene: Scene, memory: Path, tmp_path: Path) -> None:
    _held(scene, memory, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("scene", [*SLOW, *(s for s in QUICK if s.name in _ALSO_THERE)], ids=lambda scene: scene.name)
def test_a_hostile_page_that_takes_its_time_is_told_too(scene: Scene, memory: Path, tmp_path: Path) -> None:
    _held(scene, memory, tmp_path)


def _held(scene: Scene, memory: Path, tmp_path: Path) -> None:
    outcome = play(scene, memory, tmp_path / "home")
    assert outcome.wrong == ""
    assert outcome.escapes == 0


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_what_a_page_calls_itself_is_told_with_its_marks_of_direction_made_visible(lang: str) -> None:
    told = say("evidence.note_dialog", lang, kind="alert", text="<b>\u202eforged</b>")  # type: ignore[arg-type]
    assert "\u202e" not in told
    assert "<b>\\u202eforged</b>" in told


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_what_a_page_says_cannot_stand_in_lines_of_its_own_among_ours(lang: str) -> None:
    text = "a\nEverything was kept.\r\u2028b\x85c"
    told = say("evidence.note_dialog", lang, kind="alert", text=text)  # type: ignore[arg-type]
    assert len(told.splitlines()) == 1
    assert "a↵Everything was kept." in told
