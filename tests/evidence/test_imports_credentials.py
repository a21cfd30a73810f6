"""Content credentials are judged by their signature, what they assert and the file's bytes; the rest is said."""

import io
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence.signed_pictures import Made, chain

from sitr.evidence.imports import read_import
from sitr.evidence.imports.credentials import UNREADABLE, Verdict, judge
from sitr.words import LANGS, say

ASSETS = Path(__file__).parents[1] / "assets" / "credentials"
ANOTHERS = sorted(ASSETS.iterdir())
"""Signed by the reference library (c2pa-rs 0.91, `c2pa-python` 0.38): drawn pictures, a chain of its own."""


def state(**how: Any) -> tuple[str, str]:
    found = judge(Made(**how).file())
    return found.state, found.reason


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("p256", -7), ("p384", -35), ("p521", -36), ("rsa", -37), ("ed25519", -8)]
)
@pytest.mark.parametrize("carrier", ["png", "jpeg", "jpeg-cut", "webp"])
def test_a_signed_picture_that_nobody_changed_is_whole(kind: str, algorithm: int, carrier: str) -> None:
    found = judge(Made(kind=kind, algorithm=algorithm, carrier=carrier).file())
    assert found == Verdict("valid", "", "Camera 7, Works", "Maker", "holds")


@pytest.mark.parametrize("file", ANOTHERS, ids=lambda file: file.name)
def test_what_the_reference_library_signed_is_whole_until_a_byte_changes(file: Path) -> None:
    data = file.read_bytes()
    found = judge(data)
    assert (found.state, found.signer, found.chain) == ("valid", "Test Camera 7, Test Camera Maker", "holds")
    for mark, reason in ((b"Test Painter", "signature"), (b"c2pa.created", "claims")):
        bent = data.replace(mark, mark[:-1] + b"X")
        assert (judge(bent).state, judge(bent).reason) == ("altered", reason)


@pytest.mark.parametrize("carrier", ["png", "jpeg", "webp"])
def test_a_changed_pixel_is_a_changed_content(carrier: str) -> None:
    data = bytearray(Made(carrier=carrier).file())
    at = 60 if carrier == "webp" else len(data) - 20
    data[at] ^= 1
    assert (judge(bytes(data)).state, judge(bytes(data)).reason) == ("altered", "content")


def test_bytes_added_behind_the_picture_are_a_changed_content() -> None:
    assert judge(Made().file() + b"more").reason == "content"


def test_what_was_bent_is_named() -> None:
    bent = {"bend_assertions": lambda raw: raw.replace(b"c2pa.created", b"c2pa.edited!")}
    assert state(**bent) == ("altered", "claims")
    assert state(bend_assertions=lambda raw: b"" if b"c2pa.created" in raw else raw) == ("altered", "claims")
    assert state(bend_signature=lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])) == ("altered", "signature")
    assert state(certificates=[chain("p256", by_another=True)[0]])[0] == "valid"  # the same key under another's name
    assert state(kind="p384", algorithm=-35, certificates=list(chain("rsa"))) == ("unjudged", "algorithm")
    assert state(kind="p521", algorithm=-36, certificates=list(chain("p256"))) == ("altered", "signature")


def test_what_cannot_be_judged_says_why() -> None:
    assert state(certificates=[]) == ("unjudged", "certificate")
    assert state(certificates=[b"no certificate"]) == ("unjudged", "certificate")
    assert state(certificates=[chain("p256")[0]] * 9) == ("unjudged", "certificate")
    assert state(signed=False) == ("unjudged", "signature_missing")
    assert state(binding="c2pa.hash.boxes") == ("unjudged", "binding")
    assert state(manifest=b"c2um") == ("unjudged", "update")
    assert state(digest="md5") == ("unjudged", "algorithm")
    assert state(more_left_out=[{"start": 8, "length": 20}]) == ("unjudged", "left_out")


