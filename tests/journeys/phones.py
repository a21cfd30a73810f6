"""The browser of the journeys, and the accessibility rules that every page in it is held to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

# Without this the browser imitates a GPU for each frame: a fifth of its processor time, and nothing more to see.
FLAGS = ("--no-sandbox", "--disable-gpu")
BINARY = "/usr/bin/chromium"

_RULES = """async () => {
  const quiet = { resultTypes: ["violations"], preload: false };
  const rest = await axe.run(document, { ...quiet, rules: { "color-contrast": { enabled: false } } });
  // Contrast takes nine tenths of the time. It hangs on these values alone, so one text of each look is judged.
  const looks = new Map();
  const ground = (style) => `${style.backgroundColor}${style.backgroundImage}${style.opacity}${style.position}`;
  for (const one of document.body.querySelectorAll("*")) {
    if (![...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(one);
    let look = [color, fontSize, fontWeight, textShadow, one.closest("[disabled], [aria-disabled]") !== null].join();
    for (let at = one; at; at = at.parentElement) look += ground(getComputedStyle(at));
    if (!looks.has(look) && one.checkVisibility()) looks.set(look, one);
  }
  const colours = { ...quiet, runOnly: { type: "rule", values: ["color-contrast"] } };
  const shown = looks.size ? await axe.run({ include: [...looks.values()] }, colours) : { violations: [] };
  return [...rest.violations, ...shown.violations].map((one) => [one.id, one.nodes.slice(0, 3).map((n) => n.html)]);
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real Chromium, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BINARY, args=list(FLAGS))
        yield browser
        browser.close()


def held_to_the_rules(page: Page, what: str) -> None:
    """axe-core finds nothing on the page."""
    page.evaluate(Axe().axe_script)
    found: list[Any] = page.evaluate(_RULES)
    assert not found, (what, found)
