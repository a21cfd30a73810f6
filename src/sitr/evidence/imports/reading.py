"""One file in, its parsed view out: what it is, then the reader for it. The bytes decide, the name only helps.

`tell_kind` opens nothing but names and first bytes, so a caller can refuse before anything of a picture is read.
"""

import datetime as dt
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sitr.errors import BadInput
from sitr.evidence.imports import archives, films, mail, meta, papers, pictures, tars, telegram, voices, whatsapp
from sitr.evidence.imports.documents import read_json
from sitr.evidence.imports.handing import Handing
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.moments import read_zone
from sitr.evidence.imports.saved_pages import images_of
from sitr.evidence.imports.texts import decoded, html_words, is_text
from sitr.evidence.imports.values import Asked, Findings, Imported, Item, ItemKind, KeyRecords, Looker, Where
from sitr.evidence.imports.zips import Member, Zip, looks_like_zip
from sitr.fingerprint import measure

_START = 1 << 20
_TRIED = 20
"""Members of an archive that are opened to tell what it is."""
_HTML = 4 * 2**20
_IMAGE_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".svg")
_FILM_NAMES = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".3gp", ".flv", ".wmv", ".mpg", ".mpeg", ".ogv")
_OUTLOOK = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"!BDN")
TYPES = {
    "pdf": "application/pdf", "mail": "message/rfc822", "wacz": "application/wacz", "warc": "application/warc",
    "html": "text/html", "text": "text/plain", "video": "video/*", "image": "image/*",
}  # fmt: skip


@dataclass
class _Opened:
    """A file that was looked at from outside: its kind, and what had to be opened to tell it."""

    kind: str
    source: BinaryIO
    name: str
    limits: ImportLimits
    zipped: Zip | None = None
    chosen: tuple[Member, ...] = ()
    document: Any = None
    data: bytes = field(default=b"", repr=False)
    large: bool = False
    """A mail or mailbox that is too large to be read."""
    others: int = 0
    """Chats in the archive that are not read."""


def tell_kind(source: BinaryIO, name: str, limits: ImportLimits) -> str:
    """The kind alone (see `Imported.kind`). Raises BadInput for an empty file or a harmful archive."""
    return _open(source, name, limits).kind


def read_import(
    source: BinaryIO,
    name: str,
    *,
    now: dt.datetime,
    workdir: Path,
    limits: ImportLimits | None = None,
    answers: Mapping[str, str] | None = None,
    key_records: KeyRecords | None = None,
    look: Looker | None = None,
) -> Imported:
    """Read one file, whatever it is; `source` is seekable and stays open.

    `workdir`: an empty folder in memory, for a film that is not a file of the system yet. `answers`: by question id.
    `key_records`: the port to the name system; None: signatures of mails stay `not_asked`. `look` is given
    each picture in it (bounded by `limits`), with where it is, to be compared with the person's photos; what was not
    is among the problems.
    Raises BadInput: an empty file, a harmful archive or picture, an answer to no question. Anything else that cannot be
    read is kept by the caller as it is and named in `problems`.
    """
    limits = limits or ImportLimits()
    answers = dict(answers or {})
    _check_zone(answers)
    sha256, size = _digest(source)
    opened = _open(source, name, limits)
    findings = Findings()
    asked = Asked(name, now, answers)
    handing = Handing(look, limits, findings)
    media_type = _read(opened, asked, findings, workdir, key_records, handing)
    handing.close()
    if any(item.extra.get("cut") for item in findings.items):
        findings.problem("view_cut")
    _check_answers(answers, findings)
    return Imported(
        kind=opened.kind, sha256=sha256, bytes=size, items=tuple(findings.items), facts=findings.facts,
        private=findings.private, questions=tuple(findings.questions), problems=tuple(findings.problems.values()),
        unparsed=tuple(findings.unparsed[:2000]), media_type=media_type,
        words=findings.words,
    )  # fmt: skip


def member_of(source: BinaryIO, name: str, limits: ImportLimits) -> bytes:
    """One picture of a zip, by its whole name or, where only one file has it, by its last part.

    Raises BadInput `evidence.member_unreadable` where there is none.
    """
    zipped = Zip(source, limits)
    alike = [member for member in zipped.members if _last(member.name) == _last(name)]
    member = zipped.find(name) or (alike[0] if len(alike) == 1 else None)
    if member is None:
        raise BadInput("evidence.member_unreadable")
    return zipped.read(member, limits.compared_bytes)


