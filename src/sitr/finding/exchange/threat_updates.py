"""Meta's ThreatExchange (Graph API), through the client of the `threatexchange` library: the tail of threat_updates.

Belongs here: our mapping of its indicators, and what goes back: descriptors and reactions. The library's client asks
by `requests.get` with no time limit and follows redirects and `paging.next` wherever they lead, with the token in
hand; and it puts what is submitted, hash and token, into the address. Here the session is ours, `next` must lead to
the same host, what is submitted goes in the body, and the cursor is kept without the token.

Not known: whether the order of updates within one second is kept between two runs; so a run goes on from that second.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI, is_valid_app_token
from threatexchange.exchanges.impl.fb_threatexchange_api import FBThreatExchangeIndicatorRecord

from sitr.errors import BadInput
from sitr.finding.exchange.calls import BoundSession, Elsewhere, Line, asked, handed, keep_tokens_from_logs
from sitr.finding.exchange.checkpoints import Standing, standing
from sitr.finding.exchange.entries import EntryState, Kind, WatchEntry, derived_id, fitting_labels, is_id, read_value
from sitr.finding.exchange.port import Delta, Handover, HandoverState, Opinion

DEFAULT_URL = ThreatExchangeAPI._TE_BASE_URL
PAGE = 100
LIVES = timedelta(days=85)
"""Deletions are told for 90 days; the library stops trusting a checkpoint after 85."""
_FIELDS = ",".join(FBThreatExchangeIndicatorRecord.te_threat_updates_fields())
_KINDS = {"HASH_PDQ": Kind.PDQ, "HASH_VIDEO_MD5": Kind.MD5, "HASH_MD5": Kind.MD5}
_TYPES = {Kind.PDQ: "HASH_PDQ", Kind.MD5: "HASH_VIDEO_MD5"}
_FILM_TAG = "media_type_video"
_WRONG = "NON_MALICIOUS"
_REACTIONS = {Opinion.BLOCKED: "HELPFUL", Opinion.NOT_BLOCKED: "NOT_HELPFUL"}
_DESCRIPTION = "Reported by the person in the picture"


class _Client(ThreatExchangeAPI):
    """The library's client over our session."""

    def __init__(self, line: Line, token: str) -> None:
        super().__init__(token, endpoint_override=line.base)
        self._line = line

    def _get_session(self) -> requests.Session:
        return BoundSession(self._line, {})

    def get_json_from_url(self, url: str, params: Any = None, *, json_obj_hook: Any = None) -> Any:
        """As the library's, by our session: no other host, a time limit, no redirect."""
        with self._get_session() as session:
            answer = session.get(url, params=params or {})
            answer.raise_for_status()
            return answer.json(object_hook=json_obj_hook)

    def page(self, group: int, query: Mapping[str, Any]) -> dict[str, Any]:
        """One page of threat_updates."""
        asking = {**query, "access_token": self.api_token}
        found = self.get_json_from_url(f"{self._base_url}/{group}/threat_updates/", asking)
        if not isinstance(found, dict):
            raise TypeError
        return found

    def send(self, method: str, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """One outward call. Token and fields go in the body, which no server's access log holds."""
        with self._get_session() as session:
            answer = session.request(
                method, f"{self._base_url}/{path}", data={**fields, "access_token": self.api_token}
            )
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise TypeError
        return found


class ThreatExchange:
    """The exchange (`port.Exchange`): one privacy group."""

    def __init__(self, line: Line, group: int, token: str) -> None:
        if not is_valid_app_token(token):
            raise BadInput("exchange.bad_keys", name=line.name)
        keep_tokens_from_logs()
        self._line, self._group, self._client = line, group, _Client(line, token)

    @property
    def name(self) -> str:
        """As the operator calls it."""
        return self._line.name

    def fetch(self, checkpoint: str | None, now: datetime) -> Delta:
        """As the port's."""
        at = standing(checkpoint, now, start=0, lives=LIVES)
        return asked(self._line, lambda: self._page(at, now))

    def _page(self, at: Standing, now: datetime) -> Delta:
        cursor = _Cursor.read(at.page)
        first: dict[str, Any] = {"start_time": at.since or None, "limit": PAGE, "fields": _FIELDS}
        query = cursor.query or first
        answer = self._client.page(self._group, query)
        records = answer["data"]
        if not isinstance(records, list):
            raise TypeError
        entries = [entry for record in records if (entry := read_update(record)) is not None]
        newest = max(
            [cursor.newest, at.since, *(int(r.get("last_updated") or 0) for r in records if isinstance(r, dict))]
        )
        further = self._next(answer)
        if further and further == cursor.query:
            raise ValueError  # the same page for ever
        page = _Cursor(newest, further).text() if further else ""
        after = Standing(at.since, page, now, at.anew) if further else Standing(newest, at=now)
        return Delta(tuple(entries), after.text(), bool(further), at.anew and not at.page, len(records) - len(entries))

    def _next(self, answer: Mapping[str, Any]) -> dict[str, str]:
        """The questions of the next page, without the token; empty at the end. Raises Elsewhere for another address."""
        paging = answer.get("paging")
        told = paging.get("next") if isinstance(paging, dict) else None
        if not told:
            return {}
        there, here = urlsplit(str(told)), urlsplit(f"{self._line.base}/{self._group}/threat_updates/")
        if (there.scheme, there.netloc, there.path.rstrip("/")) != (here.scheme, here.netloc, here.path.rstrip("/")):
            raise Elsewhere
        return {name: value for name, value in parse_qsl(there.query) if name != "access_token"}

    def submit(self, entries: Sequence[WatchEntry], now: datetime) -> Handover:  # noqa: ARG002
        """As the port's: one descriptor a hash, to this privacy group only, status UNKNOWN: nobody reviewed it.

        It stops at the first that is not taken; what was taken before stands in the receipts.
        """
        bodies = [
            {
                "indicator": one.value, "type": _type(one), "description": _DESCRIPTION, "share_level": "RED",
                "status": "UNKNOWN", "privacy_type": "HAS_PRIVACY_GROUP", "privacy_members": str(self._group),
                "tags": "sitr",
            }
            for one in entries
        ]  # fmt: skip
        return self._each([("POST", "threat_descriptors", body) for body in bodies])

    def feedback(self, entries: Sequence[WatchEntry], opinion: Opinion, now: datetime) -> Handover:  # noqa: ARG002
        """As the port's: a reaction to the descriptor that each entry's label `descriptor:ID` names.

        Raises BadInput for what ThreatExchange has no word for, and for an entry that did not come from it.
        """
        if opinion not in _REACTIONS:
            raise BadInput("exchange.no_opinion", name=self.name)
        named = [next((x[11:] for x in one.labels if x.startswith("descriptor:")), "") for one in entries]
        if not all(named):
            raise BadInput("exchange.not_from_here", name=self.name)
        return self._each([("POST", one, {"reactions": _REACTIONS[opinion]}) for one in named])

    def withdraw(self, entries: Sequence[WatchEntry], receipts: Sequence[str], now: datetime) -> Handover:  # noqa: ARG002
        """As the port's: our own descriptors are deleted."""
        return self._each([("DELETE", one, {}) for one in receipts])

    def _each(self, calls: Sequence[tuple[str, str, Mapping[str, str]]]) -> Handover:
        receipts: list[str] = []
        for method, path, fields in calls:
            one = handed(lambda method=method, path=path, fields=fields: self._one(method, path, fields))  # type: ignore[misc]
            if one.state is not HandoverState.SENT:
                # Some may have been taken: only where the very first was plainly refused is it known that none was.
                state = one.state if not receipts else HandoverState.UNKNOWN
                return Handover(state, one.detail, tuple(receipts))
            receipts += one.receipts
        return Handover(HandoverState.SENT, "", tuple(receipts))

    def _one(self, method: str, path: str, fields: Mapping[str, str]) -> tuple[str, ...]:
        said = self._client.send(method, path, fields)
        if said.get("success") is False:
            raise ValueError
        return (str(said["id"]),) if "id" in said else (path,)


class _Cursor:
    """What is kept of an unfinished run: the questions of its next page, and the newest time that was seen."""

    def __init__(self, newest: int, query: dict[str, str]) -> None:
        self.newest, self.query = newest, query

    def text(self) -> str:
        """As it stands in a checkpoint."""
        return json.dumps([self.newest, urlencode(self.query)])

    @classmethod
    def read(cls, text: str) -> "_Cursor":
        """The cursor of a checkpoint; an empty one where there is none."""
        if not text:
            return cls(0, {})
        newest, query = json.loads(text)
        return cls(int(newest), dict(parse_qsl(str(query))))


def _type(entry: WatchEntry) -> str:
    if entry.kind not in _TYPES:
        raise BadInput("exchange.kind_not_taken", kind=entry.kind.value)
    return _TYPES[entry.kind]


def read_update(record: object) -> WatchEntry | None:
    """One update as an entry; None for a kind that Sitr has no use for, and for one that is not well-formed.

    Withdrawn: what is to be deleted, what no visible descriptor speaks for, and what every one of them calls wrong.
    """
    if not isinstance(record, dict) or str(record.get("type")) not in _KINDS:
        return None
    kind = _KINDS[str(record["type"])]
    try:
        value = read_value(kind, str(record.get("indicator")))
    except BadInput:
        return None
    speaking = _descriptors(record)
    tags = [tag for one in speaking for tag in _tags(one)]
    gone = bool(record.get("should_delete")) or all(one.get("status") == _WRONG for one in speaking)
    if record["type"] == "HASH_MD5" and _FILM_TAG not in tags and not gone:
        return None
    named = [f"descriptor:{one.get('id')}" for one in speaking if is_id(str(one.get("id")))][:1]
    entry_id = str(record.get("id")) if is_id(str(record.get("id", ""))) else derived_id(kind, value)
    state = EntryState.WITHDRAWN if gone else EntryState.ACTIVE
    return WatchEntry(entry_id, kind, value, None, state, fitting_labels([*named, *tags]), _time(record))


def _descriptors(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that name their owner: one without was made visible by a defect of the service, says the library."""
    found = record.get("descriptors")
    listed = found.get("data") if isinstance(found, dict) else None
    return [one for one in listed if isinstance(one, dict) and "owner" in one] if isinstance(listed, list) else []


def _tags(descriptor: Mapping[str, Any]) -> list[str]:
    tags = descriptor.get("tags") or []
    if isinstance(tags, dict):
        tags = [one.get("text") for one in tags.get("data", []) if isinstance(one, dict)]
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _time(record: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(record.get("last_updated"))), UTC)
    except (ValueError, OverflowError, OSError):
        return None
