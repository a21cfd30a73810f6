"""The acts of the demo, in order: each calls the verbs that a person's own `sitr` calls, and checks what came of it.

Loaded only when Django is set up. A check looks at the thing itself: what stands on the disk, what the mail server
got, what the site answers; never at the program's word alone.
"""

import hashlib
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from email.utils import format_datetime, make_msgid
from http import HTTPStatus
from pathlib import Path

from sitr.cases import (
    access,
    agendas,
    captures,
    dossiers,
    erasing,
    exhibits,
    journals,
    notices,
    openings,
    photos,
    sightings,
)
from sitr.cli.demo import outside
from sitr.cli.demo.remains import Needle, blob_pieces, found_on_disk, wrapped_keys
from sitr.cli.demo.stage import Stage
from sitr.cli.demo.teller import NotSoError, Teller, insist
from sitr.cli.showing import moment
from sitr.errors import AnswerIsNo, Locked, NotFound
from sitr.knowledge import identify, load
from sitr.vault import Identity
from sitr.words import say

_ANSWERS = {
    "helping": ["self"],
    "safe_now": ["safe"],
    "device": ["private"],
    "status": ["public"],
    "age": ["adult"],
    "where": ["other_site"],
    "seen": ["seen"],
    "still_up": ["up"],
    "content": ["private_moment"],
    "goal": ["remove", "case"],
}
_WORDS = {"goal": "أريد أن تُزال الصور وأن يبقى الدليل."}
_COUNTRY = "DE"
_BASIS = "gdpr_art17"
_OPERATOR = "k7x@leaks.example"
_FIELDS = {
    "name": "S. Demo",
    "identity": "S. Demo",
    "email": "person@sitr.invalid",
    "contact": "person@sitr.invalid",
    "ground": "Art. 17(1)(d): processed unlawfully, published without consent.",
    "recipient": _OPERATOR,
}
_KINDS = {"wacz", "screenshot", "pdf", "text"}


def play(stage: Stage, teller: Teller) -> None:
    """All steps. The outside tools run each for itself; a step that others stand on ends the story when it fails."""
    story: list[tuple[str, Callable[[Stage], str]]] = [
        ("case", _open),
        ("plan", _plan),
        ("photos", _add_photos),
        ("capture", _capture),
        ("copies", _find_copies),
        ("sightings", _accept_sightings),
        ("routes", _route),
        ("notice", _draft),
        ("send", _send),
        ("reply", _reply),
        ("clock", _clock),
        ("taken_down", _take_down),
        ("recheck", _recheck),
        ("time", _stamp),
        ("journal", _verify_journal),
        ("dossier", _build),
    ]
    checks: list[tuple[str, Callable[[Stage], str]]] = [
        ("verify", _verify_dossier),
        ("age", _open_with_age),
        ("sha256sum", _sums),
        ("script", _own_script),
        ("signature", _signature),
        ("openssl_ts", _stamps),
        ("pdfsig", _paper),
        ("tampered", _tamper),
        ("tampered_seal", _tamper_seal),
        ("wrong_key", _wrong_key),
    ]
    if not all(_told(stage, teller, name, act) for name, act in story):
        return
    for name, act in checks:
        _told(stage, teller, name, act)
    _told(stage, teller, "erase", _erase)


def _told(stage: Stage, teller: Teller, name: str, act: Callable[[Stage], str]) -> bool:
    return teller.step(name, lambda: act(stage))


def _say(stage: Stage, name: str, /, **blanks: object) -> str:
    return say(f"demo.{name}", stage.call.lang, **blanks)


# --- from the first answer to the copies ------------------------------------------------------------------------------


def _open(stage: Stage) -> str:
    stage.keeper = access.set_up(stage.services, stage.secret)
    stage.case = openings.open_case(stage.keeper, country=_COUNTRY, answers=_ANSWERS, words=_WORDS, time_proof=True)
    lines = openings.list_cases(stage.services)
    insist([line.id for line in lines] == [stage.case], "case_not_listed")
    insist(not found_on_disk(stage.home, _plain_needles(*_WORDS.values())), "plain_on_disk")
    return _say(stage, "case_open", case=stage.case)