def _digest(source: BinaryIO) -> tuple[str, int]:
    source.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_START):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _check_zone(answers: Mapping[str, str]) -> None:
    if answers.get("zone"):
        try:
            read_zone(answers["zone"])
        except ValueError:
            raise BadInput(
                "evidence.no_zone", zone=answers["zone"][:100], example="Africa/Cairo", offset="+02:00"
            ) from None


_ANSWERS = {"date_order": {"dmy", "mdy", "ymd", "ydm"}, "clock": {"12", "24"}, "half": {"morning", "afternoon"}}


def _check_answers(answers: Mapping[str, str], findings: Findings) -> None:
    """An answer must be one of the choices; one to a question that this file does not raise changes nothing."""
    for question, said in answers.items():
        known = _ANSWERS.get(question.partition(":")[0])
        if question != "zone" and (known is None or said not in known):
            raise BadInput("evidence.no_such_answer", question=question[:60], answer=said[:60])
    if answers:
        findings.facts["answers"] = [f"{question}={said}" for question, said in sorted(answers.items())]


# --- telling ----------------------------------------------------------------------------------------------------------


def _open(source: BinaryIO, name: str, limits: ImportLimits) -> _Opened:
    source.seek(0)
    start = source.read(_START)
    if not start:
        raise BadInput("evidence.import_empty")
    size = source.seek(0, io.SEEK_END)
    if looks_like_zip(start):
        return _of_zip(source, name, limits)
    kind = _by_bytes(start, name, size, limits)
    if kind:
        return _Opened(kind, source, name, limits)
    if tars.looks_like_tar(start) or tars.is_packed(start):
        return _of_tar(source, name, limits, start)
    return _by_words(source, start, name, size, limits)


def _by_bytes(start: bytes, name: str, size: int, limits: ImportLimits) -> str:
    told: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("audio", lambda: voices.looks_like_voice(start, name)),
        ("image", lambda: _is_picture(start, size, limits)),
        ("video", lambda: films.looks_like_film(start) or start.startswith(b"OggS")),
        ("pdf", lambda: papers.looks_like_pdf(start)),
        ("warc", lambda: archives.looks_like_warc(start)),
    )
    kind = next((kind for kind, is_so in told if is_so()), "")
    if kind:
        return kind
    lower = name.casefold()
    # What cannot be read and claims to be a picture is still a picture: whatever claims to be one is treated as one.
    if lower.endswith(_IMAGE_NAMES):
        return "image"
    return "video" if lower.endswith(_FILM_NAMES) else ""


def _is_picture(start: bytes, size: int, limits: ImportLimits) -> bool:
    try:
        measure(start)
    except BadInput as refused:
        if pictures.picture_problem(refused):
            raise
        return start.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*"))
    if size > limits.picture:
        raise BadInput("fingerprint.too_large", megabytes=size >> 20, limit=limits.picture >> 20)
    return True


def _by_words(source: BinaryIO, start: bytes, name: str, size: int, limits: ImportLimits) -> _Opened:
    """Texts of all kinds: JSON downloads, mails, chats, pages, and plain words."""
    if mail.looks_like_mail(start[:65_536], name):
        return _Opened("mail" if size <= limits.text else "file", source, name, limits, large=size > limits.text)
    if not is_text(start[:65_536]):
        return _Opened("file", source, name, limits)
    if size > limits.text:
        return _Opened("text", source, name, limits)
    source.seek(0)
    data = source.read()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} and (found := _of_json(data, name)):
        kind, document = found
        return _Opened(kind, source, name, limits, document=document, data=data)
    text, _ = decoded(data)
    if whatsapp.looks_like_whatsapp(text, name):
        return _Opened("whatsapp", source, name, limits, data=data)
    head = text[:2000].lstrip("\ufeff \t\r\n").casefold()
    page = head.startswith(("<!doctype html", "<html")) or (
        "<html" in head and name.casefold().endswith((".html", ".htm"))
    )
    return _Opened("html" if page else "text", source, name, limits, data=data)


def _of_json(data: bytes, path: str) -> tuple[str, Any] | None:
    try:
        document = read_json(data)
    except BadInput:
        return None
    if telegram.looks_like_telegram(document):
        return "telegram", document
    if meta.looks_like_meta(document):
        return meta.which_app(document, path), document
    return None


