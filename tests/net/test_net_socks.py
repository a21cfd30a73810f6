"""The operator's proxy: every visit goes by it or not at all, no name is resolved here, no inner place is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.net.socks_server import OddServer, SocksServer

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.errors import BadInput, OutsideSilent
from sitr.net import Door, Limits, LoopbackPass, Proxy, mark_throw_away, read_proxy

LIMITS = Limits(seconds=5, bytes=10_000)


class _Page(Quiet):
    def do_GET(self) -> None:
        if self.path == "/on":
            self.reply(302, headers={"Location": "http://10.0.0.1/secret"})
        else:
            self.reply(200, self.headers["Host"].encode())


@pytest.fixture
def page() -> Iterator[int]:
    with loopback_server(_Page) as server:
        yield server.server_port


@pytest.fixture
def proxy(page: int) -> Iterator[SocksServer]:
    server = SocksServer({("leaks.example", 80): ("127.0.0.1", page), ("a.onion", 80): ("127.0.0.1", page)})
    yield server
    server.close()


def never(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError("a name was resolved here")


def door(port: int, secret: tuple[str, str] = ("", "")) -> Door:
    return Door(resolver=never, proxy=Proxy("127.0.0.1", port, *secret))


def test_a_visit_goes_by_the_proxy_and_the_name_is_given_to_it_unresolved(proxy: SocksServer) -> None:
    answer = door(proxy.port).get("http://leaks.example/", LIMITS)
    assert answer.body == b"leaks.example"
    assert proxy.asked == [(3, "leaks.example", 80)]
    assert door(proxy.port).get("http://a.onion/", LIMITS).body == b"a.onion"


def test_name_and_password_are_given_where_the_proxy_wants_them(page: int) -> None:
    server = SocksServer({("leaks.example", 80): ("127.0.0.1", page)}, secret=("operator", "pass word"))
    try:
        assert door(server.port, ("operator", "pass word")).get("http://leaks.example/", LIMITS).status == 200
        for wrong in (("operator", "other"), ("", "")):
            with pytest.raises(OutsideSilent) as caught:
                door(server.port, wrong).get("http://leaks.example/", LIMITS)
            assert caught.value.code == "net.proxy_silent"
    finally:
        server.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://0x7f000001/", "http://2130706433/", "http://[::1]/", "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/", "http://10.0.0.1/", "http://192.168.1.1/", "http://168.63.129.16/",
        "http://localhost/", "http://x.localhost/", "http://printer.local/", "http://metadata.google.internal/",
        "http://router/", "http://nas.lan/", "http://a.home.arpa/", "http://leaks.example:22/", "http://leaks.example:9050/",
    ],
)  # fmt: skip
def test_inner_places_are_refused_by_their_look_and_the_proxy_is_not_even_asked(url: str, proxy: SocksServer) -> None:
    with pytest.raises(OutsideSilent) as caught:
        door(proxy.port).get(url, LIMITS)
    assert caught.value.code in {"net.address", "net.port"}
    assert proxy.asked == []


def test_a_redirect_inside_is_refused_as_ever(proxy: SocksServer) -> None:
    with pytest.raises(OutsideSilent) as caught:
        door(proxy.port).get("http://leaks.example/on", LIMITS)
    assert caught.value.code == "net.address"
    assert len(proxy.asked) == 1


def test_the_proxy_itself_is_no_place_to_visit(proxy: SocksServer) -> None:
    with pytest.raises(OutsideSilent) as caught:
        door(proxy.port).get(f"http://127.0.0.1:{proxy.port}/", LIMITS)
    assert caught.value.code == "net.address"


def test_what_the_proxy_cannot_reach_is_told_as_unreachable(proxy: SocksServer) -> None:
    with pytest.raises(OutsideSilent) as caught:
        door(proxy.port).get("http://elsewhere.example/", LIMITS)
    assert caught.value.code == "net.unreachable"


def test_what_the_rules_of_the_proxy_forbid_is_told_so(page: int) -> None:
    server = SocksServer({}, answer=2)
    try:
        with pytest.raises(OutsideSilent) as caught:
            door(server.port).get("http://leaks.example/", LIMITS)
        assert caught.value.code == "net.proxy_refused"
    finally:
        server.close()


@pytest.mark.parametrize(
    "words", [b"", b"\x05", b"\x04\x00", b"HTTP/1.1 400 Bad\r\n\r\n", b"\x05\x00\x05\x00\x00\x09", b"\x05\xff"]
)
def test_something_that_is_no_proxy_never_lets_a_visit_out_directly(words: bytes) -> None:
    odd = OddServer(words)
    try:
        with pytest.raises(OutsideSilent) as caught:
            door(odd.port).get("http://leaks.example/", LIMITS)
        assert caught.value.code == "net.proxy_silent"
    finally:
        odd.close()


def test_a_proxy_that_is_gone_lets_nothing_out() -> None:
    gone = OddServer(b"")
    gone.close()
    with pytest.raises(OutsideSilent) as caught:
        door(gone.port).get("http://leaks.example/", LIMITS)
    assert caught.value.code == "net.proxy_silent"


def test_addresses_are_not_told_where_the_proxy_resolves(proxy: SocksServer) -> None:
    with pytest.raises(OutsideSilent) as caught:
        door(proxy.port).resolve("leaks.example", 80)
    assert caught.value.code == "net.proxy_resolves"


def test_the_demo_s_own_site_on_this_machine_needs_no_proxy(page: int, tmp_path: Path) -> None:
    mark_throw_away(tmp_path / "home")
    with_pass = Door(loopback=LoopbackPass(tmp_path / "home", [page]), resolver=never, proxy=Proxy("127.0.0.1", 9))
    assert with_pass.get(f"http://127.0.0.1:{page}/", LIMITS).status == 200


def test_a_proxy_is_read_from_its_address() -> None:
    assert read_proxy("socks5h://127.0.0.1:9050") == Proxy("127.0.0.1", 9050)
    assert read_proxy("socks5h://u:p%20w@[::1]:1080") == Proxy("::1", 1080, "u", "p w")
    assert "p w" not in repr(read_proxy("socks5h://u:p%20w@h.example:1080"))


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:9050", "socks5://127.0.0.1:9050", "http://127.0.0.1:8118", "socks5h://127.0.0.1", "socks5h://:9050",
     "socks5h://h:0", "socks5h://h:99999", "socks5h://u@h:1080", "socks5h://h:1080/path",
     "socks5h://" + "u" * 256 + ":p@h:1"],
)  # fmt: skip
def test_what_is_no_address_of_a_proxy_stops_the_start(url: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_proxy(url)
    assert caught.value.code == "net.not_a_proxy"