def _plain_needles(*texts: str) -> list[Needle]:
    return [Needle("plain", text.encode()) for text in texts]


def _plan(stage: Stage) -> str:
    plan = openings.case_plan(stage.keeper, stage.case)
    insist(bool(plan.steps), "no_steps")
    insist(sum(step.level == "now" for step in plan.steps) <= 3, "too_many_now")
    insist(all(getattr(step.why, lang) for step in plan.steps for lang in ("ar", "en")), "no_reason")
    return f"{_say(stage, 'plan_made', n=len(plan.steps))} {getattr(plan.steps[0].title, stage.call.lang)}"


def _add_photos(stage: Stage) -> str:
    """Fingerprints only: pieces of the photographs are looked for on the disk."""
    added = [photos.add_photo(stage.keeper, stage.case, p.read(), p.path.name) for p in stage.photographs]
    insist(len({view.id for view in added}) == 2 and not any(view.kept for view in added), "photo_kept")
    pieces = [needle for p in stage.photographs for needle in blob_pieces([p.path])]
    insist(not found_on_disk(stage.home, pieces), "plain_on_disk")
    return _say(stage, "photos_added", n=len(added))


def _capture(stage: Stage) -> str:
    """From the short address, over two redirects; complete, or the step has failed."""
    view = captures.capture_page(stage.keeper, stage.case, stage.site.short_url, child="no")
    insist(not view.partial and view.kept == view.expected and not view.missing, "capture_partial", kept=view.kept,
           expected=view.expected)  # fmt: skip
    kinds = {str(exhibit.kind) for exhibit in view.exhibits}
    insist(kinds >= _KINDS, "kinds_missing", kinds=", ".join(sorted(_KINDS - kinds)))
    insist(any("HeadlessChrome" in r.agent or "Chrome" in r.agent for r in stage.site.requests), "no_browser")
    stage.capture = view
    total = sum(exhibit.bytes for exhibit in view.exhibits)
    kept = _say(stage, "captured", kept=view.kept, expected=view.expected, n=len(view.exhibits), kib=total // 1024)
    return f"{kept} · {_say(stage, f'wall_{view.confinement}')}"


def _find_copies(stage: Stage) -> str:
    """Exactly the edited copies, and none of the strangers' photographs, by their own image addresses."""
    found = {found.image_url for found in stage.capture.found}
    edits = {url: copy.edit for url, copy in stage.site.copies.items()}
    missed = [edits[url] for url in edits.keys() - found]
    insist(not missed, "copy_missed", edits=", ".join(sorted(missed)))
    insist(found <= edits.keys(), "false_match", n=len(found - edits.keys()))
    return _say(stage, "copies_found", n=len(found), edits=", ".join(sorted(edits.values())),
                strangers=len(stage.site.strangers))  # fmt: skip


def _accept_sightings(stage: Stage) -> str:
    """The person confirms each proposal; each then names its exact image address."""
    for view in sightings.list_sightings(stage.keeper, stage.case):
        if view.proposed:
            sightings.decide(stage.keeper, stage.case, view.id, accept=True)
    stage.sightings = sightings.list_sightings(stage.keeper, stage.case)
    insist({view.image for view in stage.sightings if view.image} == set(stage.site.copies), "sighting_address")
    insist(not any(view.proposed for view in stage.sightings), "still_proposed")
    return _say(stage, "sightings_accepted", n=len(stage.sightings))


# --- from the door to the answer --------------------------------------------------------------------------------------


def _route(stage: Stage) -> str:
    (identified,) = identify(stage.site.url, load(stage.call.settings().knowledge))
    doors = notices.routes(stage.keeper, stage.case, stage.sightings[0].id)
    insist(bool(doors), "no_door")
    return _say(
        stage, "routes_ranked", n=len(doors), service=identified.service or identified.host, basis=str(doors[0].basis)
    )


def _draft(stage: Stage) -> str:
    """Without the person's words fields are missing, and approving is refused; with them nothing is."""
    sighting = stage.sightings[0].id
    first = notices.draft(stage.keeper, stage.case, sighting, basis=_BASIS, lang="en")
    insist(bool(first.missing), "nothing_missing")
    try:
        notices.approve(stage.keeper, stage.case, first.id)
    except AnswerIsNo:
        pass
    else:
        raise NotSoError("approved_incomplete")
    stage.notice = notices.fill(stage.keeper, stage.case, first.id, _FIELDS)
    insist(not stage.notice.missing, "still_missing", fields=", ".join(stage.notice.missing))
    return _say(stage, "notice_complete", basis=_BASIS, n=len(first.missing))


def _send(stage: Stage) -> str:
    """Approved, sent by SMTP; then what the mail server really got is compared with what was approved."""
    notices.approve(stage.keeper, stage.case, stage.notice.id)
    stage.notice = notices.send(stage.keeper, stage.case, stage.notice.id)
    insist(len(stage.mailbox.mails) == 1, "mails", n=len(stage.mailbox.mails))
    (mail,) = stage.mailbox.mails
    text = _text_of(mail.data)
    insist(stage.sightings[0].image in text or stage.sightings[0].url in text, "address_not_sent")
    insist(mail.recipients == (_OPERATOR,), "recipient_differs")
    # Without the key the agenda gives the hour and the case, and not what for.
    (locked,), (stage.due,) = agendas.agenda(stage.services), agendas.agenda(stage.services, stage.keeper)
    insist(locked.case == stage.case and locked.what is None, "agenda_tells")
    return _say(stage, "notice_sent", to=_OPERATOR, bytes=len(mail.data))


def _text_of(data: bytes) -> str:
    message = message_from_bytes(data, policy=default_policy)
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return str(body.get_content()) if body else ""


def _reply(stage: Stage) -> str:
    """The operator's answer to that very mail, filed byte for byte."""
    asked = message_from_bytes(stage.mailbox.mails[0].data, policy=default_policy)
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Date"] = _OPERATOR, asked["From"], format_datetime(datetime.now(UTC))
    answer["Subject"], answer["In-Reply-To"] = f"Re: {asked['Subject']}", asked["Message-ID"]
    answer["Message-ID"] = make_msgid(domain="leaks.example")
    answer.set_content("We have received your notice and have removed the page.\nوصل إخطارك وأزيلت الصفحة.\n")
    raw = answer.as_bytes()
    view = notices.file_reply(stage.keeper, stage.case, stage.notice.id, raw, "reply.eml")
    stored = exhibits.export(stage.keeper, stage.case, view.exhibit, stage.base)
    insist(stored.read_bytes() == raw, "reply_differs")
    stored.unlink()
    return _say(stage, "reply_filed", subject=view.subject)


def _clock(stage: Stage) -> str:
    """The recipient's time runs by the basis' own deadline, also after a reply, which may be a mere acknowledgement.

    Without the key the agenda says which case and which hour, and not what for.
    """
    insist(stage.notice.due_at is not None, "no_clock")
    locked = agendas.agenda(stage.services)
    insist([line.case for line in locked] == [stage.case] and locked[0].what is None, "agenda_tells")
    (line,) = agendas.agenda(stage.services, stage.keeper)
    insist(line.due_at == stage.notice.due_at, "no_clock")
    return _say(stage, "clock_runs", due=moment(line.due_at))


def _take_down(stage: Stage) -> str:
    """The site removes the page: asked directly, without Sitr."""
    insist(_status(stage.site.url) == HTTPStatus.OK, "site_silent")
    stage.site.take_down()
    status = _status(stage.site.url)
    insist(status == HTTPStatus.GONE, "site_still_up", status=status)
    return _say(stage, "site_answers", status=status)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 the demo's own loopback site
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code


def _recheck(stage: Stage) -> str:
    """Every place is visited again; all are gone, and that stops the clock."""
    views = sightings.check_all(stage.keeper, stage.case)
    wrong = [view.state for view in views if view.state != "gone"]
    insist(bool(views) and not wrong, "not_gone", n=len(wrong))
    insist(not agendas.agenda(stage.services, stage.keeper), "clock_goes_on")
    return _say(stage, "all_gone", n=len(views))


# --- the record and the dossier ---------------------------------------------------------------------------------------


def _stamp(stage: Stage) -> str:
    stamped = journals.stamp_pending(stage.services)
    insist(stamped > 0, "nothing_stamped")
    return _say(stage, "stamped", n=stamped)


def _verify_journal(stage: Stage) -> str:
    report = journals.verify(stage.keeper, stage.case)
    insist(report.ok, "journal_broken", n=len(report.problems))
    entries = journals.entries(stage.keeper, stage.case)
    insist(len(entries) == report.size, "journal_size")
    return _say(stage, "journal_sound", n=report.size)


def _build(stage: Stage) -> str:
    identity = Identity.generate()
    stage.identity_file = stage.keep / "identity.txt"
    stage.identity_file.touch(mode=0o600)
    stage.identity_file.write_text(f"# demo\n# public key: {identity.public}\n{identity.secret()}\n", encoding="ascii")
    (stage.keep / "signer.pem").write_bytes(stage.services.signer.public_pem())
    stage.dossier = stage.keep / "dossier.age"
    built = dossiers.make(
        stage.keeper,
        stage.case,
        stage.dossier,
        secret=stage.secret,
        recipients=(identity.public,),
        include=("all",),
    )
    data = stage.dossier.read_bytes()
    insist(hashlib.sha256(data).hexdigest() == built.sha256, "digest_differs")
    insist(not any(text.encode() in data for text in _WORDS.values()), "plain_on_disk")
    return _say(stage, "dossier_built", n=built.items, kib=len(data) // 1024)


def _verify_dossier(stage: Stage) -> str:
    """In a process of its own, with no home and no case: the key file and the authorities' roots, known beforehand."""
    status, said = outside.sitr_verify(_dossier(stage), _options(stage), stage.call.lang)
    checks = json.loads(said).get("checks", []) if said else []
    insist(status == 0 and bool(checks), "verify_failed", status=status)
    return _say(stage, "checks_passed", n=len(checks))


def _options(stage: Stage) -> list[str | Path]:
    known: list[str | Path] = [
        "--signer",
        stage.keep / "signer.pem",
        *(word for file in stage.authority_files for word in ("--tsa-ca", file)),
    ]
    return ["--identity", _identity(stage), *known]


def _dossier(stage: Stage) -> Path:
    insist(stage.dossier is not None, "no_dossier")
    return stage.dossier or Path()


def _identity(stage: Stage) -> Path:
    insist(stage.identity_file is not None, "no_dossier")
    return stage.identity_file or Path()


def _open_with_age(stage: Stage) -> str:
    folder = stage.base / "opened"
    folder.mkdir()
    stage.bag = outside.unzip(outside.unseal(_dossier(stage), _identity(stage), folder), folder)
    return _say(stage, "opened", n=sum(file.is_file() for file in stage.bag.rglob("*")))


def _bag(stage: Stage) -> Path:
    insist(stage.bag is not None, "not_opened")
    return stage.bag or Path()


def _sums(stage: Stage) -> str:
    bag = _bag(stage)
    fitted = outside.sums(bag)
    # Every file is under one of the two lists, except the list of tags itself and its signature.
    insist(fitted == sum(file.is_file() for file in bag.rglob("*")) - 2, "not_listed")
    return _say(stage, "sums_fit", n=fitted)


def _own_script(stage: Stage) -> str:
    return _say(stage, "script_said", n=outside.own_script(_bag(stage)))


def _signature(stage: Stage) -> str:
    outside.signature(_bag(stage))
    return _say(stage, "signature_holds")


def _stamps(stage: Stage) -> str:
    """Every proof is judged by openssl under the two roots, and both authorities must be among them."""
    judged = outside.stamps(_bag(stage), stage.authority_files)
    used = {authority for _, authority in judged}
    insist(used == set(stage.authority_files), "one_authority_missing", n=len(used))
    return _say(stage, "stamps_hold", n=len(judged))


def _paper(stage: Stage) -> str:
    return _say(stage, "paper_holds", name=outside.paper(_bag(stage)))


def _tamper(stage: Stage) -> str:
    """One byte of one exhibit in the opened bag: verification fails, and names the file."""
    changed = stage.base / "changed"
    shutil.copytree(_bag(stage), changed)
    exhibit = max((changed / "data").iterdir(), key=lambda file: file.stat().st_size)
    _change_one_byte(exhibit, exhibit.stat().st_size // 2)
    status, said = outside.sitr_verify(changed, (), stage.call.lang)
    insist(status == 1, "tampering_unseen", status=status)
    failed = [check for check in json.loads(said)["checks"] if not check["ok"]]
    insist(any(exhibit.name in check["detail"] for check in failed), "tampering_not_named")
    return _say(stage, "tampering_seen", where=f"data/{exhibit.name}")


def _tamper_seal(stage: Stage) -> str:
    """One byte of the sealed file: it does not open, and verification says at which place."""
    changed = stage.base / "changed.age"
    shutil.copyfile(_dossier(stage), changed)
    at = changed.stat().st_size // 2
    _change_one_byte(changed, at)
    status, said = outside.sitr_verify(changed, _options(stage), stage.call.lang)
    insist(status == 1, "tampering_unseen", status=status)
    (failed,) = [check for check in json.loads(said)["checks"] if not check["ok"]]
    return f"{_say(stage, 'seal_broken', byte=at)} {failed['detail']}"


def _change_one_byte(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        byte = opened.read(1)[0]
        opened.seek(at)
        opened.write(bytes([byte ^ 1]))


def _wrong_key(stage: Stage) -> str:
    """Somebody else's key opens nothing: status 3."""
    stranger = stage.base / "stranger.txt"
    stranger.write_text(Identity.generate().secret() + "\n", encoding="ascii")
    status, _ = outside.sitr_verify(_dossier(stage), ["--identity", stranger], stage.call.lang)
    insist(status == 3, "stranger_let_in", status=status)
    return _say(stage, "stranger_kept_out")


# --- the erasure ------------------------------------------------------------------------------------------------------


def _erase(stage: Stage) -> str:
    """What was found before is not found after, and the right passphrase opens nothing of the case any more."""
    blobs = sorted(p for p in stage.home.rglob("*") if p.is_file() and p.read_bytes()[:21] == b"age-encryption.org/v1")
    needles = [*wrapped_keys(stage.home, stage.case), *blob_pieces(blobs)]
    kinds = {needle.what for needle in needles}
    insist(kinds == {"key", "blob"}, "no_needles")
    insist(len(found_on_disk(stage.home, needles)) == len(needles), "control_failed")
    erasing.erase_case(stage.keeper, stage.case, secret=stage.secret)
    left = found_on_disk(stage.home, needles)
    insist(not left, "still_on_disk", n=len(left))
    keeper = access.unlock(stage.services, stage.secret)
    for look in (openings.show, openings.answers, sightings.list_sightings, journals.entries):
        try:
            look(keeper, stage.case)
        except (NotFound, Locked):
            continue
        raise NotSoError("opened_after_erasure", verb=look.__name__)
    return _say(stage, "erased", keys=sum(n.what == "key" for n in needles), blobs=len(blobs))