def _of_tar(source: BinaryIO, name: str, limits: ImportLimits, start: bytes) -> _Opened:
    names = tars.tar_names(source, limits)
    if names is None:
        packed = tars.is_packed(start)
        return _Opened("archive" if packed else "file", source, name, limits)
    return _Opened("archive", source, name, limits, document=names)


def _of_zip(source: BinaryIO, name: str, limits: ImportLimits) -> _Opened:
    zipped = Zip(source, limits)
    opened = _Opened("archive", source, name, limits, zipped)
    if archives.looks_like_wacz(zipped):
        opened.kind = "wacz"
        return opened
    told = [tell(zipped, name, limits) for tell in (_meta_threads, _telegram_export, _whatsapp_export)]
    found = [(kind, chosen) for kind, chosen in told if chosen]
    if found:
        opened.kind, opened.chosen = found[0]
        opened.others = sum(len(chosen) for _, chosen in found[1:])
    if opened.kind == "whatsapp":  # each has its own order of day and month to be asked about, so each is read alone
        opened.others, opened.chosen = len(opened.chosen) - 1, opened.chosen[:1]
    return opened


def _meta_threads(zipped: Zip, _name: str, limits: ImportLimits) -> tuple[str, tuple[Member, ...]]:
    found = [m for m in zipped.members if _last(m.name).startswith("message_") and m.name.endswith(".json")]
    for member in found[:_TRIED]:
        told = _json_member(zipped, member, limits)
        if told is not None and meta.looks_like_meta(told):
            return meta.which_app(told, member.name), tuple(sorted(found, key=_thread))
    return _locked_threads(zipped, limits)


def _locked_threads(zipped: Zip, limits: ImportLimits) -> tuple[str, tuple[Member, ...]]:
    """Messenger's download of end-to-end encrypted chats: a file a thread, under any name, in one folder."""
    named = [m for m in zipped.members if m.name.endswith(".json") and not _last(m.name).startswith("message_")]
    for member in named[:_TRIED]:
        told = _json_member(zipped, member, limits)
        if told is not None and meta.looks_locked(told):
            folder = member.name.rpartition("/")[0]
            return "facebook", tuple(m for m in named if m.name.rpartition("/")[0] == folder)
    return "", ()


def _thread(member: Member) -> tuple[str, int]:
    """By folder, then the oldest part first: message_1 is the newest."""
    folder, _, last = member.name.rpartition("/")
    number = last.removeprefix("message_").removesuffix(".json")
    return folder, -int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 0


def _telegram_export(zipped: Zip, _name: str, limits: ImportLimits) -> tuple[str, tuple[Member, ...]]:
    found = [member for member in zipped.members if _last(member.name) == "result.json"]
    told = ((member, _json_member(zipped, member, limits)) for member in found[:_TRIED])
    exports = [member for member, document in told if document is not None and telegram.looks_like_telegram(document)]
    return "telegram" if exports else "", tuple(exports)


def _whatsapp_export(zipped: Zip, name: str, limits: ImportLimits) -> tuple[str, tuple[Member, ...]]:
    texts = [m for m in zipped.members if m.name.casefold().endswith(".txt") and m.readable and m.length <= limits.text]
    found: list[Member] = []
    for member in texts[:_TRIED]:
        if member.name in zipped.doubled:
            continue
        try:
            text, _ = decoded(zipped.read(member, limits.text))
        except BadInput:
            continue
        # The archive's own name speaks for the first text only: a note beside a chat is no chat.
        if whatsapp.looks_like_whatsapp(text, _last(member.name) + ("" if found else name)):
            found.append(member)
    return "whatsapp" if found else "", tuple(found)


def _json_member(zipped: Zip, member: Member, limits: ImportLimits) -> Any:
    if member.name in zipped.doubled:
        return None
    try:
        return read_json(zipped.read(member, limits.text))
    except BadInput:
        return None


def _last(name: str) -> str:
    return name.rpartition("/")[2]


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(
    opened: _Opened,
    asked: Asked,
    findings: Findings,
    workdir: Path,
    key_records: KeyRecords | None,
    handing: Handing,
) -> str:
    """Read by kind; gives the media type. What only a hostile file does to a reader ends as a problem, not a crash."""
    size = opened.source.seek(0, io.SEEK_END)
    if size > opened.limits.bytes:
        findings.problem("too_large", megabytes=size >> 20)
        return TYPES.get(opened.kind, "application/octet-stream")
    try:
        media_type = _by_kind(opened, asked, findings, workdir, key_records, handing)
    except (RecursionError, MemoryError):
        findings.problem("unread")
        media_type = ""
    if handing.wanted and opened.zipped is not None:
        _pictures(opened.zipped, opened.limits, findings, handing)
    return media_type or TYPES.get(opened.kind, "application/octet-stream")


