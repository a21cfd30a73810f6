"""The checker of the journeys finds what it is there for."""

import pytest
from tests.journeys.phones import chromium, held_to_the_rules

pytestmark = pytest.mark.browser
_HEAD = "<!doctype html><html lang=en><title>t</title><main><h1>t</h1>"
_DARK = "<p style='color: #444'>dark enough</p>" * 60


def test_the_checker_finds_what_is_hard_to_read_after_many_like_it_and_what_has_no_name() -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.set_content(f"{_HEAD}{_DARK}</main>")
        held_to_the_rules(page, "fine")
        for wrong, rule in (
            ("<p style='color: #bbb'>too pale</p>", "color-contrast"),
            ("<div style='background: #888'><p style='color: #444'>the same words on grey</p></div>", "color-contrast"),
            ("<button></button>", "button-name"),
            ("<img src='data:,'>", "image-alt"),
        ):
            page.set_content(f"{_HEAD}{_DARK}{wrong}</main>")
            with pytest.raises(AssertionError, match=rule):
                held_to_the_rules(page, "wrong")
