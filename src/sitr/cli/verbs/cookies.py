"""`sitr cookies`: the session of the person's own account, for pages behind a login. Values are read, never shown."""

from collections.abc import Iterator

from sitr.cases import jars
from sitr.cases.jars import JarView
from sitr.cli.call import Call
from sitr.cli.files import existing
from sitr.cli.verbs.unlocking import keeper


def add(call: Call) -> int:
    """Keep the session in a file: a `cookies.txt`, or a `Cookie:` header with `--host`."""
    file = existing(call.given.one("FILE"))
    text = file.read_bytes().decode("utf-8", errors="replace")
    view = jars.fill(keeper(call), call.given.one("CASE"), text, host=call.given.option("--host") or "")
    call.answer(_document(view), [call.say("cookies_kept", n=len(view.cookies), hosts=", ".join(view.hosts))])
    return 0


def show(call: Call) -> int:
    """Which cookies there are, by name."""
    view = jars.show(keeper(call), call.given.one("CASE"))
    call.answer(_document(view), _lines(call, view))
    return 0


def forget(call: Call) -> int:
    """Destroy the values."""
    view = jars.forget(keeper(call), call.given.one("CASE"))
    call.answer(_document(view), [call.say("cookies_forgotten")])
    return 0


def _document(view: JarView) -> dict[str, object]:
    cookies = [{"host": host, "name": name} for host, name in view.cookies]
    return {"cookies": cookies, "since": view.since, "usable": view.usable}


def _lines(call: Call, view: JarView) -> Iterator[str]:
    if not view.cookies:
        yield call.say("cookies_none")
    elif not view.usable:
        yield call.say("cookies_names_only")
    for host, name in view.cookies:
        yield call.say("cookies_line", name=name, host=host)
