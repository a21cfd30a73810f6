"""The one-time link and the sessions of the browser, without Django."""

from sitr.web.gate import Gate
from sitr.web.sessions import IDLE_SECONDS, Session, Sessions, Visit


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _unlocked(sessions: Sessions) -> Visit:
    visit = sessions.begin()
    visit.session.kept, visit.session.draft = b"ciphertext", b"sealed form"
    visit.session.put("a result")
    return visit


def test_a_link_opens_the_gate_once_and_the_next_one_is_announced() -> None:
    said: list[str] = []
    gate = Gate(said.append)
    first = gate.open()
    assert said == [first]
    assert gate.passes(first)
    assert not gate.passes(first)
    assert said == [first, gate.token]
    assert gate.passes(gate.token)


def test_a_guess_opens_nothing_and_does_not_use_up_the_link() -> None:
    gate = Gate()
    token = gate.token
    assert not gate.passes("")
    assert not gate.passes("é")
    assert not gate.passes(token[:-1])
    assert gate.passes(token)


def test_a_cookie_finds_its_session_and_any_other_finds_none() -> None:
    sessions = Sessions(Clock())
    visit = sessions.begin()
    found = sessions.find(visit.cookie)
    assert found is not None
    assert (found.session, found.key) == (visit.session, visit.key)
    for cookie in ("", "%%%", "AAAA", sessions.begin().cookie[:-4], visit.cookie[8:] + visit.cookie[:8], "ÿ" * 64):
        assert sessions.find(cookie) is None


def test_ten_idle_minutes_lock_and_a_moment_less_does_not() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    visit = _unlocked(sessions)
    clock.now += IDLE_SECONDS - 1
    assert sessions.find(visit.cookie) is not None
    assert visit.session.kept == b"ciphertext"
    clock.now += IDLE_SECONDS
    assert sessions.find(visit.cookie) is not None
    assert visit.session.kept is None
    assert visit.session.shelf == {}
    assert visit.session.draft == b"sealed form"


def test_a_page_that_goes_away_by_itself_is_no_sign_of_the_person() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    visit = _unlocked(sessions)
    clock.now += IDLE_SECONDS - 1
    sessions.find(visit.cookie, touch=False)
    clock.now += 1
    sessions.find(visit.cookie, touch=False)
    assert visit.session.kept is None


def test_unlocking_changes_number_and_key_and_keeps_only_the_sealed_form() -> None:
    sessions = Sessions(Clock())
    visit = _unlocked(sessions)
    fresh = sessions.renew(visit)
    assert fresh.cookie != visit.cookie
    assert sessions.find(visit.cookie) is None
    assert (fresh.session.kept, fresh.session.shelf, fresh.session.draft) == (None, {}, b"sealed form")


def test_an_ended_session_is_found_no_more_and_holds_nothing() -> None:
    sessions = Sessions(Clock())
    visit = _unlocked(sessions)
    sessions.end(visit)
    assert sessions.find(visit.cookie) is None
    assert visit.session == Session(visit.session.seen)


def test_very_many_sessions_do_not_pile_up() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    first = sessions.begin()
    for _ in range(300):
        clock.now += 1
        last = sessions.begin()
    assert sessions.find(first.cookie) is None
    assert sessions.find(last.cookie) is not None
