"""Both exchanges over HTTP on loopback: pages, withdrawals, broken answers, keys that never show."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.finding.exchange_servers import (
    FEEDBACK,
    FETCH,
    GROUP,
    SUBMIT,
    SUBSCRIPTION,
    TOKEN,
    Catcher,
    StopNCIIServer,
    ThreatExchangeServer,
    served,
)

from sitr.errors import BadInput, MissingProgram, NotFound, OutsideSilent, SitrError
from sitr.finding.exchange import (
    Delta,
    EntryState,
    Exchange,
    HandoverState,
    Kind,
    MemoryExchange,
    Opinion,
    Shelf,
    WatchEntry,
    open_exchange,
    read_exchanges,
)
from sitr.finding.exchange.stopncii import read_record
from sitr.finding.exchange.threat_updates import read_update
from sitr.words import say

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HASHES = [f"{n:02x}" * 32 for n in range(1, 8)]
MD5 = "0f" * 16


class Waiting:
    """Sleeps that are written down and not slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def config(tmp_path: Path, base: str, **keys: str) -> Path:
    """The operator's files for both exchanges at one address."""
    told = keys or {"subscription": SUBSCRIPTION, "fetch": FETCH, "submit": SUBMIT, "feedback": FEEDBACK}
    (tmp_path / "ncii.toml").write_text("".join(f'{k} = "{v}"\n' for k, v in told.items()), encoding="utf-8")
    (tmp_path / "tx.toml").write_text(f'token = "{keys.get("token", TOKEN)}"\n', encoding="utf-8")
    file = tmp_path / "exchanges.toml"
    file.write_text(
        f'[ncii]\nkind = "stopncii"\nurl = "{base}"\nkeys = "{tmp_path}/ncii.toml"\nseconds = 5\n'
        f'[tx]\nkind = "threatexchange"\nurl = "{base}"\nkeys = "{tmp_path}/tx.toml"\ngroup = {GROUP}\nseconds = 5\n',
        encoding="utf-8",
    )
    return file


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def ncii(tmp_path: Path, waiting: Waiting) -> Iterator[tuple[StopNCIIServer, Exchange]]:
    server = StopNCIIServer()
    with served(server) as base:
        yield server, open_exchange(config(tmp_path, base), "ncii", waiting)


@pytest.fixture
def tx(tmp_path: Path, waiting: Waiting) -> Iterator[tuple[ThreatExchangeServer, Exchange]]:
    server = ThreatExchangeServer()
    with served(server) as base:
        yield server, open_exchange(config(tmp_path, base), "tx", waiting)


Both = tuple[StopNCIIServer | ThreatExchangeServer, Exchange]


@pytest.fixture(params=["ncii", "tx"])
def both(request: pytest.FixtureRequest) -> Both:
    made: Both = request.getfixturevalue(request.param)
    return made


def run(exchange: Exchange, shelf: Shelf, now: datetime = NOW, pages: int = 99) -> list[Delta]:
    """Fetch page after page onto the shelf, as the command does."""
    done: list[Delta] = []
    while len(done) < pages:
        done.append(exchange.fetch(shelf.checkpoint(exchange.name), now))
        shelf.apply(exchange.name, done[-1], now)
        if not done[-1].more:
            break
    return done