def _by_kind(
    opened: _Opened,
    asked: Asked,
    findings: Findings,
    workdir: Path,
    key_records: KeyRecords | None,
    handing: Handing,
) -> str:
    limits, source = opened.limits, opened.source
    source.seek(0)
    if opened.kind == "image":
        return _image(opened, findings, handing)
    if opened.kind == "video":
        return _film(opened, findings, workdir, handing)
    if opened.kind == "audio":
        return voices.read_voice(source, findings)
    if opened.kind == "pdf":
        with _as_system_file(source, workdir) as file:
            papers.read_pdf(file, limits, findings, handing)
    elif opened.kind == "mail":
        mail.read_mail(source.read(), limits, findings, key_records, handing)
    elif opened.kind == "warc":
        archives.read_warc(source, limits, findings, handing)
    elif opened.kind == "wacz" and opened.zipped is not None:
        archives.read_wacz(opened.zipped, limits, findings, handing)
    elif opened.kind in {"whatsapp", "telegram", "instagram", "facebook"}:
        return _chat(opened, asked, findings)
    elif opened.kind == "archive":
        return _archive(opened, findings)
    elif opened.kind in {"html", "text"}:
        _words(opened, findings, handing)
    elif opened.large:
        findings.problem("too_large", megabytes=limits.text >> 20)
    elif source.read(8).startswith(_OUTLOOK) and opened.name.casefold().endswith((".msg", ".pst", ".ost")):
        findings.problem("ask_eml")
    return ""


def _image(opened: _Opened, findings: Findings, handing: Handing) -> str:
    data = opened.source.read(opened.limits.picture)
    try:
        media_type = pictures.read_picture(data, opened.name, findings)
    except BadInput as refused:
        if pictures.picture_problem(refused):
            raise
        findings.problem("picture_unread")
        return ""
    handing.give(Where.FILE, opened.name, data)
    return media_type


def _film(opened: _Opened, findings: Findings, workdir: Path, handing: Handing) -> str:
    if opened.source.seek(0, io.SEEK_END) > opened.limits.film:
        findings.problem("film_large", megabytes=opened.limits.film >> 20)
        return ""
    with _as_system_file(opened.source, workdir) as file:
        for name, milliseconds, picture in films.read_film(file, opened.limits, findings):
            handing.give(Where.FRAME, name, picture, milliseconds)
    return ""


class _as_system_file:  # noqa: N801  a context manager reads like a function
    """The same bytes as an open file of the system, which another process can read."""

    def __init__(self, source: BinaryIO, workdir: Path) -> None:
        self._source, self._workdir = source, workdir
        self._made: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        try:
            self._source.fileno()
        except (OSError, AttributeError):
            path = self._workdir / "import"
            with path.open("wb") as target:
                self._source.seek(0)
                shutil.copyfileobj(self._source, target)
            self._made = path.open("rb")
            path.unlink()
        return self._made or self._source

    def __exit__(self, *_error: object) -> None:
        if self._made is not None:
            self._made.close()


def _chat(opened: _Opened, asked: Asked, findings: Findings) -> str:
    zipped, limits = opened.zipped, opened.limits
    if zipped is None:
        if opened.kind == "whatsapp":
            text, alphabet = decoded(opened.data)
            whatsapp.read_whatsapp(text, asked, limits, findings)
            findings.facts["alphabet"] = alphabet
            return "text/plain"
        _documents(opened.kind, [opened.document], limits, findings)
        return "application/json"
    _list_members(zipped, findings, listed=False)
    if opened.others:
        findings.problem("chats_more", n=opened.others)
    names = {_last(member.name) for member in zipped.members}
    if opened.kind == "whatsapp":
        findings.words = zipped.read(opened.chosen[0], limits.text)
        text, alphabet = decoded(findings.words)
        whatsapp.read_whatsapp(text, asked, limits, findings, has=lambda name: _last(name) in names)
        findings.facts["alphabet"] = alphabet
    else:
        _documents(opened.kind, _loaded(zipped, opened.chosen, limits, findings), limits, findings)
    return "application/zip"


