"""Browsers that may add: codes, keys, what they may send, what becomes of it."""

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases.case_browser import (
    ORIGIN,
    OTHER_ORIGIN,
    PAGE,
    WORDS,
    arrived,
    bundle,
    files,
    key_for,
    paired,
    send,
)
from tests.cases.case_snapshots import everything
from tests.cases.case_world import ADULT, SECRET, World, drawn

from sitr.cases import (
    arrivals,
    erasing,
    exhibits,
    holders,
    journals,
    openings,
    pairings,
    photos,
    second_looks,
    sightings,
)
from sitr.cases.bundles import MOST_BYTES, read_manifest
from sitr.cases.models import Arrival, Exhibit, Pairing
from sitr.cases.tidying import tidy
from sitr.errors import AnswerIsNo, BadInput, Damaged, NotFound, SitrError

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def _refused(code: str, call: Any) -> SitrError:
    with pytest.raises(SitrError) as refused:
        call()
    assert refused.value.code == code
    return refused.value


# --- codes ---


def test_a_code_is_exchanged_once_and_its_digits_may_be_arabic(world: World) -> None:
    offer = pairings.offer(world.holder, world.case)
    typed = " ".join(offer.code).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    made = pairings.exchange(world.services, typed, ORIGIN, "chromium")
    assert len(made.key) == 43
    _refused("cases.pair_spent", lambda: pairings.exchange(world.services, offer.code, ORIGIN, "chromium"))
    assert [(one.state, one.browser) for one in pairings.list_pairings(world.holder, world.case)] == [
        ("paired", "chromium")
    ]
    assert journals.verify(world.holder, world.case).ok


def wrongly(code: str, digit: int) -> str:
    """The same code with one digit, counted from 0, another one."""
    digits = code.replace(" ", "")
    return f"{digits[:digit]}{(int(digits[digit]) + 1) % 10}{digits[digit + 1 :]}"


def test_a_fifth_wrong_code_ends_the_right_one_too(world: World) -> None:
    offer = pairings.offer(world.holder, world.case)
    wrong = wrongly(offer.code, 11)
    for _ in range(4):
        _refused("cases.pair_wrong_code", lambda: pairings.exchange(world.services, wrong, ORIGIN, "chromium"))
    _refused("cases.pair_spent", lambda: pairings.exchange(world.services, wrong, ORIGIN, "chromium"))
    _refused("cases.pair_spent", lambda: pairings.exchange(world.services, offer.code, ORIGIN, "chromium"))


