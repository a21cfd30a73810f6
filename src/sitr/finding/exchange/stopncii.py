"""StopNCII.org's exchange (API v1), through the client of the `threatexchange` library.

Belongs here: our mapping of its records. The library's mapping is not used, for two defects of 1.2.17 that hurt the
people behind the hashes: it compares a record's value, not its status, with Withdrawn, so that a hash that a person
took back stays in the set; and its `submit_hashes` sends `StopNCIISignalType.ImagePDQ`, the name of the enum, for
`ImagePDQ`. Its reading also writes a record that it cannot read into the log, hash and all.
tests/finding/test_exchange_upstream.py holds these, and tells when one is mended.

Not known: how many hashes a submission may have, and how long a page token lives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICaseStatus,
    StopNCIICSPFeedback,
    StopNCIICSPFeedbackValue,
    StopNCIIEndpoint,
    StopNCIISignalType,
)

from sitr.errors import BadInput
from sitr.finding.exchange.calls import BoundSession, Line, asked, handed, keep_tokens_from_logs
from sitr.finding.exchange.checkpoints import Standing, standing
from sitr.finding.exchange.entries import EntryState, Kind, WatchEntry, derived_id, fitting_labels, read_value
from sitr.finding.exchange.port import Delta, Handover, Opinion

DEFAULT_URL = StopNCIIAPI.BASE_URL
PAGE = 800
LIVES = timedelta(days=30)
"""As long as the library takes a checkpoint for good."""

_KINDS = {StopNCIISignalType.ImagePDQ.value: Kind.PDQ, StopNCIISignalType.VideoMD5.value: Kind.MD5}
_TYPES = {kind: StopNCIISignalType(value) for value, kind in _KINDS.items()}
_STANDS = {StopNCIICaseStatus.Unknown.value, StopNCIICaseStatus.Received.value, StopNCIICaseStatus.Active.value}
_OPINIONS = {
    Opinion.BLOCKED: StopNCIICSPFeedbackValue.Blocked,
    Opinion.NOT_BLOCKED: StopNCIICSPFeedbackValue.NotBlocked,
    Opinion.WITHDRAWN: StopNCIICSPFeedbackValue.Withdrawn,
}


@dataclass(frozen=True, repr=False)
class Keys:
    """The keys that StopNCII gives a partner: one subscription, one function key for each endpoint that it may use."""

    subscription: str
    fetch: str
    submit: str = ""
    feedback: str = ""


class _Client(StopNCIIAPI):
    """The library's client over our session."""

    def __init__(self, line: Line, keys: Keys) -> None:
        more = {StopNCIIEndpoint.SubmitHashes: keys.submit, StopNCIIEndpoint.SubmitFeedback: keys.feedback}
        super().__init__(keys.subscription, keys.fetch, more, line.base)
        self._line = line

    def may(self, endpoint: StopNCIIEndpoint) -> bool:
        """Whether there is a key for it."""
        return bool(self._function_keys.get(endpoint))

    def _get_session(self, endpoint: StopNCIIEndpoint) -> requests.Session:
        headers = {
            "x-functions-key": self._function_keys[endpoint], "Ocp-Apim-Subscription-Key": self._subscription_key,
        }  # fmt: skip
        return BoundSession(self._line, headers)

    def page(self, since: int, token: str) -> dict[str, Any]:
        """One answer of FetchHashes, as JSON. The library's own reading would log what it cannot read."""
        asking: dict[str, Any] = {"startTimestamp": since, "pageSize": PAGE}
        found = self._get(StopNCIIEndpoint.FetchHashes, **asking, **({"nextPageToken": token} if token else {}))
        if not isinstance(found, dict):
            raise TypeError
        return found

    def post(self, endpoint: StopNCIIEndpoint, payload: dict[str, Any]) -> None:
        """One call with a body. An answer without a body is one, too."""
        with self._get_session(endpoint) as session:
            session.post(f"{self._base_url}/{endpoint.value}", json=payload).raise_for_status()