def held(shelf: Shelf, exchange: Exchange) -> list[str]:
    """What is looked for now."""
    return [one.value for one in shelf.entries(exchange.name)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf.sqlite3")


# --- the same for both ---


def test_a_list_is_fetched_by_pages_and_then_only_what_changed(both: Both, shelf: Shelf) -> None:
    server, exchange = both
    for value in HASHES[:5]:
        server.put(value)
    assert [len(one.entries) for one in run(exchange, shelf)] == [2, 2, 1]
    assert held(shelf, exchange) == sorted(HASHES[:5])
    server.put(HASHES[5])
    again = run(exchange, shelf)
    assert not again[0].anew
    assert sum(len(one.entries) for one in again) <= 2  # the new one, and the last of the run before
    assert held(shelf, exchange) == sorted(HASHES[:6])


def test_a_withdrawn_hash_leaves_the_set_and_the_file(both: Both, shelf: Shelf, tmp_path: Path) -> None:
    server, exchange = both
    for value in HASHES[:4]:
        server.put(value)
    run(exchange, shelf)
    if isinstance(server, StopNCIIServer):
        server.put(HASHES[1], "Withdrawn")
        server.put(HASHES[2], "Deleted")
    else:
        server.put(HASHES[1], delete=True)
        server.put(HASHES[2], status="NON_MALICIOUS")
    run(exchange, shelf)
    assert held(shelf, exchange) == sorted([HASHES[0], HASHES[3]])
    assert HASHES[1].encode() not in (tmp_path / "shelf.sqlite3").read_bytes()


def test_a_run_that_was_cut_goes_on_at_its_page(both: Both, shelf: Shelf) -> None:
    server, exchange = both
    for value in HASHES:
        server.put(value)
    run(exchange, shelf, pages=2)
    assert len(held(shelf, exchange)) == 4
    rest = run(exchange, shelf, NOW + timedelta(minutes=5))
    assert [len(one.entries) for one in rest] == [2, 1]
    assert held(shelf, exchange) == sorted(HASHES)


def test_a_page_that_is_too_old_starts_the_run_again_and_nothing_is_lost(both: Both, shelf: Shelf) -> None:
    server, exchange = both
    for value in HASHES[:5]:
        server.put(value)
    run(exchange, shelf, pages=1)
    run(exchange, shelf, NOW + timedelta(hours=3))
    assert held(shelf, exchange) == sorted(HASHES[:5])


def test_a_stale_checkpoint_reads_the_whole_list_anew_and_what_it_no_longer_names_goes(
    both: Both, shelf: Shelf
) -> None:
    server, exchange = both
    for value in HASHES[:3]:
        server.put(value)
    run(exchange, shelf)
    # So long ago that the exchange no longer tells of the deletion.
    for listed in (getattr(server, "records", None), getattr(server, "updates", None)):
        if listed:
            del listed[0]
    done = run(exchange, shelf, NOW + timedelta(days=100), pages=1)
    assert done[0].anew
    assert not done[0].more
    assert held(shelf, exchange) == sorted(HASHES[1:3])


@pytest.mark.parametrize("checkpoint", ["", "x", "[]", '{"since":-5,"page":"","at":1,"anew":false}', "9" * 5000])
def test_a_strange_checkpoint_reads_from_the_beginning(both: Both, checkpoint: str) -> None:
    server, exchange = both
    server.put(HASHES[0])
    assert exchange.fetch(checkpoint, NOW).anew


def test_a_list_that_is_read_anew_stands_until_the_reading_is_complete(both: Both, shelf: Shelf) -> None:
    server, exchange = both
    for value in HASHES[:5]:
        server.put(value)
    run(exchange, shelf)
    run(exchange, shelf, NOW + timedelta(days=100), pages=1)
    assert held(shelf, exchange) == sorted(HASHES[:5])


@pytest.mark.parametrize("moods", [["500"], ["429", "503"], ["lost"], ["lost", "500", "429"]])
def test_a_busy_exchange_is_asked_again_a_few_times(both: Both, waiting: Waiting, moods: list[str]) -> None:
    server, exchange = both
    server.put(HASHES[0])
    server.moods = list(moods)
    assert len(exchange.fetch(None, NOW).entries) == 1
    assert len(waiting.slept) == len(moods)
    assert max(waiting.slept) <= 60


@pytest.mark.parametrize(
    ("moods", "code", "asked"),
    [
        (["500"] * 9, "exchange.busy", 4),
        (["lost"] * 9, "exchange.silent", 4),
        (["wait_long"], "exchange.busy", 1),
        (["redirect"], "exchange.elsewhere", 1),
        (["no_json"], "exchange.strange", 1),
        (["half"], "exchange.strange", 1),
        (["list"], "exchange.strange", 1),
        (["403"], "exchange.refused_key", 1),
        (["404"], "exchange.said_no", 1),
    ],
)
def test_what_an_exchange_answers_instead_is_one_sentence_and_the_list_stays(
    both: Both, shelf: Shelf, waiting: Waiting, moods: list[str], code: str, asked: int
) -> None:
    server, exchange = both
    server.put(HASHES[0])
    run(exchange, shelf)
    before, server.asked = held(shelf, exchange), []
    server.moods = list(moods)
    with served(Catcher()) as server.elsewhere, pytest.raises(OutsideSilent) as told:
        run(exchange, shelf)
    assert told.value.code == code
    assert len(server.asked) == asked
    assert sum(waiting.slept) < 60
    assert held(shelf, exchange) == before
    _says_no_secret(told.value)


def _says_no_secret(error: SitrError) -> None:
    told = repr(error.data) + repr(error) + repr(error.__context__) + repr(error.__cause__)
    told += say(error.code, "ar", **error.data) + say(error.code, "en", **error.data)
    for secret in (TOKEN, FETCH, SUBSCRIPTION, SUBMIT, *HASHES):
        assert secret not in told


def test_no_key_and_no_hash_stands_in_any_log(both: Both, shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    server, exchange = both
    server.put(HASHES[0])
    server.put("not a hash")
    server.moods = ["500"]
    entry = WatchEntry("a", Kind.PDQ, HASHES[1])
    with caplog.at_level(logging.DEBUG):
        run(exchange, shelf)
        exchange.submit([entry], NOW)
        server.moods = ["500", "lost"]
        exchange.submit([entry], NOW)
        exchange.submit([entry], NOW)
    assert caplog.text, "urllib3 does write, at this level"
    for secret in (TOKEN, TOKEN.replace("|", "%7C"), FETCH, SUBSCRIPTION, SUBMIT, *HASHES):
        assert secret not in caplog.text


def test_keys_go_to_the_named_address_only(both: Both) -> None:
    server, exchange = both
    other = Catcher()
    server.put(HASHES[0])
    server.moods = ["redirect"]
    with served(other) as astray:
        server.elsewhere = astray
        with pytest.raises(OutsideSilent, match=r"exchange\.elsewhere"):
            exchange.fetch(None, NOW)
        server.moods = ["redirect"]
        assert exchange.submit([WatchEntry("a", Kind.PDQ, HASHES[0])], NOW).state is HandoverState.REFUSED
    assert other.asked == []


def test_a_wrong_key_is_named_as_such(tmp_path: Path, waiting: Waiting) -> None:
    for server, name in ((StopNCIIServer(), "ncii"), (ThreatExchangeServer(), "tx")):
        with served(server) as base:
            file = config(
                tmp_path, base, subscription="x", fetch="wrong", token="123456789012|wrongwrongwrongwrongwrong"
            )
            (tmp_path / "ncii.toml").write_text('subscription = "x"\nfetch = "wrong"\n', encoding="utf-8")
            with pytest.raises(OutsideSilent) as told:
                open_exchange(file, name, waiting).fetch(None, NOW)
        assert told.value.code == "exchange.refused_key"
        assert told.value.data["status"] == 401


def test_the_environment_names_no_proxy_and_no_password(
    both: Both, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, exchange = both
    server.put(HASHES[0])
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert len(exchange.fetch(None, NOW).entries) == 1
    assert "authorization" not in server.asked[0].headers


# --- handing over ---


ENTRIES = [WatchEntry(f"e{n}", Kind.PDQ, value, 90) for n, value in enumerate(HASHES[:3])]


def test_stopncii_gets_values_of_enums_and_both_headers(ncii: tuple[StopNCIIServer, Exchange]) -> None:
    server, exchange = ncii
    done = exchange.submit([*ENTRIES, WatchEntry("film", Kind.MD5, MD5)], NOW)
    assert (done.state, done.receipts) == (HandoverState.SENT, ("e0", "e1", "e2", "film"))
    assert [(r["signalType"], r["hashValue"]) for r in server.submitted] == [
        *(("ImagePDQ", value) for value in HASHES[:3]), ("VideoMD5", MD5),
    ]  # fmt: skip
    assert server.submitted[0]["CSPFeedbacks"] == [{"tags": [], "feedbackValue": "None"}]
    assert server.submitted[0]["lastModtimestamp"] == int(NOW.timestamp())
    headers = server.asked[0].headers
    assert (headers["x-functions-key"], headers["ocp-apim-subscription-key"]) == (SUBMIT, SUBSCRIPTION)
    assert len(server.asked) == 1


def test_stopncii_hears_what_was_found_out_and_what_is_taken_back(ncii: tuple[StopNCIIServer, Exchange]) -> None:
    server, exchange = ncii
    for opinion in Opinion:
        assert exchange.feedback(ENTRIES[:1], opinion, NOW).state is HandoverState.SENT
    exchange.withdraw(ENTRIES[1:2], ("e1",), NOW)
    assert [(f["hashValue"], f["feedbackValue"]) for f in server.feedbacks] == [
        (HASHES[0], "Blocked"), (HASHES[0], "NotBlocked"), (HASHES[0], "Withdrawn"), (HASHES[1], "Withdrawn"),
    ]  # fmt: skip
    assert {a.headers["x-functions-key"] for a in server.asked} == {FEEDBACK}


def test_threatexchange_gets_a_descriptor_a_hash_and_nothing_of_it_in_the_address(
    tx: tuple[ThreatExchangeServer, Exchange],
) -> None:
    server, exchange = tx
    done = exchange.submit(ENTRIES, NOW)
    assert done.state is HandoverState.SENT
    assert done.receipts == tuple(server.descriptors)
    assert [d["indicator"] for d in server.descriptors.values()] == HASHES[:3]
    assert {(d["type"], d["privacy_members"], d["status"]) for d in server.descriptors.values()} == {
        ("HASH_PDQ", str(GROUP), "UNKNOWN")
    }
    assert all(not asked.query for asked in server.asked)
    assert exchange.withdraw(ENTRIES, done.receipts, NOW).state is HandoverState.SENT
    assert server.descriptors == {}


def test_threatexchange_hears_about_what_came_from_it(tx: tuple[ThreatExchangeServer, Exchange], shelf: Shelf) -> None:
    server, exchange = tx
    server.put(HASHES[0], tags=["leak"])
    run(exchange, shelf)
    (entry,) = shelf.entries("tx")
    assert entry.labels == ("descriptor:9000", "leak")
    assert exchange.feedback([entry], Opinion.BLOCKED, NOW).state is HandoverState.SENT
    assert server.reactions == [("9000", "HELPFUL")]
    with pytest.raises(BadInput, match=r"exchange\.no_opinion"):
        exchange.feedback([entry], Opinion.WITHDRAWN, NOW)
    with pytest.raises(BadInput, match=r"exchange\.not_from_here"):
        exchange.feedback(ENTRIES, Opinion.BLOCKED, NOW)


@pytest.mark.parametrize(
    ("mood", "state"),
    [("500", "unknown"), ("lost", "unknown"), ("400", "refused"), ("429", "refused"), ("403", "refused")],
)
def test_a_handover_is_made_once_and_a_lost_answer_is_unknown(
    both: Both, waiting: Waiting, mood: str, state: str
) -> None:
    server, exchange = both
    server.moods = [mood]
    assert exchange.submit(ENTRIES[:1], NOW).state == state
    assert len(server.asked) == 1
    assert waiting.slept == []


def test_a_handover_that_broke_in_the_middle_is_unknown_and_keeps_its_receipts(
    tx: tuple[ThreatExchangeServer, Exchange],
) -> None:
    server, exchange = tx
    server.moods = ["", "403"]
    done = exchange.submit(ENTRIES, NOW)
    assert (done.state, done.detail, len(done.receipts)) == (HandoverState.UNKNOWN, "403", 1)


def test_nothing_was_taken_where_nobody_answered(tmp_path: Path, waiting: Waiting) -> None:
    file = config(tmp_path, "http://127.0.0.1:9/v1")
    for name in ("ncii", "tx"):
        done = open_exchange(file, name, waiting).submit(ENTRIES[:1], NOW)
        assert (done.state, done.detail) == (HandoverState.REFUSED, "no_connection")


def test_a_film_of_frames_is_not_taken_by_either(both: Both) -> None:
    _, exchange = both
    with pytest.raises(BadInput, match=r"exchange\.kind_not_taken"):
        exchange.submit([WatchEntry("f", Kind.VPDQ, "[]")], NOW)


# --- mapping ---


def test_a_record_of_stopncii_is_looked_for_only_while_its_status_says_so() -> None:
    def state(status: object, **more: object) -> EntryState | None:
        record = {"signalType": "ImagePDQ", "hashValue": HASHES[0], "hashStatus": status, "caseNumbers": {}, **more}
        found = read_record(record)
        return found.state if found else None

    assert [state(s) for s in ("Active", "Received", "Unknown")] == [EntryState.ACTIVE] * 3
    assert [state(s) for s in ("Withdrawn", "Deleted", "Suspended", None)] == [EntryState.WITHDRAWN] * 4
    assert state("Active", caseNumbers={"1": "Withdrawn", "2": "Deleted"}) is EntryState.WITHDRAWN
    assert state("Active", caseNumbers={"1": "Withdrawn", "2": "Active"}) is EntryState.ACTIVE
    assert state("Withdrawn", CSPFeedbacks="broken", caseNumbers=3, lastModtimestamp="x") is EntryState.WITHDRAWN
    assert state("Active", signalType="VideoTMK") is None
    assert state("Active", hashValue=HASHES[0][1:]) is None
    assert read_record("no record") is None


def test_an_update_of_threatexchange_without_a_visible_voice_is_not_looked_for() -> None:
    owned = {"id": "1", "owner": {"id": "2"}, "status": "MALICIOUS"}
    record = {"id": "5", "type": "HASH_PDQ", "indicator": HASHES[0].upper(), "should_delete": False, "last_updated": 7}

    def state(**more: object) -> EntryState | None:
        found = read_update({**record, **more})
        return found.state if found else None

    assert state(descriptors={"data": [owned]}) is EntryState.ACTIVE
    assert state(descriptors={"data": [{"id": "1", "status": "MALICIOUS"}]}) is EntryState.WITHDRAWN
    assert state() is EntryState.WITHDRAWN
    assert state(descriptors={"data": [owned]}, should_delete=True) is EntryState.WITHDRAWN
    md5 = {"type": "HASH_MD5", "indicator": MD5}
    assert state(**md5, descriptors={"data": [owned]}) is None  # a film's only with its tag
    assert state(**md5, descriptors={"data": [{**owned, "tags": ["media_type_video"]}]}) is EntryState.ACTIVE
    assert read_update([]) is None


# --- configuration ---


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("= broken", "exchange.bad_config"),
        ('[a]\nkind = "hma"\nkeys = "x"', "exchange.bad_config"),
        ('[a]\nkind = "stopncii"', "exchange.bad_config"),
        ('[a]\nkind = "stopncii"\nkeys = "k"\ntoken = "x"', "exchange.bad_config"),
        ('[a]\nkind = "threatexchange"\nkeys = "k"', "exchange.bad_config"),
        ('["../a"]\nkind = "stopncii"\nkeys = "k"', "exchange.bad_config"),
        ("a = 1", "exchange.bad_config"),
    ],
)
def test_a_file_of_exchanges_that_does_not_fit_is_named(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "e.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as told:
        read_exchanges(file)
    assert told.value.code == code
    with pytest.raises(BadInput, match=r"exchange\.no_config"):
        read_exchanges(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "url",
    ["http://api.example/v1", "https://u:p@api.example/", "ftp://a.example", "https://a.example/?key=1", "https://"],
)
def test_an_address_must_be_https_or_of_this_machine(tmp_path: Path, waiting: Waiting, url: str) -> None:
    with pytest.raises(BadInput, match=r"exchange\.bad_address"):
        open_exchange(config(tmp_path, url), "ncii", waiting)


def test_keys_stand_in_files_and_a_broken_one_is_not_repeated(tmp_path: Path, waiting: Waiting) -> None:
    file = config(tmp_path, "https://a.example/v1")
    for broken in ('subscription = "s3cret', 'subscription = "s3cret"', 'fetch = "s3cret"\nsubscription = 5', ""):
        (tmp_path / "ncii.toml").write_text(broken, encoding="utf-8")
        with pytest.raises(BadInput) as told:
            open_exchange(file, "ncii", waiting)
        assert told.value.code == "exchange.bad_keys"
        assert told.value.__context__ is None
        assert "s3cret" not in repr(told.value.data)
    with pytest.raises(NotFound, match=r"exchange\.no_such"):
        open_exchange(file, "other", waiting)


def test_without_the_library_the_sentence_says_how_it_is_installed(
    tmp_path: Path, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [m for m in sys.modules if m.startswith("sitr.finding.exchange.stopncii")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("sitr.finding.exchange.stopncii", raising=False)
    monkeypatch.setitem(sys.modules, "threatexchange.exchanges.clients.stopncii.api", None)
    with pytest.raises(MissingProgram) as told:
        open_exchange(config(tmp_path, "https://a.example/v1"), "ncii", waiting)
    assert "sitr[exchange]" in say(told.value.code, "en", **told.value.data)


# --- the shelf ---


def test_the_shelf_is_for_this_user_alone_and_forgets_whole_lists(shelf: Shelf, tmp_path: Path) -> None:
    assert (tmp_path / "shelf.sqlite3").stat().st_mode & 0o077 == 0
    memory = MemoryExchange(listed=list(ENTRIES))
    run(memory, shelf)
    assert [(one.name, one.entries, one.fetched) for one in shelf.lists()] == [("memory", 3, NOW)]
    shelf.forget("memory")
    assert shelf.lists() == []
    assert ENTRIES[0].value.encode() not in (tmp_path / "shelf.sqlite3").read_bytes()


def test_a_file_that_is_no_shelf_is_named(tmp_path: Path) -> None:
    file = tmp_path / "shelf.sqlite3"
    file.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    with pytest.raises(SitrError, match=r"exchange\.shelf"):
        Shelf(file)


def test_two_who_fetch_at_once_leave_one_whole_list(shelf: Shelf) -> None:
    def one() -> None:
        run(
            MemoryExchange(name="m", page=7, listed=[WatchEntry(f"x{n}", Kind.PDQ, f"{n:064x}") for n in range(40)]),
            shelf,
        )

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(shelf.entries("m"))) == 40


def test_the_twin_in_memory_loses_and_refuses_like_the_real_ones() -> None:
    twin = MemoryExchange()
    twin.lost = True
    assert twin.submit(ENTRIES, NOW).state is HandoverState.UNKNOWN
    twin.closed = True
    assert twin.submit(ENTRIES, NOW).state is HandoverState.REFUSED
    assert isinstance(twin.fetch(None, NOW), Delta)