def test_who_does_not_know_how_a_code_begins_uses_up_nobodys_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a desk anybody may send codes: not one of them is even stretched."""
    offer = pairings.offer(world.holder, world.case)
    with monkeypatch.context() as patched:
        patched.setattr(pairings, "stretch", lambda *_args: pytest.fail("a guess was worked at"))
        for digit in (0, 1, 2, 3, 4, 5):
            wrong = wrongly(offer.code, digit)
            _refused("cases.pair_wrong_code", lambda w=wrong: pairings.exchange(world.services, w, ORIGIN, "chromium"))
    assert Pairing.objects.get().tries == 0
    assert pairings.exchange(world.services, offer.code, ORIGIN, "chromium").key
    assert Pairing.objects.get().place == ""


def test_a_code_is_over_after_five_minutes_and_when_another_is_shown(world: World) -> None:
    first = pairings.offer(world.holder, world.case)
    second = pairings.offer(world.holder, world.case)
    _refused("cases.pair_wrong_code", lambda: pairings.exchange(world.services, first.code, ORIGIN, "chromium"))
    world.clock.forward(minutes=5)
    _refused("cases.pair_spent", lambda: pairings.exchange(world.services, second.code, ORIGIN, "chromium"))


def test_what_is_no_code_uses_up_no_try(world: World) -> None:
    pairings.offer(world.holder, world.case)
    for typed in ("", "12345", "1" * 11, "1" * 13, "x" * 12, "1" * 5000):
        _refused("cases.pair_no_code", lambda t=typed: pairings.exchange(world.services, t, ORIGIN, "chromium"))
    assert Pairing.objects.get().tries == 0


def test_neither_code_nor_key_is_stored(world: World) -> None:
    offer = pairings.offer(world.holder, world.case)
    code = offer.code.replace(" ", "")
    assert code not in repr(list(Pairing.objects.values()))
    key = pairings.exchange(world.services, code, ORIGIN, "chromium").key
    stored = repr(list(Pairing.objects.values()))
    assert key not in stored
    assert ORIGIN not in stored
    assert code not in repr(offer)


# --- keys ---


def test_a_key_is_good_from_its_own_origin_only_until_it_ends(world: World) -> None:
    key = key_for(world, world.case)
    guest = pairings.guest(world.services, key, ORIGIN)
    assert guest.case == world.case
    for wrong in ((key, OTHER_ORIGIN), (key[:-1] + ("A" if key[-1] != "A" else "B"), ORIGIN)):
        _refused("cases.pair_ended", lambda wrong=wrong: pairings.guest(world.services, *wrong))
    pairings.end(world.holder, world.case, guest.pairing)
    _refused("cases.pair_ended", lambda: pairings.guest(world.services, key, ORIGIN))


def test_a_key_ends_after_thirty_days_with_the_case_and_when_a_holder_is_removed(world: World) -> None:
    key = key_for(world, world.case)
    world.clock.forward(days=29)
    pairings.guest(world.services, key, ORIGIN)
    world.clock.forward(days=1)
    _refused("cases.pair_ended", lambda: pairings.guest(world.services, key, ORIGIN))
    key = key_for(world, world.case)
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    _refused("cases.pair_ended", lambda: pairings.guest(world.services, key, ORIGIN))
    assert {one.state for one in pairings.list_pairings(world.holder, world.case)} == {"ended"}
    key = key_for(world, world.case)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    _refused("cases.pair_ended", lambda: pairings.guest(world.services, key, ORIGIN))


def test_only_an_origin_that_is_known_or_waited_for_may_read_an_answer(world: World) -> None:
    assert not pairings.expects(world.services, ORIGIN)
    pairings.offer(world.holder, world.case)
    assert pairings.expects(world.services, ORIGIN)
    key_for(world, world.case)
    assert pairings.expects(world.services, ORIGIN)
    assert not pairings.expects(world.services, OTHER_ORIGIN)


def test_the_door_tells_the_age_only_to_a_holder_and_only_where_a_browser_is_paired(world: World) -> None:
    assert pairings.door(world.holder, world.case) is None
    paired(world, world.case)
    assert pairings.door(world.holder, world.case) is True
    assert pairings.door(world.stranger, world.case) is None
    openings.answer(world.holder, world.case, {"age": []})
    assert pairings.door(world.holder, world.case) is False


# --- what arrives ---


def test_what_arrives_is_a_proposal_until_it_is_accepted_and_then_an_exhibit_with_the_same_bytes(world: World) -> None:
    guest = paired(world, world.case)
    got = send(world, guest, bundle(files()))
    assert (got.files, got.different) == (4, ())
    assert exhibits.list_exhibits(world.holder, world.case) == []
    (view,) = arrivals.list_arrivals(world.holder, world.case)
    assert (view.url, view.title, view.pairing) == (PAGE, "عنوان", guest.pairing)
    assert arrivals.glimpse(world.holder, world.case, view.first_picture or "").startswith(b"\x89PNG")
    kept = arrivals.accept(world.holder, world.case, view.id)
    assert {one.kind for one in kept.exhibits} == {"text", "screenshot", "mhtml", "record"}
    assert arrivals.list_arrivals(world.holder, world.case) == []
    for one in kept.exhibits:
        out = world.folder / one.name
        exhibits.export(world.holder, world.case, one.id, out)
        if one.kind == "text":
            assert out.read_text() == WORDS
        out.unlink()
    _refused("cases.no_such_thing", lambda: arrivals.accept(world.holder, world.case, view.id))
    assert journals.verify(world.holder, world.case).ok
    verbs = [one.verb for one in journals.entries(world.holder, world.case)]
    assert verbs[-8:-4] == ["offer_pairing", "pair_browser", "arrive", "accept_arrival"]
    assert next(one for one in journals.entries(world.holder, world.case) if one.verb == "arrive").actor == (
        f"browser {guest.pairing}"
    )


def test_bytes_that_are_not_what_the_extension_hashed_are_named(world: World) -> None:
    parts = files()
    raw = bundle(parts)
    at = raw.index(drawn(7)) + 500
    altered = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    got = send(world, paired(world, world.case), altered)
    assert got.different == ("page-1.png",)
    (view,) = arrivals.list_arrivals(world.holder, world.case)
    assert view.different == ("page-1.png",)
    assert arrivals.accept(world.holder, world.case, view.id).different == ("page-1.png",)
    assert journals.verify(world.holder, world.case).ok


def test_rejecting_destroys_the_files_and_the_journal_says_so(world: World) -> None:
    before = set(world.services.blobs.names())
    view = arrived(world, world.case)
    arrivals.reject(world.holder, world.case, view.id)
    assert set(world.services.blobs.names()) == before
    assert arrivals.list_arrivals(world.holder, world.case) == []
    assert journals.verify(world.holder, world.case).ok


def test_copies_of_the_persons_photos_in_the_saved_page_are_proposed_by_their_addresses(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    made = arrivals.accept(world.holder, world.case, arrived(world, world.case).id)
    assert made.found == 1
    (place,) = sightings.list_sightings(world.holder, world.case)
    assert (place.image, place.page, place.proposed) == ("https://cdn.leaks.example/a.png", PAGE, True)


def test_the_stranger_sees_and_decides_nothing(world: World) -> None:
    view = arrived(world, world.case)
    for call in (arrivals.list_arrivals, pairings.list_pairings):
        with pytest.raises(NotFound):
            call(world.stranger, world.case)
    with pytest.raises(NotFound):
        arrivals.accept(world.stranger, world.case, view.id)


# --- pictures ---


@pytest.mark.parametrize("said", [True, False], ids=["answered", "not answered"])
def test_no_picture_comes_in_where_the_answers_do_not_allow_it(world: World, said: bool) -> None:
    ages = [one.id for one in _question(world, "age").options if one.id != "adult"]
    openings.answer(world.holder, world.case, {"age": ages[:1] if said else []})
    guest = paired(world, world.case)
    before = everything(world)
    _refused("cases.no_pictures", lambda: send(world, guest, bundle(files()), pictures=False))
    _refused("cases.no_pictures", lambda: send(world, guest, bundle(files(), pictures=False), pictures=False))
    assert everything(world) == before
    send(world, guest, bundle(files(pictures=False), child="unsure"), pictures=False)
    (view,) = arrivals.list_arrivals(world.holder, world.case)
    assert {one.kind for one in view.files} == {"text", "record"}
    assert len(arrivals.accept(world.holder, world.case, view.id).exhibits) == 2


def _question(world: World, name: str) -> Any:
    return next(one for one in world.services.knowledge.playbook.questions if one.id == name)


def test_an_answer_that_changed_since_is_asked_after_again_when_accepting(world: World) -> None:
    view = arrived(world, world.case)
    openings.answer(world.holder, world.case, {"age": []})
    before = everything(world)
    _refused("cases.no_pictures", lambda: arrivals.accept(world.holder, world.case, view.id))
    assert everything(world) == before
    openings.answer(world.holder, world.case, ADULT)
    arrivals.accept(world.holder, world.case, view.id)


def test_a_picture_in_a_texts_clothes_is_refused(world: World) -> None:
    disguised = {"page.txt": ("text", "text/plain", drawn())}
    guest = paired(world, world.case)
    _refused("cases.bundle_form", lambda: send(world, guest, bundle(disguised), pictures=False))


# --- forms ---

BROKEN: dict[str, tuple[str, Any]] = {
    "another version": ("cases.bundle_form", {"v": 2}),
    "a child answer that is none": ("cases.bundle_form", {"child": "maybe"}),
    "pictures although a child could be there": ("cases.bundle_form", {"child": "unsure"}),
    "a local address": ("cases.bundle_form", {"url": "file:///etc/passwd"}),
    "no time zone": ("cases.bundle_form", {"captured_at": "2026-03-14T09:20:00"}),
    "a lone surrogate": ("cases.bundle_form", {"title": "\ud800"}),
    "a very long title": ("cases.bundle_form", {"title": "x" * 3000}),
    "truth as a number": ("cases.bundle_form", {"partial": 1}),
    "images that are no list": ("cases.bundle_form", {"images": {}}),
    "parts that are no list": ("cases.bundle_form", {"parts": 7}),
    "no parts of what follows": ("cases.bundle_form", {"parts": []}),
    "a way out of the folder": (
        "cases.bundle_form",
        {"parts": [{"kind": "text", "name": "../a", "bytes": 1, "sha256": "0" * 64}]},
    ),
    "an unknown kind": ("cases.bundle_form", {"parts": [{"kind": "exe", "name": "a", "bytes": 1, "sha256": "0" * 64}]}),
    "a size that is none": (
        "cases.bundle_form",
        {"parts": [{"kind": "text", "name": "a", "bytes": True, "sha256": "0" * 64}]},
    ),
}


def test_a_manifest_that_does_not_fit_is_refused_and_nothing_stays(world: World) -> None:
    guest = paired(world, world.case)
    before = everything(world)
    for name, (code, said) in BROKEN.items():
        data = bundle(files(), **{k: v for k, v in said.items() if v != "\ud800"})
        if "\ud800" in said.values():
            data = bundle(files(), title="TITLE_").replace(b'"TITLE_"', b'"\\ud800"')
        error = _refused(code, lambda d=data: send(world, guest, d))
        assert error.code == code, name
    assert everything(world) == before


def test_a_bundle_that_is_cut_or_too_long_is_refused_and_nothing_stays(world: World) -> None:
    guest = paired(world, world.case)
    before = everything(world)
    data = bundle(files())
    cut = io.BytesIO(data[:-100])
    _refused("cases.bundle_cut", lambda: arrivals.receive(world.services, guest, cut, len(data), pictures=True))
    longer = io.BytesIO(data + b"x")
    _refused("cases.bundle_form", lambda: arrivals.receive(world.services, guest, longer, len(data) + 1, pictures=True))
    for length in (0, 4, MOST_BYTES + 1):
        _refused(
            "cases.bundle_size",
            lambda n=length: arrivals.receive(world.services, guest, io.BytesIO(data), n, pictures=True),
        )
    assert everything(world) == before


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_are_a_manifest_or_a_refusal(data: bytes, size: int) -> None:
    raw = size.to_bytes(4, "big") + data
    for each in (raw, len(data).to_bytes(4, "big") + data, data):
        with pytest.raises((BadInput, AnswerIsNo)):
            read_manifest(io.BytesIO(each), len(each), pictures=False)


def test_a_list_that_is_full_takes_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = paired(world, world.case)
    monkeypatch.setattr(arrivals, "MOST_WAITING_FILES", 4)
    send(world, guest, bundle(files()))
    _refused("cases.arrivals_full", lambda: send(world, guest, bundle(files())))


# --- what else knows of it ---


def test_what_waits_survives_a_new_epoch_a_tidying_and_is_sealed_anew_when_accepted(world: World) -> None:
    view = arrived(world, world.case)
    world.clock.forward(days=2)
    tidy(world.services)
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    made = arrivals.accept(world.holder, world.case, view.id)
    for one in made.exhibits:
        exhibits.export(world.holder, world.case, one.id, world.folder / f"{one.id}.out")
    assert len(list(world.services.blobs.names())) == Exhibit.objects.count()
    assert journals.verify(world.holder, world.case).ok


def test_an_altered_file_is_not_accepted(world: World) -> None:
    view = arrived(world, world.case)
    row = next(one for one in Arrival.objects.all() if one.padded > 4000)
    file = world.services.home / "blobs" / row.blob
    data = bytearray(file.read_bytes())
    data[-40] ^= 1
    file.write_bytes(data)
    with pytest.raises(Damaged):
        arrivals.accept(world.holder, world.case, view.id)
    assert exhibits.list_exhibits(world.holder, world.case) == []


def test_erasing_an_accepted_file_leaves_a_journal_that_verifies(world: World) -> None:
    made = arrivals.accept(world.holder, world.case, arrived(world, world.case).id)
    erasing.erase_exhibit(world.holder, world.case, made.exhibits[0].id, secret=SECRET)
    assert journals.verify(world.holder, world.case).ok
    assert Arrival.objects.count() == 3


def test_erasing_the_case_takes_what_waits(world: World) -> None:
    arrived(world, world.case)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    assert list(world.services.blobs.names()) == []
    assert not Arrival.objects.exists()


def test_a_photo_that_was_added_later_is_looked_for_in_pages_that_a_browser_saved(world: World) -> None:
    arrivals.accept(world.holder, world.case, arrived(world, world.case).id)
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    assert second_looks.waiting(world.holder, world.case) == 1
    looked = second_looks.look_again(world.holder, world.case)
    assert (looked.files, looked.left, looked.found, second_looks.waiting(world.holder, world.case)) == (1, 0, 1, 0)
    (place,) = sightings.list_sightings(world.holder, world.case)
    assert (place.image, place.page, place.proposed) == ("https://cdn.leaks.example/a.png", PAGE, True)
