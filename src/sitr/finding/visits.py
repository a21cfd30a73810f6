"""After a re-visit: is the photo live, gone, moved, behind a login, or is it not known.

Belongs here: the decision, purely from what was answered. Not here: asking (`net`, `evidence`), reopening a sighting
(`cases`). The rules, first that fits; docs/visits.md gives them as a table:

1. A copy seen decides. The image address still shows a copy: live. The page shows one: live, or moved when the page's
   address now leads elsewhere.
2. Silence is never an answer: no reply, 5xx, 408, 425, 429 are unknown.
3. 401, 403, 407, a redirect to a login page, a page whose words ask for a login: login wall.
4. 404 and 410: gone, if the image address, where one is known, says so too; otherwise unknown.
5. Any other page (2xx, redirected or not) that was looked at and shows no copy: gone only if the image address itself
   answers 404 or 410. A page that was not looked at is never gone, unless it says that the content was removed and the
   image address answers 404 or 410.
6. An image address that now shows another picture is not gone but to be looked at: a copy may have been edited.

Saying "gone" wrongly ends a person's fight too early; saying "unknown" costs another visit. So doubt is unknown.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from sitr.finding import markers
from sitr.fingerprint import Reason

_GONE = (404, 410)
_REFUSED = (401, 403, 407)
_BUSY = (408, 425, 429)


class State(StrEnum):
    """What a place of appearance is, as far as a visit tells."""

    LIVE = "live"
    GONE = "gone"
    MOVED = "moved"
    LOGIN_WALL = "login_wall"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What an address answered.

    `url`: the address asked. `status`: the last HTTP status, None for no answer at all. `final_url`: where redirects
    ended ("" if none). `text`: words or HTML of the page. `copy`: True, it shows a copy of the photo; False, looked at
    and there is none; None, not looked at (nothing came, or nobody compared).
    """

    url: str
    status: int | None
    final_url: str = ""
    text: str = field(default="", repr=False)
    copy: bool | None = None


@dataclass(frozen=True)
class Visit:
    """The state after a visit, and the reason as a sentence of the catalogue."""

    state: State
    reason: Reason


def judge_visit(page: Answer, image: Answer | None = None) -> Visit:
    """The state of a sighting from what its page, and its image address where one is known, answered just now."""
    return (
        _copy_seen(page, image)
        or _no_answer(page)
        or _login_wall(page)
        or _page_gone(page, image)
        or _page_opens(page, image)
        or _visit(State.UNKNOWN, "unknown_answer", page)
    )


def _copy_seen(page: Answer, image: Answer | None) -> Visit | None:
    if _opens(page) and page.copy:
        if _leads_elsewhere(page):
            return _visit(State.MOVED, "moved_copy", page)
        return _visit(State.LIVE, "live_elsewhere_on_page" if image and _gone(image) else "live", page)
    if image and _opens(image) and image.copy:
        return _visit(State.LIVE, "live_image_kept" if _gone(page) else "live", page)
    return None


def _no_answer(page: Answer) -> Visit | None:
    if page.status is None:
        return _visit(State.UNKNOWN, "unknown_silent", page)
    if page.status in _BUSY:
        return _visit(State.UNKNOWN, "unknown_busy", page)
    if page.status >= 500:
        return _visit(State.UNKNOWN, "unknown_server", page)
    return None


def _login_wall(page: Answer) -> Visit | None:
    asked = _leads_elsewhere(page) and markers.leads_to_login(page.final_url)
    if page.status in _REFUSED or asked or (_opens(page) and not page.copy and markers.says_login(page.text)):
        return _visit(State.LOGIN_WALL, "login_wall", page)
    return None


def _page_gone(page: Answer, image: Answer | None) -> Visit | None:
    if not _gone(page):
        return None
    if image is None:
        return _visit(State.GONE, "gone_page", page)
    if _gone(image):
        return _visit(State.GONE, "gone_page_and_image", page)
    return _doubtful_image(image)


def _page_opens(page: Answer, image: Answer | None) -> Visit | None:
    if not _opens(page):
        return None
    removed = markers.says_removed(page.text)
    if image is not None and _gone(image) and (page.copy is False or removed):
        return _visit(State.GONE, "gone_image" if page.copy is False else "gone_notice", image)
    if _leads_elsewhere(page):
        return _visit(State.MOVED, "moved", page)
    if image is not None and page.copy is False and not removed:
        return _doubtful_image(image)
    name = "unknown_soft" if removed else "unknown_not_looked" if page.copy is None else "unknown_no_image"
    return _visit(State.UNKNOWN, name, page)


def _doubtful_image(image: Answer) -> Visit:
    changed = _opens(image) and image.copy is False
    return _visit(State.UNKNOWN, "unknown_changed" if changed else "unknown_image", image)


def _gone(answer: Answer) -> bool:
    return answer.status in _GONE


def _opens(answer: Answer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


def _leads_elsewhere(answer: Answer) -> bool:
    """Whether redirects ended at a different page; http to https, www and a final slash do not count."""
    return bool(answer.final_url) and _page_of(answer.final_url) != _page_of(answer.url)


def _page_of(url: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        return f"{host}:{parts.port or ''}", parts.path.rstrip("/"), parts.query
    except ValueError:  # a site may send people to an address that is none
        return "", url, ""


def _visit(state: State, name: str, answer: Answer) -> Visit:
    return Visit(state, Reason(f"finding.visit_{name}", {"status": answer.status or 0}))
