"""The page of facts that are due, in a phone-width browser: no scripts, no passphrase yet, in each language."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize
from tests.journeys.phones import chromium
from tests.journeys.test_journey import Walker, World, world_of
from tests.knowledge.small_knowledge import copy_small

from sitr.words import LANGS, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def aged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The app over facts of which some are past their day and some soon will be."""
    folder, today = copy_small(tmp_path / "knowledge"), datetime.now(UTC).date()
    for file, days in (("services/x", 200), ("services/bing", 91), ("jurisdictions/eg", 160)):
        facts = folder / file / "facts.toml"
        written = facts.read_text(encoding="utf-8")
        on = (today - timedelta(days=days)).isoformat()
        facts.write_text(written.replace("on = 2026-11-22", f"on = {on}"), encoding="utf-8")
    monkeypatch.setenv("SITR_KNOWLEDGE", str(folder))
    yield from world_of("quiet_world.py")


def test_an_editor_sees_what_is_due(aged: World) -> None:
    token, base = aged.hear("token"), aged.hear("base")
    with chromium() as browser:
        for number, lang in enumerate(LANGS):
            narrow: ViewportSize = {"width": 390, "height": 844}
            page = browser.new_context(viewport=narrow, locale=lang, java_script_enabled=False).new_page()
            checker = browser.new_page(viewport=narrow, locale=lang)
            walker = Walker(page, checker, base, lang, f"facts-{lang}")
            walker.go("k", token if number == 0 else aged.hear("token"))
            walker.go("facts/")
            text = walker.look("facts")
            assert "knowledge/services/x/facts.toml" in text
            assert "knowledge/jurisdictions/eg/facts.toml" in text
            assert say("facts.left", lang, n=21) in text
            page.locator("summary").first.click()
            walker.look("facts-open")
            page.select_option("[name=show]", "recalled")
            page.select_option("[name=kind]", "jurisdictions")
            page.fill("[name=entry]", "مصر")
            page.get_by_role("button", name=say("facts.do", lang), exact=True).click()
            text = walker.look("facts-egypt")
            assert "eg-ncw" in text
            assert "knowledge/services/x/facts.toml" not in text
