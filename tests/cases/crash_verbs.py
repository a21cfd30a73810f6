"""Every verb that writes, ready to be cut short: by a kill, or by a disk that has no room.

A verb here is a function that prepares what it needs (a case, a notice that is approved ...) and gives back the call
itself, so that what is tested is that call and nothing before it. Chance comes from a seed.
"""

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageFilter

from sitr.cases import (
    access,
    captures,
    dossiers,
    erasing,
    exhibits,
    holders,
    notices,
    openings,
    photos,
    portable,
    sightings,
)
from sitr.cases.models import Case, Checkpoint, Entry
from sitr.cases.services import Services
from sitr.cases.work import bookkeeping
from sitr.evidence import Capture, CaptureOptions
from sitr.evidence.captured import (
    CapturedFile,
    Completeness,
    Confinement,
    FileKind,
    PageImage,
    Tools,
    Wall,
)
from sitr.vault import Identity

SECRET = "a passphrase of the crash test"
MARK = b"crash-test-plaintext-7c1e"
"""Stands in whatever the verbs take in: in clear nowhere on a disk, and in memory only while a verb runs."""

_ANSWERS = {"helping": ["self"], "safe_now": ["safe"], "age": ["adult"], "goal": ["remove"]}
_BASIS = "gdpr_art17"
_FIELDS = {
    "name": "S. Test", "identity": "S. Test", "email": "person@sitr.invalid", "contact": "person@sitr.invalid",
    "ground": MARK.decode(), "recipient": "abuse@leaks.example",
}  # fmt: skip
_REPLY = b"From: abuse@leaks.example\r\nSubject: Re: notice\r\nDate: Sat, 14 Mar 2026 10:00:00 +0000\r\n\r\n" + MARK


@dataclass
class World:
    """What the verbs work on. `told` gets a line for each file that is about to be written outside of the home."""

    services: Services
    keeper: access.Keeper
    rng: Random
    out: Path
    told: Callable[[dict[str, Any]], None]
    page: str = "http://127.0.0.1:9/page"

    def cases(self) -> list[str]:
        """The cases that are open."""
        return [line.id for line in openings.list_cases(self.services) if line.state == "open"]

    def case(self) -> str:
        """One of the cases; a new one when there is none."""
        there = self.cases()
        return self.rng.choice(there) if there else open_case(self)()

    def new_file(self, suffix: str) -> Path:
        """A name at which nothing stands."""
        return self.out / f"{self.rng.getrandbits(64):016x}{suffix}"


Verb = Callable[[World], Callable[[], Any]]


