"""What goes along to each audience, and that nothing of the rest can be found in what they get."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cases.case_verbs import exhibit
from tests.cases.case_world import ADULT, BASIS, FIELDS, MAIL, SECRET, World, drawn
from tests.evidence.signed_pictures import Made as SignedPicture
from tests.journal.test_journal_authorities import renew

from sitr.cases import captures, custody, dossiers, exhibits, journals, notices, openings, releases, sightings
from sitr.cases.releases import Form
from sitr.cases.work import look
from sitr.cli.demo.authorities import local_authorities
from sitr.dossier import Built, Contents, build_opened, verify
from sitr.dossier.building import _seen, _tags
from sitr.dossier.paper import html
from sitr.errors import BadInput
from sitr.journal import HttpAuthority, read_checkpoint
from sitr.net import Door, LoopbackPass
from sitr.words import LANGS

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

HERE, THERE = "https://leaks.example/canary-here", "https://forum.example/canary-there"
WORDS, NAME, PICTURE, REPLY = "canary-told-words", "canary-name.txt", "canary-face.png", "canary-of-the-reply"


@dataclass(frozen=True)
class Made:
    """The ids of a case that holds something of each kind, on two services."""

    here: str
    there: str
    letter: str
    file: str
    picture: str
    page: tuple[str, ...]
    reply: str


@pytest.fixture
def made(world: World) -> Made:
    """A told story, two places, a captured page with a screenshot, a file, a picture, a letter and its answer."""
    keeper, case = world.holder, world.case
    openings.answer(keeper, case, {**ADULT, "status": ["threat"]}, words={"status": WORDS})
    (here,) = sightings.add_sighting(keeper, case, HERE)
    (there,) = sightings.add_sighting(keeper, case, THERE)
    page = captures.capture_page(keeper, case, HERE, child="no").exhibits
    file, picture = exhibit(world, case, b"a note", NAME), exhibit(world, case, drawn(2), PICTURE)
    draft = notices.draft(keeper, case, here.id, basis=BASIS, fields=FIELDS)
    notices.approve(keeper, case, draft.id)
    notices.send(keeper, case, draft.id)
    mail = MAIL.replace(b"We got it.", REPLY.encode())
    reply = notices.file_reply(keeper, case, draft.id, mail, "re.eml").exhibit
    return Made(here.id, there.id, draft.id, file, picture, tuple(one.id for one in page), reply)


def contents_for(
    world: World, monkeypatch: pytest.MonkeyPatch, audience: str, items: Mapping[str, str] | None = None, **more: Any
) -> Contents:
    """What would be built, without drawing it."""
    taken: list[Contents] = []

    def build(contents: Contents, out: Path, **_: object) -> Built:
        taken.append(contents)
        return Built(out, "0" * 64, 0, "words")

    monkeypatch.setattr(dossiers, "build", build)
    dossiers.make(
        world.holder, world.case, world.folder / f"{audience}.age", secret=SECRET, audience=audience,
        items=dict(items or {}), **more,
    )  # fmt: skip
    return taken[0]


def everything(world: World, contents: Contents) -> str:
    """All that the bag would hold: each file beside the exhibits, and the text of the paper."""
    inside = [one for one in contents.exhibits if one.source or one.copy]
    names = {one.id: f"data/{place}" for place, one in enumerate(inside)}
    tags = _tags(contents, names, world.services.signer, world.clock())
    files = [data.decode("utf-8", "replace") for name, data in tags.items() if not name.endswith(".py")]
    released = [b"".join(one.source()).decode("utf-8", "replace") for one in inside if one.source]
    return "\n".join([*files, *released, html(contents, _seen(contents, names, world.services.signer), world.clock())])


def kinds(contents: Contents) -> list[tuple[str, bool, bool]]:
    """The exhibits: kind, whether whole, whether blurred."""
    return [(one.kind, one.source is not None, one.copy is not None) for one in contents.exhibits]


INSIDE = {  # words, answers, country, timeline, sightings, notices, withheld listed, custody, journal's lines
    "lawyer": (True, True, True, True, 2, 1, True, True, True),
    "police": (True, False, True, True, 2, 1, True, True, True),
    "platform": (False, False, False, False, 0, 0, False, False, False),
    "desk": (True, True, True, True, 2, 1, True, True, True),
    "own": (True, True, True, True, 2, 1, True, True, True),
}
RELEASED = {
    "lawyer": ["record", "reply", "text", "text"],
    "police": ["record", "reply", "text"],
    "platform": [],
    "desk": ["record", "reply", "text", "text"],
    "own": ["record", "reply", "text", "text"],
}


def test_each_audience_gets_exactly_its_row_and_no_picture(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for audience, row in INSIDE.items():
        found = contents_for(world, monkeypatch, audience)
        text = everything(world, found)
        got = (
            WORDS in text, any(a.chosen for a in found.answers), found.country == "DE", bool(found.timeline),
            len(found.sightings), len(found.notices), any(not w and not b for _, w, b in kinds(found)),
            any(one.custody for one in found.exhibits), bool(found.journal.lines),
        )  # fmt: skip
        assert got == row, audience
        assert sorted(kind for kind, whole, _ in kinds(found) if whole) == RELEASED[audience], audience
        assert not any(one.picture and (one.source or one.copy) for one in found.exhibits), audience
        assert PICTURE not in text, audience  # a name can say whose it is
        # "Original file name" is a statement: what stands there is the name that the file had, and nothing before it.
        named = {"police": {""}, "platform": set()}.get(audience, {NAME})
        assert {one.name for one in found.exhibits if one.id == made.file} == named, audience


def test_a_platform_gets_its_own_addresses_with_their_proofs_and_nothing_else(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = contents_for(world, monkeypatch, "platform", {made.here: "full"})
    text = everything(world, found)
    assert HERE in text
    assert sorted(kind for kind, whole, _ in kinds(found) if whole) == ["record", "text"]
    for canary in (THERE, WORDS, NAME, PICTURE, REPLY, FIELDS["name"], FIELDS["email"], "DE</"):
        assert canary not in text, canary
    shown = [json.loads(e["line"]) for e in json.loads(found.journal.proofs)["entries"]]
    assert [line["type"] for line in shown] == ["sighting", "exhibit"]
    assert not any("hash" in gap.en for gap in found.gaps)  # of what stays back no digest is there, nor its number
    assert any("not listed" in gap.en for gap in found.gaps)
    assert not found.journal.lines
    assert not found.journal.openings


def test_what_is_taken_out_item_by_item_is_in_no_file(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = {made.there: "none", made.letter: "none", made.file: "none", made.reply: "none", "words": "none"}
    text = everything(world, contents_for(world, monkeypatch, "lawyer", out))
    for canary in (THERE, WORDS, NAME, REPLY, FIELDS["name"], "abuse@leaks.example"):
        assert canary not in text, canary
    assert HERE in text


def test_an_answer_is_quoted_only_where_its_mail_goes_along(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = contents_for(world, monkeypatch, "lawyer", {made.reply: "none"})
    assert REPLY not in everything(world, found)
    assert found.notices[0].replies[0].text == ""


def test_a_picture_goes_along_only_chosen_blurred_or_whole(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    blurred = contents_for(world, monkeypatch, "lawyer", {made.picture: "blurred"})
    (one,) = [one for one in blurred.exhibits if one.id == made.picture]
    assert one.source is None
    assert one.copy is not None
    assert one.copy.startswith(b"\xff\xd8\xff")
    whole = contents_for(world, monkeypatch, "own", {made.picture: "full"})
    (same,) = [one for one in whole.exhibits if one.id == made.picture]
    assert same.source is not None
    assert same.preview != drawn(2), "on paper it is blurred in any case"


def test_what_cannot_be_chosen_is_named(world: World, made: Made) -> None:
    for items, code in (
        ({"nothing": "full"}, "cases.no_such_item"),
        ({made.file: "blurred"}, "cases.no_such_form"),
        ({made.picture: "sharp"}, "cases.no_such_form"),
    ):
        with pytest.raises(BadInput) as error:
            releases.offer(world.holder, world.case, "lawyer", items)
        assert error.value.code == code
    with pytest.raises(BadInput) as error:
        releases.offer(world.holder, world.case, "everybody")
    assert error.value.code == "cases.no_audience"


def test_what_is_shown_before_is_what_is_made(world: World, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    for audience in INSIDE:
        shown = {i.id for i in releases.offer(world.holder, world.case, audience) if i.form is Form.FULL}
        found = contents_for(world, monkeypatch, audience)
        built = {one.id for one in found.exhibits if one.source} | {one.id for one in found.sightings}
        assert built == shown & ({*made.page, made.file, made.picture, made.reply, made.here, made.there})


def test_the_bag_for_a_platform_verifies_bare_and_a_checkpoint_handed_out_is_linked(world: World, made: Made) -> None:
    note = journals.hand_checkpoint(world.holder, world.case)
    case = look(world.holder, world.case)
    chosen = {made.here: "full", made.page[-1]: "full"}
    release = releases.decide(case, world.services.knowledge, "platform", chosen)
    openings.mark_step(world.holder, world.case, "s-steady", "done")
    contents = dossiers._contents(world.holder, look(world.holder, world.case), release, "en")
    build_opened(contents, world.folder / "d.zip", signer=world.services.signer, now=world.clock())
    with zipfile.ZipFile(world.folder / "d.zip") as archive:
        archive.extractall(world.folder / "open")
    bag = next((world.folder / "open").iterdir())
    assert not (bag / "journal" / "journal.ndjson").exists()
    handed = bag / "journal" / "checkpoints" / f"{read_checkpoint(note).size}.checkpoint"
    assert handed.read_text() == note
    script = [sys.executable, "-I", "-S", str(bag / "verify.py")]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "handed: ok" in done.stdout
    (world.folder / "kept").write_text(note)
    kept = ["--earlier", str(world.folder / "kept")]
    judge = [sys.executable, "-I", "-S", "-B", str(bag / "verify_journal.py"), *kept]
    said = subprocess.run(judge, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stdout
    assert "earlier: ok" in said.stdout


def test_a_dossier_asks_nobody_and_names_what_has_not_come(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    for authority in world.authorities:
        monkeypatch.setattr(authority, "stamp", lambda *_: pytest.fail("the network was asked"))
    found = contents_for(world, monkeypatch, "police")
    assert any("not certified by an independent" in gap.en for gap in found.gaps)


def test_the_life_of_an_exhibit_tells_who_when_and_for_whom(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhibits.preview(world.other, world.case, made.picture, blurred=False)
    contents_for(world, monkeypatch, "police", {made.picture: "blurred"})
    (life,) = custody.custody(world.holder, world.case, made.picture)
    assert [one.verb for one in life.moments] == ["add_exhibit", "look", "dossier_begun", "dossier_made"]
    assert [one.mine for one in life.moments] == [True, False, True, True]
    assert "blurred" in life.moments[-1].why("en")
    assert all("police" in one.why("en") for one in life.moments[2:])
    assert all(one.why(lang) for one in life.moments[2:] for lang in LANGS)
    assert {made.file, made.picture, made.reply, *made.page} <= {
        one.id for one in custody.custody(world.holder, world.case)
    }


def test_a_journal_that_continues_a_kept_checkpoint_says_so_and_another_one_is_named(world: World, made: Made) -> None:
    note = journals.hand_checkpoint(world.holder, world.case).encode()
    openings.mark_step(world.holder, world.case, "s-steady", "done")
    report = journals.verify(world.holder, world.case, [note])
    assert (report.ok, report.check("earlier").state) == (True, "ok")
    other = journals.hand_checkpoint(world.holder, world.open_case()).encode()
    assert {p.code for p in journals.verify(world.holder, world.case, [other]).problems} == {"earlier_other_journal"}


def test_stamps_are_renewed_before_their_certificates_end_and_the_dossier_carries_it(world: World) -> None:
    with local_authorities(world.services.home / "authorities") as running:
        world.clock.time = datetime.now(UTC)
        renew(running[0], world.clock.time - timedelta(days=1), world.clock.time + timedelta(days=30))
        passed = LoopbackPass(world.services.home, [one.port for one in running])
        door = Door(tuple((one.host, one.port) for one in running), passed)
        authorities = tuple(HttpAuthority(one.url, door, one.ca_file.read_bytes()) for one in running)
        roots = b"".join(one.ca_file.read_bytes() for one in running)
        keeper = world.with_services(world.holder, authorities=authorities, authority_roots=roots)
        assert journals.stamp_pending(keeper.services) == 2
        assert journals.stamp_pending(keeper.services) == 2, "the one that ends soon, renewed by both"
        assert journals.stamp_pending(keeper.services) == 0, "and only once"
        contents = dossiers._contents(
            keeper,
            look(keeper, world.case),
            releases.decide(look(keeper, world.case), keeper.services.knowledge, "own", {}),
            "en",
        )
    report = journals.verify(keeper, world.case)
    assert report.ok, report.problems
    assert report.check("time").data["renewals"] == 2
    assert len(contents.renewals) == 2
    build_opened(contents, world.folder / "d.zip", signer=keeper.services.signer, now=world.clock())
    said = {one.name: one.state for one in verify(world.folder / "d.zip", workdir=world.services.memory).checks}
    assert (said["time"], said["journal"], said["paper"]) == ("untrusted", "ok", "ok")


def test_what_was_found_of_content_credentials_goes_along_in_both_languages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = exhibit(world, world.case, drawn(2), "plain.png")
    whole = exhibit(world, world.case, SignedPicture().file(), "signed.png")
    bent = exhibit(world, world.case, SignedPicture().file() + b"more", "bent.png")
    given = contents_for(world, monkeypatch, "lawyer", dict.fromkeys((plain, whole, bent), "full"))
    found = {one.id: one.credentials for one in given.exhibits}
    assert found[plain] is None
    signed, changed = found[whole], found[bent]
    assert signed is not None
    assert changed is not None
    assert (signed.state, signed.signer, signed.issuer) == ("valid", "Camera 7, Works", "Maker")
    assert (changed.state, changed.reason) == ("altered", "content")
    told = everything(world, given)
    for words in (signed.said.ar, signed.said.en, changed.said.ar, changed.said.en, "Camera 7, Works"):
        assert words.split(":")[0] in told
    withheld = contents_for(world, monkeypatch, "police")
    assert all(one.credentials is None for one in withheld.exhibits if one.source is None and one.copy is None)
