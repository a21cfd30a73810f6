"""Capturing a page: visited once, sealed as exhibits, searched for copies of the person's photos."""

from dataclasses import dataclass
from typing import Any, Literal

from sitr.cases.access import Keeper
from sitr.cases.exhibits import ExhibitView, place_of, summary, view, write
from sitr.cases.fresh_files import fresh_files
from sitr.cases.jars import cookies_of
from sitr.cases.openings import pictures_allowed
from sitr.cases.photos import fingerprints, require_adult
from sitr.cases.previews import dots_of
from sitr.cases.services import Services
from sitr.cases.sightings import propose
from sitr.cases.work import OpenCase, act, look, seconds
from sitr.cases.workrooms import workroom
from sitr.errors import BadInput
from sitr.evidence import Capture, CapturedFile, CaptureOptions, FileKind, PageImage, Viewport
from sitr.finding import Found, Search, find_copies, mark_inside
from sitr.journal import Kind
from sitr.vault import StoredBlob

Child = Literal["no", "yes", "unsure"]
_SUFFIX = {"wacz": ".wacz", "screenshot": ".png", "pdf": ".pdf", "html": ".html", "text": ".txt", "record": ".json"}


@dataclass(frozen=True)
class FoundView:
    """A copy on the page: the image's exact address, whose copy it is, how surely, and the proposal it became.

    `inside`: which of the page's own pictures it is, where it has no address; `image_url` is then the page's.
    `same_scene`: no sure copy, but the photo's scene.
    """

    image_url: str
    photo: str
    score: float
    sighting: str | None
    inside: str = ""
    same_scene: bool = False


@dataclass(frozen=True)
class Note:
    """Something about the capture that is to be said: `say(code, lang, **data)`."""

    code: str
    data: dict[str, Any]


@dataclass(frozen=True)
class CaptureView:
    """What a capture kept: `kept` of `expected` resources, what is missing and why, and the copies found.

    `confinement`: how the browser was shut in (`full`, `partial`, `none`; see `sitr doctor`). `session`: the cookies
    of the person that came along, as (host, name). `proxied`: by way of the operator's proxy.
    """

    exhibits: tuple[ExhibitView, ...]
    kept: int
    expected: int
    missing: tuple[dict[str, str], ...]
    found: tuple[FoundView, ...]
    partial: bool
    pictures: bool
    notes: tuple[Note, ...]
    confinement: str
    session: tuple[tuple[str, str], ...] = ()
    proxied: bool = False


@dataclass(frozen=True)
class Wish:
    """How a page is to be captured. `locale` is the language that the browser names (None: Arabic); `session`: with the
    cookies of the case."""

    viewport: Literal["desktop", "phone"] = "desktop"
    locale: str | None = None
    scroll: bool = True
    expand: bool = False
    session: bool = False


def capture_page(keeper: Keeper, case_id: str, url: str, *, child: Child, wish: Wish | None = None) -> CaptureView:
    """Visit `url`, seal what it shows, and look for the person's photos on it.

    `child`: could a child be on this page? Only a clear "no", in the case of an adult, lets pictures be taken in; else
    address, time, headers and text are kept. Raises BadInput for no address or no language, NotFound for a session that
    the case does not hold, OutsideSilent when nothing came.
    """
    if child not in {"no", "yes", "unsure"}:
        raise BadInput("cases.child_answer")
    case = look(keeper, case_id)
    pictures = child == "no" and pictures_allowed(case)
    services = keeper.services
    options = _options(case, services, wish or Wish(), pictures=pictures)
    with workroom(services) as work:
        taken = services.capture(url, work, options, services.now())
        photos = fingerprints(case) if taken.pictures else {}
        search = find_copies(map(_named, taken.images()), photos)
        with fresh_files(services) as fresh:
            files = _seal_files(services, case, taken, fresh)
            views, ids = _write(keeper, case, taken, search, files, child, sorted(photos))
    return _view(taken, search, views, ids)


def _options(case: OpenCase, services: Services, wish: Wish, *, pictures: bool) -> CaptureOptions:
    return CaptureOptions(
        pictures=pictures, accept_unconfined=services.accept_unconfined, viewport=Viewport(wish.viewport),
        locale=wish.locale or "ar", scroll=wish.scroll, expand=wish.expand,
        cookies=cookies_of(case) if wish.session else (),
    )  # fmt: skip


