"""The whole path of one case, in a process of its own: `python canary_run.py FD`. Not a test; the tests start it.

It reads one JSON line from standard input (the words, ports and folders), does one act after the other, and after each
writes its name to FD and waits for a line, so that the test can look at what stands on the disk at that moment.
"""

import io
import json
import os
import sys
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any


def main() -> None:
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    out = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")

    def stop(name: str, **more: str) -> None:
        out.write(json.dumps({"at": name, **more}) + "\n")
        out.flush()
        sys.stdin.readline()

    _Path(told, stop).walk()


class _Path:
    """The acts, in order."""

    def __init__(self, told: dict[str, Any], stop: Any) -> None:
        from sitr import wiring
        from sitr.net import LoopbackPass
        from sitr.settings import SITR
        from sitr.vault import KdfParams

        leave = LoopbackPass(SITR.home, told["ports"])
        self.services = wiring.build(SITR, loopback=leave, kdf=KdfParams(passes=1, memory_kib=64, lanes=1))
        self.told, self.stop = told, stop
        self.words: dict[str, str] = told["words"]
        self.folder = Path(told["folder"])

    def walk(self) -> None:
        self._open()
        self.stop("opened", case=self.case)
        self._take_in()
        self.stop("taken in", receipt=self._receipt())
        self._capture()
        self.stop("captured")
        self._write()
        self.stop("written")
        self._after()
        self.stop("all done")
        self._release()
        self.stop("released")
        # The control: what the key opens, in the folder that the test alone looks into.
        self._open_everything(Path(self.told["opened"]))
        self.stop("opened by the key")

    def _open(self) -> None:
        from sitr.cases import access, openings
        from sitr.errors import Locked

        self.keeper = access.set_up(self.services, self.words["passphrase"])
        answers = {
            "helping": ["self"],
            "safe_now": ["safe"],
            "age": ["adult"],
            "status": ["public"],
            "goal": ["remove"],
        }
        words = {"goal": self.words["answer words"], "status": self.words["answer words in English"]}
        self.case = openings.open_case(self.keeper, country="DE", answers=answers, words=words, time_proof=True)
        try:
            access.unlock(self.services, self.words["passphrase"] + " and more")
        except Locked:
            self.keeper = access.unlock(self.services, self.words["passphrase"])

    def _take_in(self) -> None:
        from sitr.cases import exhibits, openings, photos

        photo = Path(self.told["photo"]).read_bytes()
        photos.add_photo(self.keeper, self.case, photo, self.words["photo file"], keep=True)
        note = f"{self.words['exhibit text']}\n{self.words['passphrase']}\n".encode()
        exhibits.add_exhibit(self.keeper, self.case, io.BytesIO(note), self.words["exhibit file"])
        plan = openings.case_plan(self.keeper, self.case)
        openings.mark_step(self.keeper, self.case, plan.steps[0].id, "done")

    def _receipt(self) -> str:
        """Given, tried wrongly, come in by: the code, for the search alone."""
        from sitr.cases import receipts
        from sitr.errors import Locked

        code = receipts.give(self.keeper, [self.case], secret=self.words["passphrase"]).code
        try:
            receipts.come_in(self.services, code[::-1])
        except Locked:
            receipts.come_in(self.services, code)
        return code

    def _capture(self) -> None:
        from sitr.cases import captures, exhibits

        view = captures.capture_page(self.keeper, self.case, self.told["start"], child="no")
        if view.partial or not view.found:
            raise RuntimeError(f"the capture is not whole: {[n.code for n in view.notes]}, {len(view.found)} found")
        shot = next(one for one in view.exhibits if one.kind == "screenshot")
        exhibits.preview(self.keeper, self.case, shot.id, blurred=False)

    def _write(self) -> None:
        from sitr.cases import notices, sightings

        for one in sightings.list_sightings(self.keeper, self.case):
            sightings.decide(self.keeper, self.case, one.id, accept=True)
        text = f"https://{self.words['host']}/album https://x.com/{self.words['handle']}/status/1234567890123456789"
        sightings.add_sighting(self.keeper, self.case, f"هنا أيضا: {text}")
        places = sightings.list_sightings(self.keeper, self.case)
        self.notice = self._send(notices, places[0].id)
        by_hand = self._approved(notices, places[-1].id)
        now = self.services.now()
        notices.mark_sent(self.keeper, self.case, by_hand, self.words["reference"], now)

    def _approved(self, notices: Any, place: str) -> str:
        fields = {
            "name": self.words["name"], "identity": self.words["name"], "email": self.words["mail"],
            "contact": self.words["contact"], "ground": self.words["ground"], "recipient": self.words["recipient"],
        }  # fmt: skip
        drafted = notices.draft(self.keeper, self.case, place, basis="gdpr_art17", lang="en", fields=fields)
        if drafted.missing:
            raise RuntimeError(f"fields are missing: {drafted.missing}")
        notices.approve(self.keeper, self.case, drafted.id)
        return str(drafted.id)

    def _send(self, notices: Any, place: str) -> str:
        notice = self._approved(notices, place)
        if notices.send(self.keeper, self.case, notice).state != "sent":
            raise RuntimeError("the notice was not sent")
        return notice

    def _after(self) -> None:
        from sitr.cases import agendas, journals, notices, openings, sightings

        mail = EmailMessage()
        mail["From"], mail["To"] = self.words["recipient"], "notices@sitr.invalid"
        mail["Subject"], mail["Date"] = self.words["reply subject"], format_datetime(self.services.now())
        mail.set_content(self.words["reply text"] + "\n")
        notices.file_reply(self.keeper, self.case, self.notice, mail.as_bytes(), "reply.eml")
        self.stop("the site takes it down")
        sightings.check_all(self.keeper, self.case)
        journals.stamp_pending(self.services)
        agendas.agenda(self.services, self.keeper)
        openings.show(self.keeper, self.case)
        if not journals.verify(self.keeper, self.case).ok:
            raise RuntimeError("the journal does not verify")

    def _release(self) -> None:
        from sitr.cases import dossiers, holders, portable
        from sitr.vault import Identity

        secret = self.words["passphrase"]
        to = Identity.generate().public
        dossiers.make(
            self.keeper, self.case, self.folder / "dossier.age", secret=secret, recipients=[to], include=["all"]
        )
        portable.export_case(self.keeper, self.case, self.folder / "case.age", secret=secret)
        holders.add_holder(self.keeper, self.case, Identity.generate().public, secret=secret)

    def _open_everything(self, folder: Path) -> None:
        """Every row, every opening and every sealed file, as the holder's key opens them."""
        from sitr.cases import journals
        from sitr.cases.exhibits import place_of
        from sitr.cases.models import SEALED, Exhibit, Photo
        from sitr.cases.work import look
        from sitr.vault import Place

        case = look(self.keeper, self.case)
        for model in SEALED:
            for row, body in case.rows(model):
                (folder / f"row-{row.id}.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
        for entry, opening in journals.opened(case):
            (folder / f"entry-{entry.seq}").write_bytes(opening or b"")
        blobs = self.services.blobs
        for exhibit in Exhibit.objects.filter(case=case.row):
            place = place_of(self.case, exhibit.id)
            (folder / exhibit.id).write_bytes(b"".join(blobs.read(exhibit.blob, place, case.keys.of(exhibit.epoch))))
        for photo in Photo.objects.filter(case=case.row).exclude(blob=""):
            place = Place(self.case, "photo", photo.id, "blob")
            (folder / photo.id).write_bytes(b"".join(blobs.read(photo.blob, place, case.keys.of(photo.epoch))))


if __name__ == "__main__":
    main()
