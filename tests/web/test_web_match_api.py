"""`/api/match`: a keyed partner's question and its answer; off by default; nothing of it is written down."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from tests.web.web_cast import ANSWERS, SECRET, drawn, services

from sitr.cases import access, openings, partners, photos, shared_index
from sitr.cases.access import Keeper
from sitr.cases.matching import Follower
from sitr.cases.services import Services
from sitr.cases.work import look
from sitr.web.application import ENVIRON_KEY, Web
from sitr.web.gate import Gate
from sitr.web.match_api import MOST_HASHES
from sitr.web.sessions import Sessions

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

HOST = "match.desk.example"
FLAT = "0" * 64


@dataclass
class Desk:
    """A server with the service on, one shared photo, one partner, and a client that is nobody's browser."""

    services: Services
    keeper: Keeper
    case: str
    photo: str
    key: str
    partner: str
    client: Client
    web: Web

    @property
    def hashes(self) -> list[str]:
        """The eight orientations of the shared photo."""
        made = photos.fingerprints(look(self.keeper, self.case))[self.photo]
        return [bits.tobytes().hex() for bits in made.orientations]

    def ask(self, *hashes: str, key: str | None = None, **more: Any) -> Any:
        """POST a question."""
        return self.post({"hashes": [{"pdq": one, "quality": 100} for one in hashes]}, key=key, **more)

    def post(self, question: Any, *, key: str | None = None, **headers: str) -> Any:
        """POST anything."""
        body = question if isinstance(question, bytes | str) else json.dumps(question)
        said = {"Authorization": f"Bearer {key or self.key}", **headers}
        return self.client.post("/api/match", body, content_type="application/json", headers=said)


@pytest.fixture
def desk(transactional_db: None, home: Path) -> Iterator[Desk]:
    moment = datetime.now(UTC)  # it stands, so that no quota begins anew between two questions
    made = replace(services(home), match_hosts=(HOST,), now=lambda: moment)
    keeper = access.set_up(made, SECRET)
    case = openings.open_case(keeper, country="DE", answers=ANSWERS, time_proof=False)
    photo = photos.add_photo(keeper, case, drawn(size=(300, 240)), "a.png").id
    shared_index.consent(keeper, case, photo, given=True)
    partner = partners.add(made, "Site A", 300)
    web = Web(made, Gate(), Sessions(lambda: 0.0), Follower(made, every=0.0))
    client = outside(web, HOST)
    with override_settings(ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, HOST]):
        yield Desk(made, keeper, case, photo, partner.key, partner.id, client, web)


def outside(web: Web, host: str) -> Client:
    """A client that is nobody's browser."""
    environ: dict[str, Any] = {ENVIRON_KEY: web, "HTTP_HOST": host}
    return Client(enforce_csrf_checks=True, **environ)


def flipped(pdq: str, bits: int) -> str:
    """So many bits changed."""
    value = int(pdq, 16)
    for place in range(bits):
        value ^= 1 << (place * 5)
    return f"{value:064x}"


def test_each_hash_gets_its_answer_in_order(desk: Desk) -> None:
    upright, mirror = desk.hashes[0], desk.hashes[5]
    answer = desk.ask(upright, flipped(upright, 40), mirror.upper(), flipped(upright, 20))
    assert answer.status_code == 200
    first, second, third, fourth = answer.json()["results"]
    assert second == {"match": False, "id": None, "view": None, "distance": None}
    assert (first["match"], first["view"], first["distance"]) == (True, "upright", 7)
    assert (third["view"], third["id"]) == ("mirror", first["id"])
    assert fourth["distance"] == 23
    assert answer.json()["radius"] == 31
    assert len(first["id"]) == 16
    assert desk.case not in answer.content.decode()
    flat = desk.post({"hashes": [{"pdq": upright, "quality": 49}]}).json()["results"]
    assert flat[0]["match"] is None


def test_a_withdrawn_photo_is_not_answered_for(desk: Desk) -> None:
    upright = desk.hashes[0]
    assert desk.ask(upright).json()["results"][0]["match"] is True
    shared_index.consent(desk.keeper, desk.case, desk.photo, given=False)
    assert desk.ask(upright).json()["results"][0]["match"] is False


def test_without_a_known_key_nothing_is_said(desk: Desk) -> None:
    body = json.dumps({"hashes": [{"pdq": desk.hashes[0], "quality": 100}]})
    for key in ("", "sitr_aaaaaaaa_" + "A" * 43, "x" * 5000, "Basic abc"):
        said = {"Authorization": f"Bearer {key}"} if key else {}
        answer = desk.client.post("/api/match", body, content_type="application/json", headers=said)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json()["error"] == "cases.partner_unknown"
        assert desk.hashes[0] not in answer.content.decode()


def test_a_key_in_the_address_or_a_cookie_opens_nothing(desk: Desk) -> None:
    desk.client.cookies["key"] = desk.key
    answer = desk.client.post(f"/api/match?key={desk.key}", b"{}", content_type="application/json")
    assert answer.status_code == 401


def test_an_ended_key_opens_nothing_at_once(desk: Desk) -> None:
    partners.end(desk.services, desk.partner)
    assert desk.ask(desk.hashes[0]).status_code == 401


SOUND = {"pdq": "ab" * 32, "quality": 90}


