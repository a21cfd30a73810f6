"""`sitr doctor` on the operator's proxy: named or not, answering or not; no host is asked of it."""

import json

import pytest
from tests.cli.doctor_call import DoctorCall
from tests.net.dead_port import dead_port
from tests.net.socks_server import SocksServer

from sitr.cli.doctor import _visit_proxy
from sitr.net import Proxy


def _state(proxy: Proxy | None) -> tuple[bool, str]:
    found = _visit_proxy(DoctorCall(), proxy)  # type: ignore[arg-type]
    return found.ok, found.detail


def test_a_proxy_that_answers_is_fine_and_is_asked_for_no_host() -> None:
    server = SocksServer({}, secret=("operator", "pass"))
    try:
        here = f"127.0.0.1:{server.port}"
        assert _state(Proxy("127.0.0.1", server.port, "operator", "pass")) == (True, here)
        assert _state(Proxy("127.0.0.1", server.port, "operator", "other")) == (False, here)
        assert server.asked == []
    finally:
        server.close()


def test_nobody_there_and_no_proxy_are_told_apart() -> None:
    with dead_port() as port:
        assert _state(Proxy("127.0.0.1", port, "", ""))[0] is False
    assert _state(None) == (True, "visits_direct")


def test_the_secret_of_the_proxy_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "pass" not in json.dumps(_state(Proxy("127.0.0.1", 9, "operator", "pass")))
    assert capsys.readouterr().out == ""