def test_an_algorithm_that_does_not_fit_the_certificate_is_not_judged() -> None:
    found = judge(Made(kind="ed25519", algorithm=-8, certificates=list(chain("p256"))).file())
    assert (found.state, found.reason, found.signer) == ("unjudged", "algorithm", "Camera 7, Works")


def test_certificates_that_do_not_sign_each_other_are_said() -> None:
    found = judge(Made(certificates=list(chain("p256", by_another=True))).file())
    assert (found.state, found.chain) == ("valid", "broken")
    assert judge(Made(certificates=chain("p256")[0]).file()).chain == "alone"


def test_a_chain_outside_what_is_signed_is_taken_as_before_the_format_asked_for_it_inside() -> None:
    assert state(outside=True) == ("valid", "")


@pytest.mark.parametrize(
    "how",
    [
        {"bend_signature": lambda raw: raw[:40]},
        {"bend_signature": lambda _: b"\xff"},
        {"bend_signature": lambda _: b"\x84\x40\xa0\xf6\x40"},
        {"bend_signature": lambda _: b"\x9f" * 3000},
        {"claim": {"assertions": []}},
        {"claim": {"assertions": [{"url": "elsewhere", "hash": b""}]}},
        {"claim": {"assertions": 7}},
    ],
)
def test_broken_cbor_is_unreadable_and_kept(how: dict[str, Any]) -> None:
    made = read(Made(**how).file())
    assert made["c2pa"] == "unreadable"


def read(data: bytes) -> dict[str, Any]:
    found = read_import(
        io.BytesIO(data), "picture.png", now=datetime(2026, 11, 23, tzinfo=UTC), workdir=Path("/dev/shm")
    )
    codes = [problem.code for problem in found.problems]
    assert len([code for code in codes if "c2pa" in code]) in {1, 2}
    for lang in LANGS:
        assert all(say(code, lang) for code in codes)
    return dict(found.facts)


def test_the_view_holds_the_verdict_and_the_names_as_claims() -> None:
    facts = read(Made().file())
    assert facts["c2pa"] == "valid"
    assert (facts["c2pa_signer"], facts["c2pa_issuer"]) == ("Camera 7, Works", "Maker")
    assert facts["c2pa_actions"] == ["c2pa.created"]
    changed = read(Made().file() + b"x")
    assert (changed["c2pa"], changed["c2pa_reason"]) == ("altered", "content")


ODD = st.recursive(
    st.one_of(
        st.none(), st.integers(0, 9), st.binary(max_size=4), st.sampled_from(["self#jumbf=c2pa.assertions/x", ""])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["url", "hash", "alg"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(assertions=ODD, algorithm=st.one_of(ODD, st.just("sha256")))
@settings(max_examples=25)
def test_whatever_somebody_signed_is_judged_or_unreadable(assertions: Any, algorithm: Any) -> None:
    odd = Made(claim={"assertions": assertions, "alg": algorithm}).file()
    with suppress(*UNREADABLE):
        assert judge(odd).state != "valid"


def test_an_assertion_named_twice_is_unreadable() -> None:
    same = {"url": "self#jumbf=c2pa.assertions/c2pa.actions", "hash": bytes(32)}
    with pytest.raises(ValueError, match="twice"):
        judge(Made(claim={"assertions": [same, same]}).file())


@given(where=st.integers(0), flip=st.integers(1, 255), cut=st.booleans())
@settings(max_examples=100)
def test_no_change_to_a_signed_file_is_called_whole_unless_it_left_what_is_signed_alone(
    where: int, flip: int, cut: bool
) -> None:
    whole = WHOLE
    at = where % len(whole)
    bent = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
    try:
        found = judge(bent)
    except UNREADABLE:
        return
    # Free of any signature are, by the format, the carrier's own checksum and labels of boxes that are not asserted.
    assert found.state != "valid" or 33 <= at < len(whole) - AFTER


WHOLE = Made().file()
AFTER = len(WHOLE) - WHOLE.index(b"IDAT") + 4  # from the length of the next chunk on, behind that checksum
