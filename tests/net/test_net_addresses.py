"""Which addresses are public, in every spelling; decided on what a name resolves to, never on how it is written."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.errors import BadInput, OutsideSilent
from sitr.net import Door, Limits, Refusal
from sitr.net.addresses import judge, plain_ip
from sitr.net.targets import read_host, read_target

LIMITS = Limits(seconds=3, bytes=1000, redirects=3)
PUBLIC = [
    "8.8.8.8",
    "93.184.215.14",
    "2001:4860:4860::8888",
    "2606:4700::6810:84e5",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
]

REFUSED = {
    "127.0.0.1": Refusal.LOOPBACK,
    "127.255.255.254": Refusal.LOOPBACK,
    "::1": Refusal.LOOPBACK,
    "0.0.0.0": Refusal.UNSPECIFIED,  # noqa: S104
    "::": Refusal.UNSPECIFIED,
    "0.1.2.3": Refusal.NOT_GLOBAL,
    "10.0.0.1": Refusal.NOT_GLOBAL,
    "172.16.0.1": Refusal.NOT_GLOBAL,
    "172.31.255.255": Refusal.NOT_GLOBAL,
    "192.168.1.1": Refusal.NOT_GLOBAL,
    "100.64.0.1": Refusal.NOT_GLOBAL,
    "100.100.100.200": Refusal.NOT_GLOBAL,
    "169.254.169.254": Refusal.LINK_LOCAL,
    "169.254.170.2": Refusal.LINK_LOCAL,
    "fe80::1": Refusal.LINK_LOCAL,
    "fe80::1%eth0": Refusal.LINK_LOCAL,
    "fd00:ec2::254": Refusal.NOT_GLOBAL,
    "fd20:ce::254": Refusal.NOT_GLOBAL,
    "168.63.129.16": Refusal.CLOUD,
    "192.0.0.192": Refusal.NOT_GLOBAL,
    "192.0.0.9": Refusal.NOT_GLOBAL,
    "192.0.2.1": Refusal.NOT_GLOBAL,
    "198.18.0.1": Refusal.NOT_GLOBAL,
    "198.51.100.1": Refusal.NOT_GLOBAL,
    "203.0.113.1": Refusal.NOT_GLOBAL,
    "192.88.99.1": Refusal.NOT_GLOBAL,
    "224.0.0.1": Refusal.MULTICAST,
    "239.1.1.1": Refusal.MULTICAST,
    "ff02::1": Refusal.MULTICAST,
    "ff0e::1": Refusal.MULTICAST,
    "240.0.0.1": Refusal.NOT_GLOBAL,
    "255.255.255.255": Refusal.NOT_GLOBAL,
    "::ffff:127.0.0.1": Refusal.LOOPBACK,
    "::ffff:10.0.0.1": Refusal.NOT_GLOBAL,
    "::ffff:a9fe:a9fe": Refusal.LINK_LOCAL,
    "::127.0.0.1": Refusal.NOT_GLOBAL,
    "::8.8.8.8": Refusal.NOT_GLOBAL,
    "64:ff9b::7f00:1": Refusal.EMBEDDED,
    "64:ff9b::a9fe:a9fe": Refusal.EMBEDDED,
    "64:ff9b::a00:1": Refusal.EMBEDDED,
    "64:ff9b:1::808:808": Refusal.NOT_GLOBAL,
    "2002:7f00:1::": Refusal.EMBEDDED,
    "2002:a9fe:a9fe::1": Refusal.EMBEDDED,
    "2002:c0a8:101::1": Refusal.EMBEDDED,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": Refusal.EMBEDDED,
    "2001:0:4136:e378:8000:63bf:f7f7:f7f7": None,
    "2606:4700::5efe:10.0.0.1": Refusal.EMBEDDED,
    "2606:4700::200:5efe:127.0.0.1": Refusal.EMBEDDED,
    "100::1": Refusal.NOT_GLOBAL,
    "2001:db8::1": Refusal.NOT_GLOBAL,
    "3fff::1": Refusal.NOT_GLOBAL,
    "5f00::1": Refusal.NOT_GLOBAL,
    "fec0::1": Refusal.NOT_GLOBAL,
    "fc00::1": Refusal.NOT_GLOBAL,
    "nonsense": Refusal.NOT_AN_ADDRESS,
    "": Refusal.NOT_AN_ADDRESS,
    "127.1": Refusal.NOT_AN_ADDRESS,
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_visited(address: str) -> None:
    assert judge(address) is None


@pytest.mark.parametrize(("address", "why"), REFUSED.items())
def test_each_address_that_is_not_public_is_refused_and_says_why(address: str, why: Refusal | None) -> None:
    assert judge(address) == why


def test_a_mapped_address_is_connected_to_as_what_was_judged() -> None:
    assert plain_ip("::ffff:8.8.8.8") == "8.8.8.8"


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_gets_in_by_hiding_in_ipv6(ip: object) -> None:
    spelled = str(ip)
    high, low = int.from_bytes(_packed(spelled)[:2], "big"), int.from_bytes(_packed(spelled)[2:], "big")
    if judge(spelled) is not None:
        hidden = f"{high:x}:{low:x}"
        assert judge(f"::ffff:{hidden}") is not None
        assert judge(f"64:ff9b::{hidden}") is not None
        assert judge(f"2002:{hidden}::1") is not None
        assert judge(f"2606:4700::5efe:{hidden}") is not None


def _packed(address: str) -> bytes:
    return bytes(int(part) for part in address.split("."))


def test_the_machine_knows_its_own_addresses_and_no_others() -> None:
    """Asked in a process of its own, because the guard of these tests cannot see that no packet is sent."""
    ask = "from sitr.net.addresses import is_own; print([is_own(a) for a in ('127.0.0.1', '192.0.2.1', '2001:db8::1')])"
    told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[True, False, False]"


LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f000001",
    "0x7f.1",
    "0X7F.0.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "127.0.0.1.",
    "127。0。0。1",
    "１２７．０．０．１",
    "①②⑦.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_spelling_of_loopback_is_refused(scheme: str, host: str) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.address") as refused:
        Door(resolver=never).get(f"{scheme}://{host}/", LIMITS)
    assert refused.value.data["reason"] == Refusal.LOOPBACK


METADATA_SPELLINGS = [
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:a9fe:a9fe]",
    "169.254.43518",
]


@pytest.mark.parametrize("host", METADATA_SPELLINGS)
def test_every_spelling_of_the_metadata_address_is_refused(host: str) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.address") as refused:
        Door(resolver=never).get(f"http://{host}/latest/meta-data/", LIMITS)
    assert refused.value.data["reason"] == Refusal.LINK_LOCAL


@pytest.mark.parametrize(
    "host", ["localhost", "localhost.", "LOCALHOST", "inner.example", "xn--mgbh0fb.example", "مثال.example"]
)
def test_a_name_is_judged_by_what_it_resolves_to(host: str) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.address"):
        Door(resolver=lambda _host, _port: ["10.1.2.3"]).get(f"http://{host}/", LIMITS)


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "169.254.169.254", "fe80::1%2", "not an address"])
def test_one_bad_address_among_good_ones_refuses_the_name(bad: str) -> None:
    for answer in (["8.8.8.8", bad], [bad, "8.8.8.8"]):
        with pytest.raises(OutsideSilent, match=r"net\.address"):
            Door(resolver=lambda _host, _port, answer=answer: answer).resolve("leak.example", 443)  # type: ignore[misc]


def test_a_public_name_is_pinned_to_its_first_address() -> None:
    door = Door(resolver=lambda _host, _port: ["93.184.215.14", "8.8.8.8"], own=lambda _ip: False)
    pinned = door.resolve("Leak.Example.", 443)
    assert (pinned.host, pinned.ip, pinned.port) == ("leak.example", "93.184.215.14", 443)
    assert "leak" not in repr(pinned)
    assert "93." not in repr(pinned)


def test_this_machines_own_public_address_is_refused() -> None:
    door = Door(resolver=lambda _host, _port: ["93.184.215.14"], own=lambda ip: ip == "93.184.215.14")
    with pytest.raises(OutsideSilent, match=r"net\.address") as refused:
        door.resolve("leak.example", 443)
    assert refused.value.data["reason"] == Refusal.OWN


@pytest.mark.parametrize(
    "port", [21, 22, 23, 25, 110, 143, 465, 587, 2375, 3306, 5432, 6379, 9200, 11211, 27017, 65535]
)
def test_ports_where_no_web_is_served_are_refused_on_public_hosts(port: int) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.port"):
        Door(resolver=lambda _host, _port: ["8.8.8.8"]).get(f"http://leak.example:{port}/", LIMITS)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "javascript:alert(1)", "a.example", "data:,x"],
)
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.scheme"):
        Door(resolver=never).get(url, LIMITS)


@pytest.mark.parametrize(
    "url", ["http://a:b@a.example/", "http://google.com@127.0.0.1/", "https://@a.example/", "http://a%40b@c.example/"]
)
def test_a_name_before_the_host_is_refused(url: str) -> None:
    with pytest.raises(OutsideSilent, match=r"net\.userinfo"):
        Door(resolver=never).get(url, LIMITS)


NO_ADDRESSES = [
    "",
    "   ",
    "http://",
    "http:///path",
    "http://a.example:0/",
    "http://a.example:65536/",
    "http://a.example:http/",
    "http://[::1/",
    "http://[nonsense]/",
    "http://a b.example/",
    "http://a.example/a b",
    "http://a.example\\@127.0.0.1/",
    "http://a.example/\r\nHost: other",
    "http://a.example/\x00",
    "http://%31%32%37.0.0.1/",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "http://0x1ffffffff/",
    "http://1.2.3.09/",
    "http://a..example/",
    "http://.example/",
    "http://-a.example/",
    "http://" + "a" * 64 + "é.example/",
    "http://" + "a." * 130 + "example/",
    "http://a.example/" + "x" * 20_000,
]


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_address_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises((BadInput, OutsideSilent)) as refused:
        Door(resolver=never).get(url, LIMITS)
    assert refused.value.code in {"net.not_an_address", "net.scheme", "net.address"}
    assert "example" not in str(refused.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_named_refusal(text: str) -> None:
    for url in (text, "http://" + text, f"http://a.example/{text}"):
        try:
            target = read_target(url)
        except (BadInput, OutsideSilent) as refused:
            assert refused.code.startswith("net.")  # noqa: PT017
        else:
            assert target.path.isascii()
            assert target.host.isascii()
            assert not set(target.path + target.authority) & set(" \r\n\t\x00")


@given(st.integers(0, 2**32 - 1))
def test_numbers_as_hosts_mean_what_browsers_say(number: int) -> None:
    dotted = ".".join(str(byte) for byte in number.to_bytes(4, "big"))
    assert read_host(str(number)) == read_host(hex(number)) == read_host(f"0{number:o}") == dotted


def test_an_arabic_address_is_sent_as_ascii() -> None:
    target = read_target("https://مثال.إختبار/صورة؟?س=١#هنا")
    assert target.host == "xn--mgbh0fb.xn--kgbechtv"
    assert target.path == "/%D8%B5%D9%88%D8%B1%D8%A9%D8%9F?%D8%B3=%D9%A1"
    assert read_target("http://a.example:8080/%20x").authority == "a.example:8080"
    assert read_target("http://[2606:4700::1]/").authority == "[2606:4700::1]"


def never(_host: str, _port: int) -> list[str]:
    raise AssertionError("nothing was to be looked up")
