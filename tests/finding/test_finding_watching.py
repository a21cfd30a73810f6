"""The laws of the watch: when an address is visited again, and that a host is never pressed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import OutsideSilent
from sitr.finding import Courtesy, Every, Kept, Manners, Memory, MemoryTurns, Order, WatchKind, visit_watched
from sitr.finding.robots import MOST_BYTES, Robots, read_robots
from sitr.finding.watching import LEAST, LONGEST, Sight, after_failure, interval, next_visit, retry_after
from sitr.fingerprint import fingerprint
from sitr.net import Conditions, Limits, Response

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
DAYS = st.integers(0, 3000).map(lambda n: timedelta(days=n))
CHANCE = st.floats(0, 1)
HTML = {"Content-Type": "text/html"}


@dataclass
class World:
    """A web without sockets: answers by address, the times at which each was asked, a clock that sleep moves on."""

    answers: Mapping[str, tuple[int, Mapping[str, str], bytes]]
    now: datetime = START
    asked: list[tuple[datetime, str, bool]] = field(default_factory=list)

    def get(self, url: str, limits: Limits, *, since: Conditions | None = None) -> Response:
        """As the door."""
        assert limits.redirects == 0
        self.asked.append((self.now, url, since is not None))
        self.now += timedelta(seconds=0.2)
        if url not in self.answers:
            return Response(url, 404, (), b"")
        status, headers, body = self.answers[url]
        if status == 0:
            raise OutsideSilent("net.unreachable")
        if since is not None and since.etag and since.etag == headers.get("ETag"):
            return Response(url, 304, tuple(headers.items()), b"")
        return Response(url, status, tuple(headers.items()), body)

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += timedelta(seconds=seconds)

    def courtesy(self, turns: MemoryTurns, manners: Manners | None = None) -> Courtesy:
        return Courtesy(self, turns, manners or Manners(), lambda: self.now, self.sleep)


def an_order(url: str, every: Every = Every.AUTO) -> Order:
    return Order(url, WatchKind.PAGE, every, pictures=False, due=START, memory=Memory(fresh=START.isoformat()))


# --- the schedule ---


@given(st.sampled_from(Every), DAYS, CHANCE)
def test_no_two_visits_are_planned_nearer_than_the_least_nor_further_than_the_longest(
    every: Every, quiet: timedelta, chance: float
) -> None:
    due = next_visit(START, interval(every, quiet), chance)
    assert LEAST <= due - START <= LONGEST


@given(DAYS, DAYS, CHANCE)
def test_the_longer_nothing_changed_the_rarer_the_visits(first: timedelta, second: timedelta, chance: float) -> None:
    less, more = sorted((first, second))
    steps = [interval(Every.AUTO, quiet) for quiet in (less, more)]
    assert next_visit(START, steps[0], chance) <= next_visit(START, steps[1], chance)
    assert steps[1] <= timedelta(days=30)


@given(st.sampled_from([Every.DAILY, Every.WEEKLY, Every.MONTHLY]), DAYS, st.lists(CHANCE, min_size=2, max_size=2))
def test_a_steady_interval_stays_within_a_quarter_and_chance_moves_it(
    every: Every, quiet: timedelta, chances: list[float]
) -> None:
    step = interval(every, quiet)
    assert step == interval(every, timedelta(0))
    first, second = (next_visit(START, step, chance) - START for chance in chances)
    assert step * 0.75 <= first <= step * 1.25
    assert (first == second) == (chances[0] == chances[1]) or abs(chances[0] - chances[1]) < 1e-6


@given(st.integers(1, 60), st.sampled_from([timedelta(days=n) for n in (1, 3, 7, 30)]))
def test_visits_in_vain_come_more_rarely_each_time_and_never_more_rarely_than_usual(
    failures: int, usual: timedelta
) -> None:
    assert LEAST <= after_failure(failures, usual) <= after_failure(failures + 1, usual) <= max(usual, LEAST)


@given(st.sampled_from(Every), DAYS, CHANCE, st.integers(-10, 500).map(lambda n: START + timedelta(days=n)))
def test_never_before_the_time_a_host_asked_for(every: Every, quiet: timedelta, chance: float, until: datetime) -> None:
    assert next_visit(START, interval(every, quiet), chance, until) >= min(until, START + LONGEST)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 7 ", 7), ("Sat, 14 Mar 2026 09:27:53 GMT", 60), ("0", 0), (None, None), ("", None),
        ("soon", None), ("-5", None), ("Sat, 14 Mar 2020 09:27:53 GMT", None), ("1e9", None), ("٣", None),
        ("9" * 400, LONGEST.total_seconds()), ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    found = retry_after(value, START)
    assert found == (None if seconds is None else START + timedelta(seconds=seconds))


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(value: str) -> None:
    found = retry_after(value, START)
    assert found is None or START <= found <= START + LONGEST


# --- robots.txt ---

_RULES = """# comments and other lines end nothing
User-agent: Other
Disallow: /
Sitemap: https://h.example/s.xml