def _loaded(zipped: Zip, chosen: tuple[Member, ...], limits: ImportLimits, findings: Findings) -> Iterator[Any]:
    for member in chosen:
        document = _json_member(zipped, member, limits)
        if document is None:
            findings.problem("part_unread")
        else:
            yield document


def _documents(kind: str, documents: Any, limits: ImportLimits, findings: Findings) -> None:
    for document in documents:
        if kind == "telegram":
            telegram.read_telegram(document, limits, findings)
        elif meta.looks_like_meta(document):
            meta.read_meta(document, limits, findings)
        else:
            findings.problem("part_unread")
    if kind != "telegram":
        findings.facts["app"] = kind.capitalize()
    if unread := sum(item.kind is ItemKind.MESSAGE and not item.time and not item.readings for item in findings.items):
        findings.problem("times_unread", n=unread)


def _archive(opened: _Opened, findings: Findings) -> str:
    if opened.zipped is not None:
        _list_members(opened.zipped, findings, listed=True)
        _chats_unread(opened.zipped, findings)
        return "application/zip"
    if opened.document is None:
        findings.problem("not_opened")
        return ""
    names = opened.document
    findings.items += [Item(ItemKind.MEMBER, text=name, extra={"bytes": size}) for name, size in names.files]
    findings.facts["members"] = len(names.files)
    if names.cut:
        findings.problem("archive_cut")
    return "application/x-tar"


def _chats_unread(zipped: Zip, findings: Findings) -> None:
    """A chat by its name that was not read as one is said, not passed over."""
    names = [member.name for member in zipped.members]
    if any(_last(one).startswith(("messages", "message_")) and one.endswith(".html") for one in names):
        findings.problem("ask_json")
    if any(one.casefold().endswith(".txt") and whatsapp.named_as_chat(_last(one)) for one in names):
        findings.problem("chat_unread")


def _list_members(zipped: Zip, findings: Findings, *, listed: bool) -> None:
    encrypted = sum(member.encrypted for member in zipped.members)
    strange = sum(not member.readable for member in zipped.members) - encrypted
    nested = sum(member.name.casefold().endswith((".zip", ".7z", ".rar", ".gz", ".tar")) for member in zipped.members)
    for name, count in (("encrypted", encrypted), ("packed_strangely", strange), ("nested", nested)):
        if count:
            findings.problem(name, n=count)
    if zipped.doubled:
        findings.problem("doubled", n=len(zipped.doubled))
    findings.facts["members"] = len(zipped.members)
    if listed:
        findings.items += [
            Item(ItemKind.MEMBER, text=one.name, line=n, extra={"bytes": one.length, "encrypted": one.encrypted})
            for n, one in enumerate(zipped.members[:10_000], 1)
        ]


def _pictures(zipped: Zip, limits: ImportLimits, findings: Findings, handing: Handing) -> None:
    """Hand on the pictures of an archive; a film or a document in it is told by its name alone."""
    for member in zipped.members:
        if not member.name.casefold().endswith(_IMAGE_NAMES) or not member.readable:
            handing.passes_by(member.name)
        elif handing.full or member.length > limits.compared_bytes:
            handing.left()
        else:
            try:
                handing.give(Where.MEMBER, member.name, zipped.read(member, limits.compared_bytes))
            except BadInput:
                findings.problem("part_unread")


def _words(opened: _Opened, findings: Findings, handing: Handing) -> None:
    if not opened.data:
        findings.problem("too_large", megabytes=opened.limits.text >> 20)
        return
    text, alphabet = decoded(opened.data)
    findings.facts["alphabet"] = alphabet
    if opened.kind == "html":
        named = list(images_of("html", opened.data)) if handing.wanted else []
        for address, image in named:
            handing.give(Where.ADDRESS, address, image)
        handing.give_inline(text, besides={image for _, image in named})
        title, text, count = html_words(text[:_HTML])
        findings.facts |= {"title": title[:500], "pictures": count}
        if "/messages/inbox/" in opened.name or "_a6-g" in decoded(opened.data[:200_000])[0]:
            findings.problem("ask_json")
    elif whatsapp.named_as_chat(opened.name):
        findings.problem("chat_unread")
    findings.facts["lines"] = text.count("\n") + 1
    if text.strip():
        findings.items.append(Item(ItemKind.TEXT, text=text[: opened.limits.message * 4], line=1))
    if len(text) > opened.limits.message * 4:
        findings.problem("view_cut")