NO_QUESTIONS: list[Any] = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"hashes": []}', b"[" * 20_000, {"hashes": "all"}, {"hashes": [{}]},
    {"hashes": [{"pdq": "ab" * 31 + "zz", "quality": 90}]}, {"hashes": [{"pdq": "ab" * 33, "quality": 90}]},
    {"hashes": [{"pdq": "٠" * 64, "quality": 90}]}, {"hashes": [{"pdq": "ab" * 32 + "\n", "quality": 90}]},
    {"hashes": [{"pdq": "ab" * 32}]}, {"hashes": [{"pdq": "ab" * 32, "quality": 101}]},
    {"hashes": [{"pdq": "ab" * 32, "quality": "90"}]}, {"hashes": [{"pdq": "ab" * 32, "quality": True}]},
    {"hashes": [SOUND], "user": "somebody"}, {"hashes": [{**SOUND, "url": "https://a.example/"}]},
    {"hashes": [SOUND] * (MOST_HASHES + 1)},
]  # fmt: skip


def test_what_is_no_question_gets_one_sentence_and_is_not_repeated(desk: Desk) -> None:
    for question in NO_QUESTIONS:
        answer = desk.post(question)
        assert answer.status_code == 400, question
        assert answer.json()["error"] == "web.match_question"
        assert "ab" * 16 not in answer.content.decode()
    assert partners.list_partners(desk.services)[0].used_today == 0


def test_a_body_beyond_a_hundred_hashes_is_not_read(desk: Desk) -> None:
    answer = desk.post(b" " * 40_000)
    assert (answer.status_code, answer.content) == (413, b"")


def test_a_quota_that_is_spent_says_when_to_come_again(desk: Desk) -> None:
    assert desk.ask(*[FLAT] * 100).status_code == 200
    answer = desk.ask(FLAT)
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json()["error"] == "cases.quota_minute"
    assert "results" not in answer.json()


def test_it_is_off_unless_the_operator_names_a_host(desk: Desk) -> None:
    off = replace(desk.services, match_hosts=())
    dark = outside(Web(off, Gate(), Sessions(lambda: 0.0)), "127.0.0.1:8440")
    asked: dict[str, Any] = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {desk.key}"}}
    for path in ("/api/match", "/api/openapi.json", "/api/docs", "/api/"):
        assert dark.get(path).status_code in {404, 405}, path
    assert dark.post("/api/match", json.dumps({"hashes": [SOUND]}), **asked).status_code == 404


def test_the_name_for_partners_leads_to_the_service_and_to_no_page(desk: Desk) -> None:
    for path in ("/", "/open", "/k/x", "/static/web/style.css", "/x/state", "/n/abc/"):
        assert desk.client.get(path).status_code == 400, path
    assert desk.client.get("/api/openapi.json").status_code == 200
    here = outside(desk.web, "127.0.0.1:8440")
    assert here.get("/api/openapi.json").status_code == 404
    elsewhere = outside(desk.web, "rebound.example")
    assert elsewhere.get("/api/openapi.json").status_code == 400


def test_no_cookie_no_sharing_with_scripts_and_no_caching(desk: Desk) -> None:
    answer = desk.ask(desk.hashes[0], Origin="https://site-a.example")
    assert not answer.cookies
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "no-store" in answer["Cache-Control"]
    preflight = desk.client.options(
        "/api/match", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in preflight.headers if name.lower().startswith("access-control")]


def test_the_description_is_there_and_loads_nothing_from_elsewhere(desk: Desk) -> None:
    answer = desk.client.get("/api/openapi.json")
    told = answer.json()
    assert list(told["paths"]) == ["/api/match"]
    assert told["components"]["securitySchemes"]["Key"] == {"type": "http", "scheme": "bearer"}
    assert told["components"]["schemas"]["Question"]["properties"]["hashes"]["maxItems"] == MOST_HASHES
    assert "http://" not in answer.content.decode()
    assert "https://" not in answer.content.decode()
    for path in ("/api/docs", "/api/redoc"):
        assert desk.client.get(path).status_code == 404


def test_no_hash_and_no_key_stands_in_any_log_or_file(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    asked = flipped(desk.hashes[0], 20)
    with caplog.at_level(logging.DEBUG):
        assert desk.ask(asked).json()["results"][0]["match"]
        desk.post({"hashes": [{"pdq": asked, "quality": "x"}]})
        desk.ask(asked, key="sitr_aaaaaaaa_" + "A" * 43)
        held, desk.web.follower._held = desk.web.follower._held, None  # type: ignore[union-attr]
        assert desk.ask(asked).status_code == 500  # a defect of ours
        desk.web.follower._held = held  # type: ignore[union-attr]
    for secret in (asked, asked.upper(), desk.key, desk.key.split("_", 2)[2]):
        assert secret not in caplog.text
        for file in desk.services.home.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file.name
            assert not file.is_file() or bytes.fromhex(asked) not in file.read_bytes(), file.name


def test_an_index_that_cannot_be_asked_is_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import DatabaseError

    from sitr.cases import shared_rows

    def broken() -> int:
        raise DatabaseError

    monkeypatch.setattr(shared_rows, "number", broken)
    answer = desk.ask(desk.hashes[0])
    assert (answer.status_code, answer.json()["error"]) == (502, "cases.index_silent")