User-agent: SITR/2.0
User-agent: third
Crawl-delay: 7
Disallow: /private
Allow: /private/open
Disallow: /*.jpg$
Disallow: /a%3cd
Disallow: /صور

User-agent: *
Disallow: /
User-agent: sitr
Disallow: /late
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/private", False), ("/privately", False), ("/private/open/x", True), ("/x.jpg", False),
        ("/x.jpg?y", True), ("/x.jpeg", True), ("/a%3Cd", False), ("/a<d", True), ("/%D8%B5%D9%88%D8%B1/1", False),
        ("/صور/1", False), ("/late", False), ("/robots.txt", True), ("", True), ("/PRIVATE", True),
    ],
)  # fmt: skip
def test_rules_are_read_as_the_rfc_says(path: str, allowed: bool) -> None:
    assert read_robots(_RULES.encode()).allows("https://h.example" + path) is allowed


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True), ("Disallow: /", "/x", True), ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", True), ("User-agent: *\nDisallow: /\nAllow: /x$", "/x", True),
        ("User-agent: *\nDisallow: /\nAllow: /x$", "/xy", False), ("\ufeffUser-agent: *\r\nDisallow: /x", "/x", False),
        ("user-agent:sitr\ndisallow:/x#y", "/x", False), ("User-agent: sitrus\nDisallow: /", "/x", True),
        ("User-agent: *\nDisallow: /**/y", "/a/b/y", False),
        ("User-agent: a\nUser-agent: *\nDisallow: /x", "/x", False),
        ("User-agent: *\nDisallow: /?q=", "/?q=1", False), ("User-agent: *\nDisallow: /x?$", "/x?", False),
        ("User-agent: *\nDisallow: " + "*a" * 900, "/" + "a" * 2000, False),
    ],
)  # fmt: skip
def test_odd_rules_are_read_as_the_rfc_says(text: str, path: str, allowed: bool) -> None:
    assert read_robots(text.encode()).allows("https://h.example" + path) is allowed


@given(st.binary(max_size=300), st.text(max_size=30))
def test_no_file_and_no_address_breaks_the_reader(data: bytes, path: str) -> None:
    rules = read_robots(b"User-agent: *\n" + data)
    url = "https://h.example/" + path.replace("[", "").replace("]", "")
    said = rules.as_json()
    assert said is not None
    assert Robots.of(said).allows(url) is rules.allows(url)


def test_a_file_made_to_be_expensive_is_read_soon_and_only_in_part() -> None:
    names = "".join(f"User-agent: a{n}\n" for n in range(16_000))
    lines = "".join(f"Disallow: /{n}\n" for n in range(16_000))
    rules = read_robots((names + "User-agent: *\n" + lines).encode())
    assert len(rules.rules) <= 5_000
    late = read_robots(b"User-agent: *\n" + b"#" * MOST_BYTES + b"\nDisallow: /x\n")
    assert late.allows("https://h.example/x")


# --- manners ---

PATHS = st.lists(st.sampled_from(["/a", "/b", "/to-b", "/to-c", "/loop", "/busy", "/silent"]), min_size=1, max_size=6)
HOSTS = ("http://one.example", "http://two.example", "http://one.example:8080")


