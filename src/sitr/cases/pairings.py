"""Browsers that may add to a case: a one-time code is shown, a browser exchanges it for a key that can only add.

What belongs here: codes, keys, their end. What a paired browser adds is in `arrivals`. Neither code nor key is stored.
Why it is built like this is told in docs/decisions/0014-extension.md.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from sitr.cases.access import Keeper, find_case
from sitr.cases.models import Pairing, PairingState
from sitr.cases.openings import pictures_allowed
from sitr.cases.services import Services, whole_hour
from sitr.cases.work import Writer, act, add, bookkeeping, look, seconds
from sitr.errors import AnswerIsNo, BadInput, Locked, NotFound
from sitr.journal import Kind
from sitr.vault import CODE_PARAMS
from sitr.vault.locks import stretch, western_digits

CODE_DIGITS = 12
# Which code is meant, stored as it is; the other half is the secret. Whoever does not know the first six digits uses up
# nobody's tries: at a desk anybody may send codes while one is shown.
_PLACE_DIGITS = 6
CODE_LIVES = timedelta(minutes=5)
PAIRING_LIVES = timedelta(days=30)
TRIES = 5
BROWSERS = frozenset({"chromium", "firefox"})

_KEY = 32
_SALT = 16


@dataclass(frozen=True)
class Offer:
    """A code to be typed in the browser, once. `code` is shown and nowhere kept."""

    id: str
    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True)
class Paired:
    """What the browser gets: its key, and until when it holds."""

    key: str = field(repr=False)
    until: datetime


@dataclass(frozen=True)
class PairingView:
    """One browser as it is listed. `used_hour`: the last hour in which it added something."""

    id: str
    state: str
    browser: str
    until: datetime
    used_hour: datetime | None


@dataclass(frozen=True)
class Guest:
    """A browser that showed a key: which pairing, which case."""

    pairing: str
    case: str


def offer(keeper: Keeper, case_id: str) -> Offer:
    """Show a new code for this case; an older code of the case that nobody used is over."""
    services = keeper.services
    code = _new_code(services)
    salt = services.random_bytes(_SALT)
    digest = _stretched(code, salt)
    with act(keeper, case_id, Kind.HOLDER, "offer_pairing") as doing:
        for row, body in doing.rows(Pairing, state=PairingState.OFFERED):
            doing.change(row, body, state=PairingState.ENDED, digest="", salt="", place="")
        until = doing.now + CODE_LIVES
        row = doing.add(
            Pairing, {"browser": "", "origin": "", "offered_at": seconds(doing.now)},
            state=PairingState.OFFERED, until=until, digest=digest, salt=salt.hex(), place=code[:_PLACE_DIGITS],
        )  # fmt: skip
        doing.details = {"pairing": row.id}
    return Offer(row.id, " ".join(code[i : i + 4] for i in range(0, CODE_DIGITS, 4)), until)


def _new_code(services: Services) -> str:
    while True:
        number = int.from_bytes(services.random_bytes(5), "big")
        if number < 10**CODE_DIGITS * (2**40 // 10**CODE_DIGITS):  # all codes equally likely
            return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _stretched(code: str, salt: bytes) -> str:
    return stretch(code.encode(), CODE_PARAMS, salt).hex()


def exchange(services: Services, typed: str, origin: str, browser: str) -> Paired:
    """A key for the browser at `origin`, against the code as typed (any digits, spaces and dashes between them).

    Raises BadInput for what is no code; Locked when no code is waiting or the code was tried too often; AnswerIsNo for
    a wrong one. The code is over after its first right use and after five wrong ones that begin as it does; any other
    wrong one is compared with nothing and costs nothing.
    """
    code = "".join(c for c in western_digits(typed) if c.isascii() and c.isdigit())
    if len(code) != CODE_DIGITS or len(typed) > 8 * CODE_DIGITS or browser not in BROWSERS:
        raise BadInput("cases.pair_no_code", digits=CODE_DIGITS)
    found = next((row for row in _tried(services, code[:_PLACE_DIGITS]) if _is(row, code)), None)
    if found is None:
        raise AnswerIsNo("cases.pair_wrong_code", n=TRIES) if _waiting(services) else Locked("cases.pair_spent")
    return _pair(services, found, origin, browser)


def _waiting(services: Services) -> QuerySet[Pairing]:
    return Pairing.objects.filter(state=PairingState.OFFERED, until__gt=services.now(), tries__lt=TRIES)


def _tried(services: Services, place: str) -> list[Pairing]:
    """The codes that wait and begin so (one, as a rule), each with one try used up: counted before it is compared, so
    that no race gives a sixth."""
    tried = []
    for row in _waiting(services).filter(place=place):
        with bookkeeping():
            taken = Pairing.objects.filter(pk=row.pk, state=PairingState.OFFERED, tries__lt=TRIES)
            if taken.update(tries=F("tries") + 1):
                tried.append(row)
    return tried


def _is(row: Pairing, code: str) -> bool:
    return hmac.compare_digest(row.digest, _stretched(code, bytes.fromhex(row.salt)))


def _pair(services: Services, offered: Pairing, origin: str, browser: str) -> Paired:
    key = base64.urlsafe_b64encode(services.random_bytes(_KEY)).decode().rstrip("=")
    with add(writer(services, offered.id), offered.case_id, Kind.HOLDER, "pair_browser") as doing:
        row = Pairing.objects.filter(pk=offered.pk, state=PairingState.OFFERED, digest=offered.digest).first()
        if row is None:
            raise Locked("cases.pair_spent")
        until = whole_hour(doing.now + PAIRING_LIVES)
        body = {"browser": browser, "origin": origin, "paired_at": seconds(doing.now)}
        doing.change(
            row, body, state=PairingState.PAIRED, until=until, digest=key_digest(key, origin), salt="", place="",
            tries=0, origin_mark=_mark(origin),
        )  # fmt: skip
        doing.details = {"pairing": row.id, "browser": browser, "origin": origin}
    return Paired(key, until)


def writer(services: Services, pairing_id: str) -> Writer:
    """The name under which a paired browser stands in the journal."""
    return Writer(f"browser {pairing_id}", services)


def key_digest(key: str, origin: str) -> str:
    """What is stored of a key, good from its own origin only. It has 256 bits: stretching would add nothing."""
    return hashlib.sha256(b"sitr-pairing-v1\x00" + origin.encode() + b"\x00" + key.encode()).hexdigest()


def _mark(origin: str) -> str:
    return hashlib.sha256(b"sitr-origin-v1\x00" + origin.encode()).hexdigest()


def expects(services: Services, origin: str) -> bool:
    """Whether this origin may read an answer of ours: a code waits to be typed, or the origin was paired at some time.

    Any other extension in the browser is told nothing, not even that Sitr runs here.
    """
    return _waiting(services).exists() or Pairing.objects.filter(origin_mark=_mark(origin)).exists()


def guest(services: Services, key: str, origin: str) -> Guest:
    """Who shows this key. Raises Locked `cases.pair_ended` for an unknown, ended or expired one."""
    row = Pairing.objects.filter(state=PairingState.PAIRED, digest=key_digest(key, origin)).first()
    if row is None or not _holds(row, services.now()):
        raise Locked("cases.pair_ended")
    return Guest(row.id, row.case_id)


def _holds(row: Pairing, now: datetime) -> bool:
    """A new epoch ends what was paired before it: whoever was removed may have paired that browser."""
    try:
        case = find_case(row.case_id)
    except NotFound:
        return False
    return row.state == PairingState.PAIRED and bool(row.digest) and row.until > now and row.epoch == case.epoch


def list_pairings(keeper: Keeper, case_id: str) -> list[PairingView]:
    """All browsers that are or were paired with this case, the newest first; codes that nobody used are left out."""
    case, now = look(keeper, case_id), keeper.services.now()
    rows = [(row, body) for row, body in case.rows(Pairing) if body["browser"]]
    return [_view(row, body, now) for row, body in reversed(rows)]


def _view(row: Pairing, body: dict[str, Any], now: datetime) -> PairingView:
    state = PairingState.PAIRED if _holds(row, now) else PairingState.ENDED
    return PairingView(row.id, state, body["browser"], row.until, row.used_hour)


def end(keeper: Keeper, case_id: str, pairing_id: str) -> None:
    """Take a browser's key from it. Raises NotFound. What it added before stays as it is."""
    with act(keeper, case_id, Kind.HOLDER, "end_pairing") as doing:
        row, body = doing.one(Pairing, pairing_id)
        doing.change(row, body, state=PairingState.ENDED, digest="", salt="", place="")
        doing.details = {"pairing": pairing_id}


def door(keeper: Keeper, case_id: str) -> bool | None:
    """Whether pictures may come in while this holder is unlocked; None where no browser is paired, or no such case."""
    # A code that is shown counts: it becomes a paired browser while nobody turns a page.
    if not Pairing.objects.filter(case_id=case_id).exclude(state=PairingState.ENDED).exists():
        return None
    try:
        return pictures_allowed(look(keeper, case_id))
    except NotFound:
        return None


def note_use(services: Services, pairing_id: str) -> None:
    """Remember the hour in which a browser last added something, for the list."""
    with bookkeeping():
        Pairing.objects.filter(pk=pairing_id).update(used_hour=whole_hour(services.now()))
