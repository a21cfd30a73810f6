"""The worker that sees a photo: small, without dependencies, shut in by the policy of its own file."""

import re
from pathlib import Path

import pytest
from tests.web.web_cast import Cast

from sitr.fingerprint import pdq, views

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
STATIC = Path(__file__).parents[2] / "src/sitr/web/static/web"
WORKER = (STATIC / "print.js").read_text(encoding="utf-8")
PAGE = (STATIC / "device.js").read_text(encoding="utf-8")


def test_the_module_is_at_most_twenty_kilobytes_and_stands_alone() -> None:
    assert len(WORKER.encode()) <= 20 * 1024
    assert not re.findall(r"\b(?:import|fetch|XMLHttpRequest|WebSocket|importScripts|eval|indexedDB|caches)\b", WORKER)
    assert "http" not in WORKER


def test_the_worker_may_ask_nobody_for_anything(cast: Cast) -> None:
    worker, page = (cast.browser.get(f"/static/web/{name}.js") for name in ("print", "device"))
    assert b"".join(worker).decode() == WORKER
    assert b"".join(page).decode() == PAGE
    assert worker["Content-Security-Policy"] == "default-src 'none'"


def test_browser_and_server_name_the_same_turns_and_views() -> None:
    turns, kinds = (re.search(rf"const {name} = \[(.*?)\]", PAGE, re.DOTALL) for name in ("TURNS", "VIEWS"))
    assert turns
    assert kinds
    assert tuple(re.findall(r'"(\w+)"', turns[1])) == pdq.ORIENTATIONS
    assert tuple(re.findall(r'"(\w+)"', kinds[1])) == views.KINDS
