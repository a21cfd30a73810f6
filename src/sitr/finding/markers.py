"""What a page says about itself: words of removal, words of a login, and the images that its HTML names.

Belongs here: reading text and HTML without a browser. These are hints: no words alone ever make a photo "gone", since
services show the same sentence to a visitor who is not logged in.
"""

import hashlib
import re
from urllib.parse import unquote, urljoin, urlsplit

from sitr.net.inline import decode_data_url
from sitr.net.markup import Markup

_REMOVED = (
    "page not found",
    "page isn't available",
    "page is not available",
    "content isn't available",
    "content is not available",
    "content unavailable",
    "has been removed",
    "was removed",
    "been deleted",
    "no longer available",
    "no longer exists",
    "doesn't exist",
    "does not exist",
    "404 not found",
    "الصفحة غير موجودة",
    "غير متاح",
    "غير متوفر",
    "تمت إزالة",
    "تم حذف",
    "أزيل",
    "حُذف",
    "لم يعد موجود",
    "page introuvable",
    "contenu supprimé",
)
_LOGIN = (
    "log in to continue",
    "login to continue",
    "please log in",
    "you must log in",
    "you must be logged in",
    "sign in to continue",
    "please sign in",
    "create an account or log in",
    "log in or sign up",
    "يجب تسجيل الدخول",
    "تسجيل الدخول للمتابعة",
    "سجل الدخول",
    "سجّل الدخول",
    "connectez-vous",
)
_LOGIN_PATH = re.compile(
    r"(?:^|/)(?:log-?in|sign-?in|signup|auth|oauth|sso|checkpoint|accounts?/login|consent)(?:[/.?]|$)"
)
_MOST_HTML = 4 * 2**20
_MOST_ADDRESSES = 2000
_SOURCES = ("src", "data-src", "data-original", "href", "xlink:href")


def says_removed(text: str) -> bool:
    """Whether the page's words are those of a removal or of a page that does not exist."""
    return _has(text, _REMOVED)


def says_login(text: str) -> bool:
    """Whether the page's words ask for a login."""
    return _has(text, _LOGIN)


def leads_to_login(url: str) -> bool:
    """Whether an address is that of a login page, by its path."""
    try:
        return bool(_LOGIN_PATH.search(unquote(urlsplit(url).path).lower()))
    except ValueError:  # "http://[broken": a site may send people to an address that is none
        return False


def _has(text: str, words: tuple[str, ...]) -> bool:
    plain = " ".join(text[:_MOST_HTML].lower().replace("’", "'").split())
    return any(word in plain for word in words)


def image_addresses(html: str, base: str) -> list[str]:
    """The images that HTML names, as absolute addresses, each once, in order.

    img, source, video poster, srcset, data-src (lazy), og:image and twitter:image, links to icons left out, backgrounds
    in style attributes and in style sheets within the page, what `noscript` holds. What scripts add later is seen only
    by a capture. Never raises for broken HTML.
    """
    named = (_absolute(base, address) for address in _named(html))
    return list(dict.fromkeys(address for address in named if address))


def inline_pictures(html: str) -> list[bytes]:
    """The pictures that stand in the HTML itself (`data:` addresses), each once, in order. Never raises."""
    found = (decode_data_url(address) for address in _named(html) if address[:11].lower() == "data:image/")
    return list(dict.fromkeys(data for data in found if data))


def runs_scripts(html: str) -> bool:
    """Whether the page brings scripts, which may show what its HTML does not hold; data and templates are none. Never
    raises."""
    reader = _Scripts()
    reader.feed(html[:_MOST_HTML])
    return reader.found


def mark_inside(kind: str, data: bytes) -> str:
    """The name of a picture that has no address of its own: what it came as (`data`, `blob`, `canvas`) and the first 16
    digits of its SHA-256, the same at each visit. Its place is the page's address."""
    return f"{kind}:{hashlib.sha256(data).hexdigest()[:16]}"


def _named(html: str) -> list[str]:
    reader = _Images()
    reader.feed(html[:_MOST_HTML])
    return reader.found[:_MOST_ADDRESSES]


def _absolute(base: str, address: str) -> str | None:
    try:
        absolute = urljoin(base, address.strip())
        return absolute if urlsplit(absolute).scheme in {"http", "https"} else None
    except ValueError:  # "http://[broken": a page may name anything
        return None


class _Scripts(Markup):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "module").strip().lower()
        self.found |= tag == "script" and (kind == "module" or "javascript" in kind or "ecmascript" in kind)


class _Images(Markup):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._in_sheet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_sheet = tag == "style"
        named = {name: value for name, value in attrs if value}
        if tag in {"img", "source", "image"}:
            self.found += [named[key] for key in _SOURCES if key in named]
            self.found += _of_srcset(named.get("srcset", "")) + _of_srcset(named.get("data-srcset", ""))
        if tag == "video" and "poster" in named:
            self.found.append(named["poster"])
        if tag == "meta" and named.get("property", named.get("name", "")).lower() in {"og:image", "twitter:image"}:
            self.found += [named["content"]] if "content" in named else []
        self.found += _of_css(named.get("style", ""))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self._in_sheet = self._in_sheet and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_sheet:
            self.found += _of_css(data)


def _of_css(style: str) -> list[str]:
    return [found.strip() for found in re.findall(r"url\(\s*['\"]?([^'\")]{1,4000000})", style)]


def _of_srcset(value: str) -> list[str]:
    """The addresses of a srcset: candidates are parted by commas followed by white space."""
    return [part.split()[0] for part in re.split(r",\s+", value) if part.split()]
