"""What a page says about itself: words of removal, words of a login, and the images that its HTML names.

Belongs here: reading text and HTML without a browser. These are hints: no words alone ever make a photo "gone", since
services show the same sentence to a visitor who is not logged in.
"""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

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

    img, source, video poster, srcset, data-src (lazy), og:image and twitter:image, links to icons left out, inline
    style backgrounds. What scripts add later is seen only by a capture. Never raises for broken HTML.
    """
    reader = _Images()
    reader.feed(html[:_MOST_HTML])
    seen: dict[str, None] = {}
    for address in reader.found[:_MOST_ADDRESSES]:
        absolute = _absolute(base, address)
        if absolute:
            seen.setdefault(absolute)
    return list(seen)


def _absolute(base: str, address: str) -> str | None:
    try:
        absolute = urljoin(base, address.strip())
        return absolute if urlsplit(absolute).scheme in {"http", "https"} else None
    except ValueError:  # "http://[broken": a page may name anything
        return None


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value for name, value in attrs if value}
        if tag in {"img", "source", "image"}:
            self.found += [named[key] for key in ("src", "data-src", "data-original", "href") if key in named]
            self.found += _of_srcset(named.get("srcset", "")) + _of_srcset(named.get("data-srcset", ""))
        if tag == "video" and "poster" in named:
            self.found.append(named["poster"])
        if tag == "meta" and named.get("property", named.get("name", "")).lower() in {"og:image", "twitter:image"}:
            self.found += [named["content"]] if "content" in named else []
        self.found += re.findall(r"url\(\s*['\"]?([^'\")]{1,2000})", named.get("style", ""))

    handle_startendtag = handle_starttag


def _of_srcset(value: str) -> list[str]:
    """The addresses of a srcset: candidates are parted by commas followed by white space."""
    return [part.split()[0] for part in re.split(r",\s+", value) if part.split()]