def _named(image: PageImage) -> tuple[str, bytes]:
    """An image by its exact address; by what it is where it has none of its own."""
    data, kind = image.path.read_bytes(), image.url.partition(":")[0]
    return (image.url if kind in {"http", "https"} else mark_inside(kind, data)), data


@dataclass(frozen=True)
class _Sealed:
    """One file of a capture, sealed, with the id of the row that will list it."""

    row_id: str
    file: CapturedFile
    name: str
    blob: StoredBlob
    dots: bytes


def _seal_files(services: Services, case: OpenCase, taken: Capture, fresh: list[StoredBlob]) -> list[_Sealed]:
    sealed = []
    for file in taken.files:
        row_id = services.new_id()
        with file.path.open("rb") as source:
            blob = services.blobs.put(source, place_of(case.row.id, row_id), case.row.public)
        fresh.append(blob)
        dots = dots_of(file.path.read_bytes(), file.mime) if file.kind is FileKind.SCREENSHOT else b""
        sealed.append(_Sealed(row_id, file, f"page-{file.kind.value}{_SUFFIX[file.kind.value]}", blob, dots))
    return sealed


def _write(
    keeper: Keeper,
    case: OpenCase,
    taken: Capture,
    search: Search,
    files: list[_Sealed],
    child: str,
    photos: list[str],
) -> tuple[list[ExhibitView], dict[str, str]]:
    """The rows and entries of one capture, all in one transaction."""
    views = []
    together = keeper.services.new_id()
    with act(keeper, case.row.id, Kind.EXHIBIT, "capture") as doing:
        doing.require_epoch(case.row.epoch)
        if taken.pictures:
            require_adult(doing)  # a visit takes minutes: the answer may be another one by now
        told = []
        for one in files:
            body = write(
                doing, one.row_id, one.blob, dots=one.dots, kind=one.file.kind.value, name=one.name,
                media_type=one.file.mime, source=taken.final_url,
                partial=taken.partial, kept=taken.completeness.kept, expected=taken.completeness.expected,
                missing=[f"{gap.url} ({gap.why})" for gap in taken.completeness.missing],
                captured_at=seconds(taken.started), capture=together, device=taken.tools.device,
                session=bool(taken.session.cookies), photos=photos,
                method=f"{taken.tools.browser}; {taken.confinement.kind.value}",
            )  # fmt: skip
            views.append(view(one.row_id, body))
            told.append(summary(one.row_id, body))
        ids = propose(doing, taken.final_url, search) if search.found else {}
        doing.details = {
            "url": taken.url, "final_url": taken.final_url, "child": child, "pictures": taken.pictures,
            "exhibits": told,
            "kept": taken.completeness.kept, "expected": taken.completeness.expected, "partial": taken.partial,
            "confinement": taken.confinement.kind.value, "device": taken.tools.device,
            "session": [list(one) for one in taken.session.cookies], "proxied": taken.proxied,
            "found": [find.image_url for find in search if not find.same_scene],
            "scenes": [find.image_url for find in search if find.same_scene],
        }  # fmt: skip
    return views, ids


def _view(taken: Capture, search: Search, views: list[ExhibitView], ids: dict[str, str]) -> CaptureView:
    return CaptureView(
        exhibits=tuple(views), kept=taken.completeness.kept, expected=taken.completeness.expected,
        missing=tuple({"url": one.url, "why": one.why} for one in taken.completeness.missing),
        found=tuple(_found(taken.final_url, find, ids) for find in search),
        partial=taken.partial, pictures=taken.pictures,
        notes=tuple(Note(problem.code, dict(problem.data)) for problem in taken.problems),
        confinement=taken.confinement.kind.value, session=taken.session.cookies, proxied=taken.proxied,
    )  # fmt: skip


def _found(page: str, find: Found, ids: dict[str, str]) -> FoundView:
    place = ids.get(find.image_url)
    if find.image_url.startswith(("http://", "https://")):
        return FoundView(find.image_url, find.photo, find.score, place, same_scene=find.same_scene)
    return FoundView(page, find.photo, find.score, place, inside=find.image_url, same_scene=find.same_scene)
