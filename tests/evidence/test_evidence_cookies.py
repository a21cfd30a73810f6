"""The person's session: read strictly, and its values out of everything that a visit brought. No browser here."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.errors import BadInput
from sitr.evidence import Cookie, read_cookies
from sitr.evidence.captured import Exchange
from sitr.evidence.cookies import from_json
from sitr.evidence.redaction import SHORTEST, Redaction

JAR = (
    "# Netscape HTTP Cookie File\n\n"
    ".leaks.example\tTRUE\t/\tTRUE\t1893456000\tsid\tS3cret-of-the-session\n"
    "#HttpOnly_leaks.example\tFALSE\t/in\tFALSE\t0\ttoken\tt0ken/with+signs==\n"
)
WORDS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';"'), min_size=SHORTEST)


def test_a_cookies_txt_is_read_with_all_that_it_says() -> None:
    sid, token = read_cookies(JAR)
    assert (sid.host, sid.subdomains, sid.secure, sid.expires) == ("leaks.example", True, True, 1893456000)
    assert (token.host, token.subdomains, token.path, token.http_only) == ("leaks.example", False, "/in", True)
    assert token.expires is None
    assert [from_json(one.as_json()) for one in (sid, token)] == [sid, token]


def test_a_pasted_header_belongs_to_its_host_only() -> None:
    found = read_cookies("Cookie: a=1; b=x=y\r\n", "Leaks.Example.")
    assert [(c.name, c.value, c.host, c.subdomains, c.secure) for c in found] == [
        ("a", "1", "leaks.example", False, True), ("b", "x=y", "leaks.example", False, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "goes"),
    [("leaks.example", True), ("a.leaks.example", True), ("xleaks.example", False), ("example", False)],
)
def test_a_cookie_goes_to_its_hosts_only(host: str, goes: bool) -> None:
    assert read_cookies(JAR)[0].belongs_to(host) is goes


@pytest.mark.parametrize(
    ("text", "host", "code"),
    [
        ("", "a.example", "no_cookies"), ("words", "a.example", "no_cookies"), ("a=b", "", "cookie_host"),
        ("a=b", "https://a.example/", "cookie_host"), ("a=b\x01c", "a.example", "no_cookies"),
        (".com\tTRUE\t/\tTRUE\t0\ta\tb", "", "cookie_too_wide"),
        (".co.uk\tTRUE\t/\tTRUE\t0\ta\tb", "", "cookie_too_wide"),
        ("a.example\tTRUE\t/\tTRUE\tsoon\ta\tb", "", "no_cookies"),
        ("a.example\tTRUE\tno\tTRUE\t0\ta\tb", "", "no_cookies"),
        ("a=" + "x" * 5000, "a.example", "no_cookies"),
        ("; ".join(f"c{i}=1" for i in range(400)), "a.example", "no_cookies"),
    ],
)  # fmt: skip
def test_what_is_no_jar_is_refused_with_a_sentence(text: str, host: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_cookies(text, host)
    assert caught.value.code == f"evidence.{code}"


def test_no_printed_form_of_a_cookie_holds_its_value() -> None:
    assert "S3cret" not in repr(read_cookies(JAR))


def exchange(url: str = "https://leaks.example/a", **more: object) -> Exchange:
    return Exchange(1, url, "GET", "Document", "f", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), **more)  # type: ignore[arg-type]


def test_headers_keep_the_names_and_lose_the_values() -> None:
    one = exchange(
        request_headers=(("Cookie", "sid=S3cret-of-the-session; x=1"), ("Authorization", "Bearer abcdefghijk")),
        response_headers=(("Set-Cookie", "sid=a-new-one-given; Path=/; HttpOnly"), ("X-Echo", "S3cret-of-the-session")),
    )
    redaction = Redaction(read_cookies(JAR), [one])
    redaction.exchange(one)
    assert one.request_headers == (("Cookie", "sid=[redacted]; x=[redacted]"), ("Authorization", "[redacted]"))
    assert one.response_headers == (
        ("Set-Cookie", "sid=[redacted]; Path=/; HttpOnly"),
        ("X-Echo", "*" * len("S3cret-of-the-session")),
    )
    assert redaction.text("then a-new-one-given came") == "then *************** came"


def test_what_another_site_sets_is_not_looked_for_but_its_header_is_emptied() -> None:
    other = exchange("https://ads.example/", response_headers=(("Set-Cookie", "uid=common-word; Path=/"),))
    redaction = Redaction(read_cookies(JAR), [other])
    redaction.exchange(other)
    assert other.response_headers == (("Set-Cookie", "uid=[redacted]; Path=/"),)
    assert redaction.text("a common-word") == "a common-word"


@given(WORDS, st.binary(max_size=60), st.binary(max_size=60))
def test_a_value_stands_nowhere_afterwards_and_the_length_is_kept(value: str, before: bytes, after: bytes) -> None:
    redaction = Redaction([Cookie("sid", value, "leaks.example")], [])
    data = before + value.encode() + after
    out = redaction.data(data)
    assert len(out) == len(data)
    assert value.encode() not in out
    assert redaction.count >= 1


@pytest.mark.parametrize("form", ["t0ken%2Fwith%2Bsigns%3D%3D", "t0ken\\/with+signs==", "t0ken/with+signs=="])
def test_the_escaped_forms_of_a_value_go_too(form: str, tmp_path: Path) -> None:
    redaction = Redaction(read_cookies(JAR), [])
    file = tmp_path / "body"
    file.write_bytes(b"<a href='?t=" + form.encode() + b"'>")
    redaction.file(file)
    assert form.encode() not in file.read_bytes()
    assert redaction.text(f"https://leaks.example/?t={form}").endswith("*" * len(form))


def test_a_picture_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\xff\xd8\xffS3cret-of-the-session")
    one = exchange(response_headers=(("Content-Type", "image/jpeg"),), body=file)
    Redaction(read_cookies(JAR), [one]).exchange(one)
    assert b"S3cret" in file.read_bytes()