class StopNCII:
    """The exchange (`port.Exchange`)."""

    def __init__(self, line: Line, keys: Keys) -> None:
        keep_tokens_from_logs()
        self._line, self._client = line, _Client(line, keys)

    @property
    def name(self) -> str:
        """As the operator calls it."""
        return self._line.name

    def fetch(self, checkpoint: str | None, now: datetime) -> Delta:
        """As the port's. A finished run is resumed from `nextSetTimestamp`, an unfinished one by its page token."""
        at = standing(checkpoint, now, start=StopNCIIAPI.DEFAULT_START_TIME, lives=LIVES)
        return asked(self._line, lambda: _delta(self._client.page(at.since, at.page), at, now))

    def submit(self, entries: Sequence[WatchEntry], now: datetime) -> Handover:
        """As the port's; all in one call. Feedback value `None`: a person's own report, which nobody reviewed."""
        self._require(StopNCIIEndpoint.SubmitHashes)
        said = StopNCIICSPFeedback(StopNCIICSPFeedbackValue.None_).as_dict_for_post()
        stamp = int(now.timestamp())
        records = [
            {"lastModtimestamp": stamp, "signalType": _type(one), "hashValue": one.value, "CSPFeedbacks": [said]}
            for one in entries
        ]
        return self._hand(StopNCIIEndpoint.SubmitHashes, {"count": len(records), "hashRecords": records}, entries)

    def feedback(self, entries: Sequence[WatchEntry], opinion: Opinion, now: datetime) -> Handover:  # noqa: ARG002
        """As the port's."""
        self._require(StopNCIIEndpoint.SubmitFeedback)
        said = StopNCIICSPFeedback(_OPINIONS[opinion]).as_dict_for_post()
        records = [{**said, "hashValue": one.value} for one in entries]
        return self._hand(StopNCIIEndpoint.SubmitFeedback, {"count": len(records), "hashFeedbacks": records}, entries)

    def withdraw(self, entries: Sequence[WatchEntry], receipts: Sequence[str], now: datetime) -> Handover:  # noqa: ARG002
        """As the port's: feedback of the value Withdrawn, since a hash is StopNCII's only name for a record."""
        return self.feedback(entries, Opinion.WITHDRAWN, now)

    def _require(self, endpoint: StopNCIIEndpoint) -> None:
        if not self._client.may(endpoint):
            raise BadInput("exchange.no_key", name=self.name, endpoint=endpoint.value)

    def _hand(self, endpoint: StopNCIIEndpoint, payload: dict[str, Any], entries: Sequence[WatchEntry]) -> Handover:
        def do() -> tuple[str, ...]:
            self._client.post(endpoint, payload)
            return tuple(one.id for one in entries)

        return handed(do)


def _type(entry: WatchEntry) -> str:
    if entry.kind not in _TYPES:
        raise BadInput("exchange.kind_not_taken", kind=entry.kind.value)
    return str(_TYPES[entry.kind].value)


def _delta(answer: Mapping[str, Any], at: Standing, now: datetime) -> Delta:
    records = answer["hashRecords"]
    more, token = answer["hasMoreRecords"], answer.get("nextPageToken") or ""
    if (
        not isinstance(records, list)
        or not isinstance(more, bool)
        or not isinstance(token, str)
        or (more and not token)
    ):
        raise TypeError
    if more and token == at.page:
        raise ValueError  # the same page for ever
    entries = [entry for record in records if (entry := read_record(record)) is not None]
    after = Standing(at.since, token, now, at.anew) if more else Standing(int(answer["nextSetTimestamp"]), at=now)
    return Delta(tuple(entries), after.text(), more, at.anew and not at.page, len(records) - len(entries))


def read_record(record: object) -> WatchEntry | None:
    """One record as an entry; None for a kind that Sitr has no use for, and for one that is not well-formed.

    A record is looked for only while its status says that it stands: Withdrawn, Deleted, a status that is not known,
    and one whose every case was taken back are withdrawn.
    """
    if not isinstance(record, dict):
        return None
    kind = _KINDS.get(str(record.get("signalType")))
    if kind is None:
        return None
    try:
        value = read_value(kind, str(record.get("hashValue")))
    except BadInput:
        return None
    state = EntryState.ACTIVE if _stands(record) else EntryState.WITHDRAWN
    labels = fitting_labels(_labels(record.get("CSPFeedbacks")))
    return WatchEntry(derived_id(kind, value), kind, value, None, state, labels, _time(record.get("lastModtimestamp")))


def _stands(record: Mapping[str, Any]) -> bool:
    cases = record.get("caseNumbers")
    if isinstance(cases, dict) and cases and not any(status in _STANDS for status in map(str, cases.values())):
        return False
    return str(record.get("hashStatus")) in _STANDS


def _labels(feedbacks: object) -> list[str]:
    found = [one for one in feedbacks if isinstance(one, dict)] if isinstance(feedbacks, list) else []
    tags = [tag for one in found if isinstance(one.get("tags"), list) for tag in one["tags"]]
    return [*tags, *(f"feedback:{one.get('feedbackValue')}" for one in found)]


def _time(stamp: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(stamp)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def read_keys(said: Mapping[str, Any], name: str) -> Keys:
    """The keys from the operator's file. Raises BadInput `exchange.bad_keys`, naming none of them."""
    if not set(said) <= {"subscription", "fetch", "submit", "feedback"}:
        raise BadInput("exchange.bad_keys", name=name)
    if not all(isinstance(v, str) and v.isascii() and v.isprintable() and v for v in said.values()):
        raise BadInput("exchange.bad_keys", name=name)
    if not {"subscription", "fetch"} <= set(said):
        raise BadInput("exchange.bad_keys", name=name)
    return Keys(**said)
