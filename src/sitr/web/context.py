"""What every template knows: language, direction, whether it is unlocked, and where the language switch returns to."""

from typing import Any, cast

from django.http import HttpRequest

from sitr.web.requests import Request


def page(plain: HttpRequest) -> dict[str, Any]:
    """The page's own values; robust on error pages, where the session may not have been reached."""
    request = cast("Request", plain)
    lang = getattr(request, "lang", "ar")
    return {
        "lang": lang,
        "dir": "rtl" if lang == "ar" else "ltr",
        "other_lang": "en" if lang == "ar" else "ar",
        "unlocked": getattr(request, "keeper", None) is not None,
        "gate_open": hasattr(request, "visit"),
        "by_receipt": hasattr(request, "visit") and request.visit.session.receipt,
        "here": request.path if request.method in {"GET", "HEAD"} or _stays(request) else "/",
    }


def _stays(request: Request) -> bool:
    match = request.resolver_match
    return match is not None and getattr(match.func, "keeps_form", False)
