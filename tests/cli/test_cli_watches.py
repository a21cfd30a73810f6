"""`sitr watch`: what is typed, what is answered, and that a worker says no address aloud."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.cases.case_world import drawn
from tests.cases.watch_site import WatchSite, watch_site
from tests.cli.cli_desk import BuiltWire, Desk

from sitr.cli.verbs import watches
from sitr.finding import Manners
from sitr.net import Door, LoopbackPass
from sitr.settings import SITR
from sitr.vault import Identity

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def shop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Desk, WatchSite]]:
    """The desk with a site that speaks HTTP, a standing key, and manners for tests."""
    services = desk.wire.services()
    monkeypatch.setattr(watches, "MANNERS", Manners(gap=0.01))
    monkeypatch.setattr(watches, "LONGEST_NAP", 0.05)
    key = Identity.generate()
    with watch_site(services.now) as site:
        door = Door((), LoopbackPass(SITR.home, [site.port]))
        made = replace(services, door=door, standing=key, standing_public=key.public)
        yield replace(desk, wire=BuiltWire(made, SITR)), site


def test_a_page_is_watched_visited_and_what_it_shows_is_proposed(shop: tuple[Desk, WatchSite]) -> None:
    desk, site = shop
    case = desk.case()
    (desk.folder / "mine.png").write_bytes(drawn(1, 240))
    desk.done("photo", "add", case, str(desk.folder / "mine.png"))
    site.put("/a.png", drawn(1, 240), "image/png")
    page = site.show("/page", "/a.png")
    (watch,) = desk.done("watch", "add", case, page, "--every", "weekly")["watches"]
    assert (watch["url"], watch["kind"], watch["every"], watch["visits"]) == (page, "page", "weekly", 0)
    said = desk.type("watch", "run", "--once", "--json")
    assert said.status == 0
    assert [one["found"] for one in said.document["visits"]] == [1]
    assert [one["image"] for one in said.document["proposed"]] == [site.url("/a.png")]
    assert str(site.port) not in said.err
    listed = desk.done("watch", "list", case)
    assert (listed["returned"], listed["watches"][0]["seen"], listed["away"]["given"]) == ([], "live", False)
    assert desk.done("agenda")["due"][0]["watch"] == watch["id"]
    for verb, state in (("pause", "paused"), ("resume", "active")):
        desk.done("watch", verb, case, watch["id"])
        assert desk.done("watch", "list", case)["watches"][0]["state"] == state
    desk.done("watch", "remove", case, watch["id"])
    assert desk.type("watch", "list", case).out.startswith("Nothing is watched.\n")


def test_visits_while_nobody_is_there_need_consent_and_no_passphrase(shop: tuple[Desk, WatchSite]) -> None:
    desk, site = shop
    case = desk.case()
    site.put("/page", b"words")
    desk.done("watch", "add", case, site.url("/page"))
    assert desk.done("watch", "run", "--standing", "--once")["visits"] == []
    refused = desk.type("watch", "consent", case, "on")
    assert (refused.status, "while you are away" in refused.err) == (2, True)
    assert desk.done("watch", "consent", case, "on", "--yes")["away"]["orders"] == 1
    ran = desk.type("watch", "run", "--standing", "--once", "--json", secret="")
    assert (ran.status, len(ran.document["visits"])) == (0, 1)
    assert site.paths() == ["/page"]
    assert desk.done("watch", "consent", case, "off")["away"] == {
        "possible": True, "given": False, "since": None, "orders": 0
    }  # fmt: skip


def test_what_is_typed_wrongly_is_said(shop: tuple[Desk, WatchSite]) -> None:
    desk, _site = shop
    case = desk.case()
    for argv in (
        ("watch", "add", case), ("watch", "add", case, "https://a.example/", "--places"),
        ("watch", "add", case, "--places"),
        ("watch", "add", case, "https://a.example/", "--every", "hourly"), ("watch", "run", "--for", "soon"),
        ("watch", "pause", case, "nosuchwatch"), ("watch", "add", case, "words"),
    ):  # fmt: skip
        said = desk.type(*argv)
        assert said.status in {1, 2}, argv
        assert said.err, argv
    bare = replace(desk, wire=BuiltWire(replace(desk.wire.services(), standing=None), SITR))
    assert bare.type("watch", "run", "--standing").status == 3