def drawn(seed: int, side: int = 320) -> bytes:
    """A drawn picture with the mark in its file; each seed another one."""
    dice = Random(seed)  # noqa: S311
    small = Image.frombytes("RGB", (12, 9), dice.randbytes(12 * 9 * 3))
    large = small.resize((side, side * 3 // 4), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    large.save(out, "JPEG", quality=85, comment=MARK)
    return out.getvalue()


def open_case(world: World) -> Callable[[], str]:
    words = {"goal": MARK.decode()}
    return lambda: openings.open_case(world.keeper, country="DE", answers=_ANSWERS, words=words, time_proof=False)


def answer(world: World) -> Callable[[], Any]:
    case, words = world.case(), {"goal": f"{MARK.decode()} {world.rng.random()}"}
    return lambda: openings.answer(world.keeper, case, {"status": ["public"]}, words)


def mark_step(world: World) -> Callable[[], Any]:
    case = world.case()
    step = world.rng.choice(openings.case_plan(world.keeper, case).steps).id
    return lambda: openings.mark_step(world.keeper, case, step, world.rng.choice(["done", "skipped", "later"]))


def add_photo(world: World) -> Callable[[], Any]:
    case, image = world.case(), drawn(world.rng.randrange(3))
    return lambda: photos.add_photo(world.keeper, case, image, "photo.jpg", keep=world.rng.random() < 0.7)


def add_sighting(world: World) -> Callable[[], Any]:
    case, number = world.case(), world.rng.getrandbits(32)
    text = f"https://leaks.example/{MARK.decode()}/{number} https://x.com/somebody/status/{number}"
    return lambda: sightings.add_sighting(world.keeper, case, text)


def add_exhibit(world: World) -> Callable[[], Any]:
    case, length = world.case(), world.rng.choice([10, 3_000, 70_000, 900_000])
    data = MARK + world.rng.randbytes(length)
    return lambda: exhibits.add_exhibit(world.keeper, case, io.BytesIO(data), "note.bin")


def capture(world: World) -> Callable[[], Any]:
    case = world.case()
    return lambda: captures.capture_page(world.keeper, case, world.page, child="no")


def decide(world: World) -> Callable[[], Any]:
    case = world.case()
    if not any(one.proposed for one in sightings.list_sightings(world.keeper, case)):
        photos.add_photo(world.keeper, case, drawn(0), "photo.jpg")
        captures.capture_page(world.keeper, case, world.page, child="no")
    proposed = [one.id for one in sightings.list_sightings(world.keeper, case) if one.proposed]
    if not proposed:
        return lambda: sightings.add_sighting(world.keeper, case, "https://leaks.example/none-was-proposed")
    return lambda: sightings.decide(world.keeper, case, proposed[0], accept=world.rng.random() < 0.8)


def check(world: World) -> Callable[[], Any]:
    case = world.case()
    place = _place(world, case)
    return lambda: sightings.check(world.keeper, case, place)


def _place(world: World, case: str) -> str:
    there = [one.id for one in sightings.list_sightings(world.keeper, case) if not one.proposed]
    # An address of this machine that nobody listens at: the door refuses it at once, and nothing is asked outside.
    there = there or [one.id for one in sightings.add_sighting(world.keeper, case, "http://127.0.0.1:9/gone")]
    return world.rng.choice(there)


def draft(world: World) -> Callable[[], Any]:
    case = world.case()
    place = _place(world, case)
    return lambda: notices.draft(world.keeper, case, place, basis=_BASIS, lang="en", fields=_FIELDS)


def _drafted(world: World, case: str) -> str:
    place = _place(world, case)
    return str(notices.draft(world.keeper, case, place, basis=_BASIS, lang="en", fields=_FIELDS).id)


def _approved(world: World, case: str) -> str:
    notice = _drafted(world, case)
    notices.approve(world.keeper, case, notice)
    return notice


def fill(world: World) -> Callable[[], Any]:
    case = world.case()
    notice = _drafted(world, case)
    return lambda: notices.fill(world.keeper, case, notice, {"contact": f"{world.rng.random()}"})


def approve(world: World) -> Callable[[], Any]:
    case = world.case()
    unclear = [one.id for one in notices.list_notices(world.keeper, case) if one.state == "unknown"]
    # Sometimes the person says "send it again" of one that may have gone; only that may ever send it twice.
    notice = unclear[0] if unclear and world.rng.random() < 0.3 else _drafted(world, case)
    return lambda: notices.approve(world.keeper, case, notice)


def send(world: World) -> Callable[[], Any]:
    case = world.case()
    ready = [one.id for one in notices.list_notices(world.keeper, case) if one.state == "approved"]
    notice = ready[0] if ready else _approved(world, case)
    return lambda: notices.send(world.keeper, case, notice)


def mark_sent(world: World) -> Callable[[], Any]:
    case = world.case()
    notice = _approved(world, case)
    return lambda: notices.mark_sent(world.keeper, case, notice, MARK.decode(), world.services.now())


def file_reply(world: World) -> Callable[[], Any]:
    case = world.case()
    sent = [one.id for one in notices.list_notices(world.keeper, case) if one.state in {"sent", "answered"}]
    if not sent:
        sent = [_approved(world, case)]
        notices.mark_sent(world.keeper, case, sent[0], "", world.services.now())
    return lambda: notices.file_reply(world.keeper, case, sent[0], _REPLY, "reply.eml")


def _exhibit(world: World, case: str) -> exhibits.ExhibitView:
    there = exhibits.list_exhibits(world.keeper, case)
    data = io.BytesIO(MARK + world.rng.randbytes(5_000))
    return world.rng.choice(there) if there else exhibits.add_exhibit(world.keeper, case, data, "note.bin")


def export_exhibit(world: World) -> Callable[[], Any]:
    case = world.case()
    item, target = _exhibit(world, case), world.new_file(".bin")
    world.told({"writes": str(target), "sha256": item.sha256})
    return lambda: exhibits.export(world.keeper, case, item.id, target)


def look_unblurred(world: World) -> Callable[[], Any]:
    case = world.case()
    item = exhibits.add_exhibit(world.keeper, case, io.BytesIO(drawn(1)), "picture.jpg")
    return lambda: exhibits.preview(world.keeper, case, item.id, blurred=False)


def erase_exhibit(world: World) -> Callable[[], Any]:
    case = world.case()
    item = _exhibit(world, case)
    return lambda: erasing.erase_exhibit(world.keeper, case, item.id, secret=SECRET)


def add_holder(world: World) -> Callable[[], Any]:
    case, public = world.case(), Identity.generate().public
    return lambda: holders.add_holder(world.keeper, case, public, secret=SECRET)


def remove_holder(world: World) -> Callable[[], Any]:
    case = world.case()
    others = [one.id for one in holders.list_holders(world.keeper, case) if not one.you]
    if not others:
        others = [holders.add_holder(world.keeper, case, Identity.generate().public, secret=SECRET).id]
    return lambda: holders.remove_holder(world.keeper, case, others[0], secret=SECRET)


def make_dossier(world: World) -> Callable[[], Any]:
    case, target, identity = world.case(), world.new_file(".dossier"), Identity.generate()
    world.told({"writes": str(target), "identity": identity.secret()})
    to = [identity.public]
    return lambda: dossiers.make(world.keeper, case, target, secret=SECRET, recipients=to, include=["all"])


def export_case(world: World) -> Callable[[], Any]:
    case, target = world.case(), world.new_file(".case")
    world.told({"writes": str(target), "phrase": SECRET})
    return lambda: portable.export_case(world.keeper, case, target, secret=SECRET)


def move_case(world: World) -> Callable[[], Any]:
    """Export a case, take away every trace of it, as if it came from another home: the call is the taking in."""
    case, target = world.case(), world.new_file(".case")
    portable.export_case(world.keeper, case, target, secret=SECRET)
    erasing.erase_case(world.keeper, case, secret=SECRET)
    with bookkeeping():
        for model in (Checkpoint, Entry):
            model.objects.filter(case_id=case).delete()
        Case.objects.filter(pk=case).delete()
    return lambda: portable.import_case(world.keeper, target, secret=SECRET)


def erase_case(world: World) -> Callable[[], Any]:
    case = world.case()
    return lambda: erasing.erase_case(world.keeper, case, secret=SECRET)


# How often each is drawn; the slow ones seldom.
VERBS: dict[Verb, int] = {
    open_case: 4, answer: 4, mark_step: 3, add_photo: 5, add_sighting: 4, add_exhibit: 7, capture: 7, decide: 4,
    check: 2, draft: 3, fill: 3, approve: 4, send: 9, mark_sent: 3, file_reply: 5, export_exhibit: 4,
    look_unblurred: 2, erase_exhibit: 6, add_holder: 4, remove_holder: 5, make_dossier: 1, export_case: 1, move_case: 1,
    erase_case: 6,
}  # fmt: skip


def quick_capture(url: str, workdir: Path, options: CaptureOptions, now: datetime) -> Capture:
    """What a visit would bring, with the mark in every file, in a tenth of a second and without a browser."""
    kept = workdir / "kept"
    kept.mkdir(mode=0o700)
    image = kept / "image.jpg"
    image.write_bytes(drawn(0))
    files = []
    kinds = {FileKind.TEXT: "text/plain", FileKind.SCREENSHOT: "image/jpeg", FileKind.WACZ: "application/zip"}
    for kind, mime in kinds.items():
        path = kept / kind.value
        data = drawn(2) if kind is FileKind.SCREENSHOT else MARK * 2_000
        path.write_bytes(data)
        files.append(CapturedFile(kind, path, mime, len(data), hashlib.sha256(data).hexdigest()))
        time.sleep(0.01)
    images = (PageImage(f"{url}/image.jpg", (), ("img",), image, "image/jpeg", image.stat().st_size),)
    return Capture(
        url=url, final_url=url, title="", status=200, started=now, ended=now, pictures=options.pictures, redirects=(),
        certificates=(), addresses={}, files=tuple(files), exchanges=(), page_images=images if options.pictures else (),
        completeness=Completeness(1, 1, ()), partial=False, problems=(), confinement=Confinement(Wall.FULL, "", True),
        tools=Tools("0", "quick", "", "0", "0", (1, 1), "ar", "UTC"), seconds={},
    )  # fmt: skip