def _web(delay: float, retry: int) -> dict[str, tuple[int, dict[str, str], bytes]]:
    web: dict[str, tuple[int, dict[str, str], bytes]] = {}
    for host in HOSTS:
        web |= {
            f"{host}/robots.txt": (200, {}, f"User-agent: *\nCrawl-delay: {delay}\nDisallow: /forbidden".encode()),
            f"{host}/a": (200, HTML, b"a"), f"{host}/b": (200, HTML, b"b"), f"{host}/forbidden": (200, HTML, b"no"),
            f"{host}/to-b": (301, {"Location": "/b"}, b""), f"{host}/to-c": (302, {"Location": "/forbidden"}, b""),
            f"{host}/loop": (302, {"Location": "/loop"}, b""), f"{host}/silent": (0, {}, b""),
            f"{host}/busy": (429, {"Retry-After": str(retry)}, b""),
        }  # fmt: skip
    return web


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(HOSTS), PATHS), min_size=1, max_size=4),
    st.sampled_from([0, 3, 30, 200]),
    st.sampled_from([5, 90, 4000]),
    st.sampled_from([1.0, 10.0]),
)
def test_a_host_is_never_pressed_whatever_it_answers(
    tours: list[tuple[str, list[str]]], delay: int, retry: int, gap: float
) -> None:
    world = World(_web(delay, retry))
    turns = MemoryTurns(lambda: world.now)
    for host, paths in tours:
        ask = world.courtesy(turns, Manners(gap=gap))
        for path in paths:
            ask.get(host + path, Limits())
    for name in {urlsplit(url).hostname for _, url, _ in world.asked}:
        mine = [(at, url) for at, url, _ in world.asked if urlsplit(url).hostname == name]
        for (earlier, first), (later, _) in pairwise(mine):
            least = max(gap, delay)
            assert later - earlier >= timedelta(seconds=least)
            if first.endswith("/busy"):
                assert later - earlier >= timedelta(seconds=max(least, retry))
    assert not [url for _, url, _ in world.asked if url.endswith("/forbidden")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, {}, b"User-agent: *\nDisallow: /"), "disallowed"), ((503, {}, b""), "silent"),
        ((500, {}, b""), "silent"),
        ((0, {}, b""), "silent"), ((429, {}, b""), "silent"), ((403, {}, b""), None), ((410, {}, b""), None),
        ((301, {"Location": "http://two.example/rules"}, b""), "disallowed"),
        ((301, {"Location": "/robots.txt"}, b""), None), ((301, {}, b""), None),
    ],
)  # fmt: skip
def test_what_the_absence_of_rules_means(answer: tuple[int, dict[str, str], bytes], why: str | None) -> None:
    web = {
        "http://one.example/robots.txt": answer, "http://one.example/a": (200, HTML, b"a"),
        "http://two.example/rules": (200, {}, b"User-agent: sitr\nDisallow: /a"),
    }  # fmt: skip
    world = World(web)
    got = world.courtesy(MemoryTurns(lambda: world.now)).get("http://one.example/a", Limits())
    assert (got.why if isinstance(got, Kept) else None) == why
    assert ("http://one.example/a" in [url for _, url, _ in world.asked]) == (why is None)


def test_a_pause_longer_than_patience_is_kept_and_the_visit_put_off() -> None:
    world = World(_web(0, 4000))
    turns = MemoryTurns(lambda: world.now)
    world.courtesy(turns).get("http://one.example/busy", Limits())
    until = world.now + timedelta(seconds=4000)
    done = visit_watched(an_order("http://one.example/a"), world.courtesy(turns), lambda: world.now, 0.0)
    assert done.state == "unknown"
    assert done.order.due >= until - timedelta(seconds=1)
    assert len(world.asked) == 2


# --- a visit ---


def test_what_is_remembered_asks_the_next_time_and_nothing_new_is_not_told() -> None:
    page = {"http://one.example/a": (200, {**HTML, "ETag": '"x"'}, b"words")}
    world = World(page)
    first = visit_watched(an_order("http://one.example/a"), _fresh(world), lambda: world.now, 0.5)
    assert (first.state, first.told) == ("unknown", None)
    second = visit_watched(first.order, _fresh(world), lambda: world.now, 0.5)
    assert second.unchanged
    assert [conditional for _, url, conditional in world.asked if url.endswith("/a")] == [False, True]
    world.answers = {}
    third = visit_watched(second.order, _fresh(world), lambda: world.now, 0.5)
    assert third.told is not None
    assert (third.told.state, third.told.reason["code"]) == ("gone", "finding.visit_gone_page")
    again = visit_watched(third.order, _fresh(world), lambda: world.now, 0.5)
    assert again.told is None


