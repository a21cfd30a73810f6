"""The cookies: their names and how they are set. Names say nothing, since a browser's list of cookies shows them."""

from django.http import HttpResponse

from sitr.web.sessions import Visit
from sitr.words import Lang

SESSION, LANGUAGE = "s", "lang"


def set_session(response: HttpResponse, visit: Visit, *, secure: bool = False) -> None:
    """The session's cookie: gone with the browser window, out of reach for scripts and for other sites. `secure`: it
    never goes out without TLS; on this machine there is none."""
    response.set_cookie(SESSION, visit.cookie, httponly=True, samesite="Strict", path="/", secure=secure)


def set_language(response: HttpResponse, lang: Lang) -> None:
    """The language, for this browser session."""
    response.set_cookie(LANGUAGE, lang, httponly=True, samesite="Strict", path="/")


def forget(response: HttpResponse) -> None:
    """Take all of them back."""
    for name in (SESSION, LANGUAGE, "csrftoken"):
        response.delete_cookie(name, path="/", samesite="Strict")
