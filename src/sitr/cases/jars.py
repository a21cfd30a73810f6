"""The cookie jar of a case: the person's own session, so that a page behind a login is captured as they see it.

Names and hosts are words of the case like any other. The values open an account: they stand in one sealed cell of this
machine's database and nowhere else. No export, dossier, portable case, entry, log or exhibit holds them; they are not
shown again to anybody, and `forget` destroys them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sitr.cases.access import Keeper
from sitr.cases.models import Jar
from sitr.cases.views import read_time
from sitr.cases.work import OpenCase, act, look, seconds
from sitr.errors import NotFound
from sitr.evidence import Cookie, read_cookies
from sitr.evidence.cookies import from_json
from sitr.journal import Kind
from sitr.vault import Place, open_sealed, seal

_FAR = 4_102_444_800  # the year 2100, in seconds


@dataclass(frozen=True)
class JarView:
    """What is known of a jar without its values: `cookies` are (host, name). `usable`: the values are here (a case that
    was taken in from another Sitr has the names only). `ends`: when the last of them ends by its own word; None where
    none says so."""

    cookies: tuple[tuple[str, str], ...]
    since: datetime | None
    usable: bool
    ends: datetime | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The sites that the session belongs to."""
        return tuple(dict.fromkeys(host for host, _ in self.cookies))


def show(keeper: Keeper, case_id: str) -> JarView:
    """The jar of a case; empty when none was given."""
    found = look(keeper, case_id).rows(Jar)
    if not found:
        return JarView((), None, usable=False)
    row, body = found[0]
    named, ends = tuple((h, n) for h, n in body["cookies"]), read_time(body.get("ends"))
    return JarView(named, read_time(body["since"]), usable=bool(row.secret), ends=ends)


def fill(keeper: Keeper, case_id: str, text: str, *, host: str = "") -> JarView:
    """Keep the session in `text` (a `cookies.txt`, or a pasted `Cookie:` header of `host`) in place of an earlier one.

    Raises BadInput as `read_cookies` does; then nothing was changed.
    """
    look(keeper, case_id)
    cookies = read_cookies(text, host)
    with act(keeper, case_id, Kind.CASE, "fill_jar") as doing:
        names = list(dict.fromkeys((cookie.host, cookie.name) for cookie in cookies))
        body = {"cookies": [list(one) for one in names], "since": seconds(doing.now), "ends": _last_end(cookies)}
        doing.details = {"cookies": body["cookies"]}
        kept = doing.rows(Jar)
        row_id = kept[0][0].id if kept else doing.new_id()
        values = json.dumps([cookie.as_json() for cookie in cookies]).encode()
        secret = seal(values, _place(case_id, row_id), doing.row.public)
        if kept:
            doing.change(kept[0][0], body, secret=secret)
        else:
            doing.add(Jar, body, row_id=row_id, secret=secret)
    return show(keeper, case_id)


def forget(keeper: Keeper, case_id: str) -> JarView:
    """Destroy the values; which names there were stays in the journal. Raises NotFound when there is no jar."""
    with act(keeper, case_id, Kind.CASE, "forget_jar") as doing:
        kept = doing.rows(Jar)
        if not kept:
            raise NotFound("cases.no_jar")
        doing.change(kept[0][0], {"cookies": [], "since": None, "ends": None}, secret=b"")
    return show(keeper, case_id)


def _last_end(cookies: tuple[Cookie, ...]) -> str | None:
    """When the last cookie that names an end does end; one of a far year says nothing more than that."""
    ends = max((cookie.expires for cookie in cookies if cookie.expires), default=None)
    return seconds(datetime.fromtimestamp(min(ends, _FAR), UTC)) if ends else None


def cookies_of(case: OpenCase) -> tuple[Cookie, ...]:
    """The session itself, for one capture. Raises NotFound when there is none, Damaged for an altered cell."""
    row = next((one for one, _ in case.rows(Jar) if one.secret), None)
    if row is None:
        raise NotFound("cases.no_jar")
    plain = open_sealed(bytes(row.secret), _place(case.row.id, row.id), case.keys.of(row.epoch))
    return tuple(from_json(one) for one in json.loads(plain))


def _place(case_id: str, row_id: str) -> Place:
    return Place(case_id, "jar", row_id, "secret")