_SHELL = b"<title>x</title><div id=root></div><script src=/app.js></script>"
_ICON = encoded(drawn_photo(5, 40, 40), "PNG")


@pytest.mark.parametrize(
    ("page", "state", "code"),
    [
        (_SHELL, "unknown", "finding.watch_scripts"),
        (_SHELL + b"<img src=/icon.png>", "unknown", "finding.watch_scripts"),
        (_SHELL + b"<img src=/other.jpg>", "quiet", "finding.watch_quiet"),
        (_SHELL + b"<img src=/copy.jpg>", "live", "finding.watch_found"),
        (b"<p>no picture, no script", "quiet", "finding.watch_quiet"),
        (b"<p>a text</p><script type=application/ld+json>{}</script>", "quiet", "finding.watch_quiet"),
    ],
)
def test_a_page_whose_pictures_only_scripts_show_is_not_called_quiet(page: bytes, state: str, code: str) -> None:
    world = World(_pictures() | {"http://one.example/a": (200, {**HTML, "ETag": '"x"'}, page)})
    order = replace(an_order("http://one.example/a"), pictures=True, photos={"p": fingerprint(_COPY)})
    first = visit_watched(order, _fresh(world), lambda: world.now, 0.5)
    second = visit_watched(first.order, _fresh(world), lambda: world.now, 0.5)
    world.now += timedelta(days=8)  # all images are gone through again, by what they gave before
    third = visit_watched(second.order, _fresh(world), lambda: world.now, 0.5)
    for done in (first, second, third):
        assert (done.state, done.order.memory.state_reason["code"]) == (state, code)


def test_a_place_behind_scripts_is_not_gone_because_its_image_moved() -> None:
    """Addresses of images on large platforms end after hours; the page goes on showing the photo."""
    world = World({"http://one.example/a": (200, HTML, _SHELL)})
    order = replace(
        an_order("http://one.example/a"), kind=WatchKind.PLACE, image="http://one.example/signed.jpg", was="live",
        pictures=True, photos={"p": fingerprint(_COPY)},
    )  # fmt: skip
    done = visit_watched(order, _fresh(world), lambda: world.now, 0.5)
    assert (done.state, done.order.memory.reason["code"]) == ("unknown", "finding.watch_scripts")
    world.answers = {"http://one.example/a": (200, HTML, b"<p>words, and no script")}
    assert visit_watched(order, _fresh(world), lambda: world.now, 0.5).state == "gone"


_COPY = encoded(drawn_photo(7, 200, 150), quality=80)


def _pictures() -> dict[str, tuple[int, dict[str, str], bytes]]:
    kinds = {"icon.png": _ICON, "copy.jpg": _COPY, "other.jpg": encoded(drawn_photo(8, 200, 150))}
    return {f"http://one.example/{name}": (200, {"ETag": f'"{name}"'}, data) for name, data in kinds.items()}


def _fresh(world: World) -> Courtesy:
    return world.courtesy(MemoryTurns(lambda: world.now))


def test_an_order_comes_back_as_it_was_sealed() -> None:
    sight = Sight("http://one.example/a", '"x"', "", "0f" * 32, 200, copy=True, at=START.isoformat())
    memory = replace(Memory(fresh=START.isoformat()), page=sight, images=(sight,), shown=("a", "b"), told="live")
    order = replace(an_order("http://one.example/a"), memory=memory)
    assert Order.of(order.as_json()) == order


@given(st.text(max_size=400), st.text(max_size=400))
@example(etag="", modified="\x1f")
def test_a_header_that_cannot_be_sent_is_not_asked_by(etag: str, modified: str) -> None:
    made = Sight("http://one.example/a", etag, modified).conditions()
    for value in made.headers().values() if made else ():
        value.encode("latin-1")
        assert value.isprintable()
