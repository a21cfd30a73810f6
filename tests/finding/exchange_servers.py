"""StopNCII and ThreatExchange on loopback, as far as their clients can tell: over real HTTP, with keys, pages and
moods.

Each is written from the public client of the `threatexchange` library (1.2.17) and its documentation, not from a mock
of ours: the library's own client is held against it, too. A mood is what the next answers do instead of answering.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from sitr.cli.demo.loopback import Quiet, loopback_server

SUBSCRIPTION, FETCH, SUBMIT, FEEDBACK = "sub-key-4c1f", "fetch-key-88aa", "submit-key-1d2e", "feedback-key-77b0"
TOKEN = "123456789012|abcdefghijklmnopqrstuvwxyz"
GROUP = 4242


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Party:
    """What both servers share: a list of moods, used up one a request, and what was asked."""

    moods: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    base: str = ""
    elsewhere: str = ""
    page: int = 2

    def answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body."""
        raise NotImplementedError

    def _mood(self) -> tuple[int, dict[str, str], bytes] | None:
        mood = self.moods.pop(0) if self.moods else ""
        if mood.isdecimal():
            return int(mood), {"Retry-After": "0"} if mood == "429" else {}, b"{}"
        return {
            "": None,
            "wait_long": (429, {"Retry-After": "86400"}, b"{}"),
            "redirect": (302, {"Location": f"{self.elsewhere}/caught"}, b""),
            "no_json": (200, {}, b"<html>busy</html>"),
            "half": (200, {}, b'{"hashRecords": [{"signalType": "ImagePDQ"'),
            "list": (200, {}, b"[]"),
            "lost": (-1, {}, b""),
        }[mood]  # fmt: skip


@dataclass
class StopNCIIServer(Party):
    """`records`: (time, record) in the order of their last change; pages of `page`, a token a run."""

    records: list[dict[str, Any]] = field(default_factory=list)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    feedbacks: list[dict[str, Any]] = field(default_factory=list)
    _keys: ClassVar = {"FetchHashes": FETCH, "SubmitHashes": SUBMIT, "SubmitFeedback": FEEDBACK}

    def put(self, value: str, status: str = "Active", kind: str = "ImagePDQ", **more: Any) -> None:
        """A record is new, or changed: it stands at the end."""
        self.records = [r for r in self.records if r["hashValue"] != value]
        self.records.append(
            {
                "lastModtimestamp": 1000 + len(self.asked) * 10 + len(self.records), "signalType": kind,
                "hashValue": value, "hashStatus": status, "caseNumbers": {"case-1": status}, "CSPFeedbacks": [], **more,
            }
        )  # fmt: skip

    def answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:
        endpoint = request.path.rpartition("/")[2]
        said = (request.headers.get("x-functions-key"), request.headers.get("ocp-apim-subscription-key"))
        if said != (self._keys.get(endpoint), SUBSCRIPTION):
            return 401, {}, b'{"statusCode": 401}'
        if (mood := self._mood()) is not None:
            return mood
        if endpoint == "FetchHashes" and request.method == "GET":
            return self._fetch(request.query)
        payload = json.loads(request.body)
        if endpoint == "SubmitHashes" and request.method == "POST":
            known = {"ImagePDQ", "VideoMD5", "VideoTMK", "Text", "URL"}
            if any(one["signalType"] not in known for one in payload["hashRecords"]):
                return 400, {}, b'{"error": "signalType"}'
            self.submitted += payload["hashRecords"]
            return 200, {}, b"{}"
        self.feedbacks += payload["hashFeedbacks"]
        return 200, {}, b"{}"

    def _fetch(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        since = int(query["startTimestamp"])
        found = [r for r in self.records if r["lastModtimestamp"] >= since]
        start = int(query.get("nextPageToken", "t0").removeprefix("t"))
        page = found[start : start + min(int(query["pageSize"]), self.page)]
        more = start + len(page) < len(found)
        newest = max([since, *(r["lastModtimestamp"] for r in found)])
        answer = {
            "count": len(page), "nextPageToken": f"t{start + len(page)}" if more else None,
            "nextSetTimestamp": newest, "hasMoreRecords": more, "hashRecords": page,
        }  # fmt: skip
        return 200, {}, json.dumps(answer).encode()


@dataclass
class ThreatExchangeServer(Party):
    """`updates` of one privacy group in the order of their last change; `paging.next` carries the token, as Meta's."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    descriptors: dict[str, dict[str, str]] = field(default_factory=dict)
    reactions: list[tuple[str, str]] = field(default_factory=list)
    next_base: str = ""

    def put(
        self, value: str, kind: str = "HASH_PDQ", *, delete: bool = False, status: str = "UNKNOWN", tags: Any = ()
    ) -> None:
        """An indicator is new, changed or deleted."""
        self.updates = [u for u in self.updates if u["indicator"] != value]
        descriptor = {
            "id": str(9000 + len(self.updates)), "owner": {"id": "77"}, "status": status,
            "tags": {"data": [{"id": "1", "text": t} for t in tags]},
        }  # fmt: skip
        made = {
            "id": str(500 + len(self.updates)), "indicator": value, "type": kind, "should_delete": delete,
            "last_updated": 2000 + len(self.asked) * 10 + len(self.updates),
        }  # fmt: skip
        self.updates.append(made if delete else {**made, "descriptors": {"data": [descriptor]}})

    def answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:
        fields = {**request.query, **dict(parse_qsl(request.body.decode()))}
        if fields.pop("access_token", "") != TOKEN:
            return 401, {}, b'{"error": {"message": "Invalid OAuth access token", "code": 190}}'
        if (mood := self._mood()) is not None:
            return mood
        if request.path.rstrip("/").endswith(f"/{GROUP}/threat_updates"):
            return self._updates(fields)
        name = request.path.strip("/").rpartition("/")[2]
        if request.method == "POST" and name == "threat_descriptors":
            made = str(31000 + len(self.descriptors))
            self.descriptors[made] = fields
            return 200, {}, json.dumps({"id": made, "success": True}).encode()
        if request.method == "DELETE":
            return 200, {}, json.dumps({"success": self.descriptors.pop(name, None) is not None}).encode()
        self.reactions.append((name, fields["reactions"]))
        return 200, {}, b'{"success": true}'

    def _updates(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        since = int(query.get("start_time", "0"))
        found = [u for u in self.updates if u["last_updated"] >= since]
        start = int(query.get("after", "0"))
        page = found[start : start + min(int(query["limit"]), self.page)]
        answer: dict[str, Any] = {"data": page}
        if start + len(page) < len(found):
            further = urlencode({**query, "after": start + len(page), "access_token": TOKEN})
            base = self.next_base or self.base
            answer["paging"] = {"next": f"{base}/{GROUP}/threat_updates/?{further}"}
        return 200, {}, json.dumps(answer).encode()


@dataclass
class Catcher(Party):
    """Another host: whoever reaches it was led astray."""

    def answer(self, request: Asked) -> tuple[int, dict[str, str], bytes]:  # noqa: ARG002
        return 200, {}, b"{}"


@contextmanager
def served(party: Party) -> Iterator[str]:
    """The party on a free port of this machine; gives its address with a path, as both APIs have one."""

    class Handler(Quiet):
        def _do(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, self.rfile.read(length))
            status, more, body = party.answer(request)
            party.asked.append(request)
            if status < 0:
                self.close_connection = True
                return
            self.reply(status, body, {**more, "Content-Type": "application/json"})

        do_GET = do_POST = do_DELETE = _do

    with loopback_server(Handler) as server:
        party.base = f"http://127.0.0.1:{server.server_port}/v1"
        yield party.base
