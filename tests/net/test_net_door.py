"""The door at work, against servers on loopback that hang, drip, lie, redirect, and never end."""

import gzip
import logging
import socket
import struct
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.net.dead_port import dead_port

from sitr.errors import BadInput, Locked, OutsideSilent
from sitr.net import Door, Limits, LoopbackPass, Refusal, Resolver, Response, is_throw_away, mark_throw_away

Script = Callable[[socket.socket, bytes], None]
LIMITS = Limits(seconds=30, bytes=100_000, redirects=3)
HURRIED = Limits(seconds=0.6, bytes=100_000, redirects=3)
SLACK = 10  # seconds that a busy machine may take more; who has to be left in time hangs for longer
HANGS = 30


@contextmanager
def serving(script: Script) -> Iterator[int]:
    """A server that hands each connection with its request head to a script; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, script), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _accept(listener: socket.socket, script: Script) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, script), daemon=True).start()


def _serve(connection: socket.socket, script: Script) -> None:
    with connection:
        try:
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(65_536)):
                head += piece
            script(connection, head)
        except OSError:
            return  # the door hung up, as it should


def answering(raw: bytes) -> Script:
    return lambda connection, _head: connection.sendall(raw)


def ok(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def redirect(to: str, status: int = 302) -> bytes:
    return b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, to.encode())


def door_to(home: Path, *ports: int, resolver: Resolver | None = None) -> Door:
    mark_throw_away(home)
    here = resolver or (lambda _host, _port: ["127.0.0.1"])
    return Door(loopback=LoopbackPass(home, ports), resolver=here)


def fetch(home: Path, script: Script, limits: Limits = LIMITS) -> Response:
    with serving(script) as port:
        return door_to(home, port).get(f"http://leak.example:{port}/", limits)


def refused(home: Path, script: Script, limits: Limits = LIMITS) -> str:
    began = time.monotonic()
    with pytest.raises(OutsideSilent) as found:
        fetch(home, script, limits)
    assert time.monotonic() - began < limits.seconds + SLACK
    return found.value.code


class TestAnswers:
    def test_status_headers_and_body_come_as_they_were_sent(self, home: Path) -> None:
        answer = fetch(home, answering(b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\ngone"))
        assert (answer.status, answer.body) == (404, b"gone")
        assert answer.headers[:2] == (("X-A", "1"), ("X-A", "2"))
        assert answer.header("x-a") == "1"
        assert answer.header("missing") is None

    def test_the_request_names_the_host_and_not_sitr(self, home: Path) -> None:
        heads: list[bytes] = []

        def script(connection: socket.socket, head: bytes) -> None:
            heads.append(head)
            connection.sendall(ok(b""))

        fetch(home, script)
        assert heads[0].startswith(b"GET / HTTP/1.1\r\nHost: leak.example:")
        assert b"sitr" not in heads[0].lower()
        assert b"python" not in heads[0].lower()
        assert b"Cookie" not in heads[0]

    def test_a_head_request_has_no_body(self, home: Path) -> None:
        with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nContent-Encoding: gzip\r\n\r\n")) as port:
            answer = door_to(home, port).get(f"http://leak.example:{port}/", LIMITS, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")

    @pytest.mark.parametrize(
        ("encoding", "fold"),
        [(b"gzip", gzip.compress), (b"x-gzip", gzip.compress), (b"deflate", zlib.compress), (b"identity", bytes)],
    )
    def test_compressed_bodies_are_unfolded(self, home: Path, encoding: bytes, fold: Callable[[bytes], bytes]) -> None:
        body = "نص".encode() * 5000
        assert fetch(home, answering(ok(fold(body), b"Content-Encoding: " + encoding))).body == body

    def test_chunks_and_bodies_without_length_are_read_to_their_end(self, home: Path) -> None:
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        assert fetch(home, answering(chunked)).body == b"abcde"

    def test_a_body_without_length_ends_with_the_connection(self, tmp_path: Path) -> None:
        assert fetch(tmp_path / "home", answering(b"HTTP/1.0 200 OK\r\n\r\nabc")).body == b"abc"


class TestLimits:
    def test_a_server_that_never_answers_is_left_in_time(self, home: Path) -> None:
        assert refused(home, lambda _c, _h: time.sleep(HANGS), HURRIED) == "net.too_slow"

    @pytest.mark.parametrize(
        "before", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
    )
    def test_a_server_that_drips_is_left_in_time(self, home: Path, before: bytes) -> None:
        def drip(connection: socket.socket, _head: bytes) -> None:
            connection.sendall(before)
            for _ in range(HANGS * 30):
                connection.sendall(b"a")
                time.sleep(0.03)

        assert refused(home, drip, HURRIED) == "net.too_slow"

    def test_a_chain_of_slow_redirects_shares_one_deadline(self, home: Path) -> None:
        def slow(connection: socket.socket, _head: bytes) -> None:
            time.sleep(0.25)
            connection.sendall(redirect("/again"))

        limits = Limits(seconds=0.6, bytes=1000, redirects=100)
        assert refused(home, slow, limits) == "net.too_slow"

    def test_a_name_that_is_looked_up_forever_is_left_in_time(self) -> None:
        def stuck(_host: str, _port: int) -> list[str]:
            time.sleep(HANGS)
            return ["8.8.8.8"]

        began = time.monotonic()
        with pytest.raises(OutsideSilent, match=r"net\.too_slow"):
            Door(resolver=stuck).get("http://leak.example/", HURRIED)
        with pytest.raises(OutsideSilent, match=r"net\.too_slow"):
            Door(resolver=stuck).connect("leak.example", 443, 0.3)
        assert time.monotonic() - began < 0.6 + 0.3 + SLACK

    def test_a_server_that_never_reads_does_not_hold_a_post(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            door = Door(infrastructure=[("127.0.0.1", port)])
            with pytest.raises(OutsideSilent, match=r"net\.too_slow"):
                door.post_infrastructure(f"http://127.0.0.1:{port}/", bytes(30_000_000), "a/b", HURRIED)

    @pytest.mark.parametrize(
        "endless",
        [b"X-Header: again\r\n", b"X: " + b"y" * 70_000, b"y" * 70_000],
        ids=["headers", "long header", "header without end"],
    )
    def test_headers_without_end_are_cut_off(self, home: Path, endless: bytes) -> None:
        def flood(connection: socket.socket, _head: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(10_000):
                connection.sendall(endless)

        assert refused(home, flood) in {"net.not_http", "net.too_big"}

    def test_interim_answers_without_end_are_cut_off(self, home: Path) -> None:
        assert refused(home, answering(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000)) in {"net.not_http", "net.too_big"}

    def test_a_body_over_the_limit_is_cut_off(self, home: Path) -> None:
        assert fetch(home, answering(ok(bytes(100_000)))).body == bytes(100_000)
        assert refused(home, answering(ok(bytes(100_001)))) == "net.too_big"
        assert refused(home, answering(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(10_000_000))) == "net.too_big"
        endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + bytes(4096) + b"\r\n"
        assert refused(home, answering(endless + (b"1000\r\n" + bytes(4096) + b"\r\n") * 500)) == "net.too_big"

    @pytest.mark.parametrize("encoding", [b"gzip", b"deflate"])
    def test_a_compression_bomb_ends_at_the_limit(self, home: Path, encoding: bytes) -> None:
        fold = gzip.compress if encoding == b"gzip" else zlib.compress
        bomb = fold(bytes(50_000_000))
        assert len(bomb) < LIMITS.bytes
        script = answering(ok(bomb, b"Content-Encoding: " + encoding))
        tracemalloc.start()
        assert refused(home, script) == "net.too_big"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000  # of fifty that it would unfold to

    @pytest.mark.parametrize("missing", [1, 5, 20])
    def test_a_body_that_breaks_off_is_not_shown_as_whole(self, home: Path, missing: int) -> None:
        whole = ok(b"x" * 5000)
        assert refused(home, answering(whole[:-missing])) == "net.cut"
        folded = gzip.compress(b"x" * 50)[:-missing]
        assert refused(home, answering(ok(folded, b"Content-Encoding: gzip"))) == "net.cut"
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n" + b"x" * 30 + b"\r\n"
        assert refused(home, answering(chunked[:-missing])) == "net.cut"

    @pytest.mark.parametrize("encoding", [b"br", b"gzip, gzip", b"nonsense"])
    def test_a_compression_not_asked_for_is_named(self, home: Path, encoding: bytes) -> None:
        assert refused(home, answering(ok(b"x", b"Content-Encoding: " + encoding))) == "net.encoding"

    @pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH_9\r\n", b"\x15\x03\x01\x00\x02", b"HTTP/1.1 abc\r\n\r\n"])
    def test_what_is_no_web_server_is_named(self, home: Path, raw: bytes) -> None:
        assert refused(home, answering(raw)) == "net.not_http"

    def test_a_server_that_hangs_up_in_the_middle_is_named(self, home: Path) -> None:
        def reset(connection: socket.socket, _head: bytes) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        assert refused(home, reset) == "net.cut"

    def test_nobody_listening_is_named(self, home: Path) -> None:
        with dead_port() as port, pytest.raises(OutsideSilent, match=r"net\.unreachable"):
            door_to(home, port).get(f"http://leak.example:{port}/", LIMITS)

    def test_an_unknown_name_is_named(self) -> None:
        def unknown(_host: str, _port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        nobody: Resolver = lambda _host, _port: []  # noqa: E731
        for resolver in (unknown, nobody):
            with pytest.raises(OutsideSilent, match=r"net\.unknown_name"):
                Door(resolver=resolver).resolve("leak.example", 443)


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_followed_and_the_way_is_kept(self, home: Path, status: int) -> None:
        def script(connection: socket.socket, head: bytes) -> None:
            first = head.startswith(b"GET / ")
            connection.sendall(redirect("/صورة 1?a=b", status) if first else ok(head.split()[1]))

        with serving(script) as port:
            answer = door_to(home, port).get(f"http://leak.example:{port}/", LIMITS)
        assert answer.body == b"/%D8%B5%D9%88%D8%B1%D8%A9%201?a=b"
        assert answer.redirects == (f"http://leak.example:{port}/",)
        assert answer.url == f"http://leak.example:{port}/صورة%201?a=b"

    def test_redirects_without_end_are_cut_off(self, home: Path) -> None:
        seen: list[bytes] = []

        def script(connection: socket.socket, head: bytes) -> None:
            seen.append(head)
            connection.sendall(redirect(f"/{len(seen)}"))

        assert refused(home, script) == "net.too_many_redirects"
        assert len(seen) == LIMITS.redirects + 1

    @pytest.mark.parametrize(
        ("to", "code", "reason"),
        [
            ("http://169.254.169.254/latest/meta-data/", "net.address", Refusal.LINK_LOCAL),
            ("http://[::ffff:169.254.169.254]/", "net.address", Refusal.LINK_LOCAL),
            ("http://10.0.0.1/", "net.address", Refusal.NOT_GLOBAL),
            ("http://0x7f000001/", "net.address", Refusal.LOOPBACK),
            ("//127.0.0.1:1/", "net.address", Refusal.LOOPBACK),
            ("https://[fd00::1]/", "net.address", Refusal.NOT_GLOBAL),
            ("http://inner.example/", "net.address", Refusal.NOT_GLOBAL),
            ("file:///etc/passwd", "net.scheme", None),
            ("gopher://leak.example/", "net.scheme", None),
            ("http://user@leak.example/", "net.userinfo", None),
            ("http://8.8.8.8:25/", "net.port", None),
            ("http://a b/", "net.not_http", None),
            ("http://[::1/", "net.not_http", None),
        ],
    )
    def test_each_redirect_is_judged_like_the_first_address(
        self, home: Path, to: str, code: str, reason: Refusal | None
    ) -> None:
        def resolver(host: str, _port: int) -> list[str]:
            return ["10.0.0.7"] if host == "inner.example" else ["127.0.0.1"]

        with serving(answering(redirect(to))) as port:
            door = door_to(home, port, resolver=resolver)
            with pytest.raises(OutsideSilent) as found:
                door.get(f"http://leak.example:{port}/", LIMITS)
        assert (found.value.code, found.value.data.get("reason")) == (code, reason)

    def test_a_name_that_answers_otherwise_the_second_time_gets_nothing_by_it(self, home: Path) -> None:
        """DNS rebinding: one look-up a request, and the connection goes to what was looked up and judged."""
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])
        asked: list[str] = []

        def rebinding(host: str, _port: int) -> list[str]:
            asked.append(host)
            return next(answers)

        with serving(answering(ok(b"x"))) as port:
            door = door_to(home, port, resolver=rebinding)
            assert door.get(f"http://leak.example:{port}/", LIMITS).body == b"x"
            assert asked == ["leak.example"]
            with pytest.raises(OutsideSilent, match=r"net\.address"):
                door.get(f"http://leak.example:{port}/", LIMITS)

    def test_a_name_that_rebinds_between_redirects_is_refused(self, home: Path) -> None:
        answers = iter([["127.0.0.1"], ["192.168.1.1"]])
        with serving(answering(redirect("/next"))) as port:
            door = door_to(home, port, resolver=lambda _host, _port: next(answers))
            with pytest.raises(OutsideSilent, match=r"net\.address"):
                door.get(f"http://leak.example:{port}/", LIMITS)


class TestConnecting:
    def test_resolve_then_connect_goes_to_the_checked_address(self, home: Path) -> None:
        with serving(answering(b"hello")) as port:
            door = door_to(home, port)
            with door.connect_pinned(door.resolve("leak.example", port), 3) as sock:
                sock.sendall(b"\r\n\r\n")
                assert sock.recv(100) == b"hello"
            with door.connect("leak.example", port, 3) as sock:
                assert sock.getpeername() == ("127.0.0.1", port)

    def test_a_second_checked_address_is_tried_when_the_first_is_silent(self, home: Path) -> None:
        with serving(answering(ok(b"x"))) as port:
            door = door_to(home, port, resolver=lambda _host, _port: ["::1", "127.0.0.1"])
            assert door.get(f"http://leak.example:{port}/", LIMITS).body == b"x"


class TestInfrastructure:
    def test_what_the_operator_named_is_reached_at_exactly_that_host_and_port(self) -> None:
        heads: list[bytes] = []

        def script(connection: socket.socket, head: bytes) -> None:
            # The body may come in a packet of its own; connect_infrastructure below sends none at all.
            while head and not head.endswith(b"query"):
                head += connection.recv(100)
            heads.append(head)
            connection.sendall(ok(b"granted"))

        with serving(script) as port:
            door = Door(infrastructure=[("TSA.example.", port)], resolver=lambda _host, _port: ["127.0.0.1"])
            answer = door.post_infrastructure(
                f"http://tsa.example:{port}/tsr", b"query", "application/timestamp-query", LIMITS
            )
            assert answer.body == b"granted"
            door.connect_infrastructure("tsa.example", port, 3).close()
            for host, other in (("tsa.example", port + 1), ("127.0.0.1", port), ("mail.example", port)):
                with pytest.raises(OutsideSilent, match=r"net\.not_infrastructure"):
                    door.connect_infrastructure(host, other, 3)
        assert b"Content-Type: application/timestamp-query\r\n" in heads[0]
        assert b"Content-Length: 5\r\n" in heads[0]
        assert heads[0].endswith(b"\r\n\r\nquery")

    @pytest.mark.parametrize("named", ["mail.example", "127.0.0.1", "8.8.8.8"])
    def test_infrastructure_is_not_reached_by_an_address_from_a_person(self, home: Path, named: str) -> None:
        mark_throw_away(home)
        door = Door([(named, 8080)], LoopbackPass(home, [8080]), resolver=lambda _host, _port: ["8.8.8.8"])
        with pytest.raises(OutsideSilent, match=r"net\.address") as found:
            door.get(f"http://{named}:8080/", LIMITS)
        assert found.value.data["reason"] == Refusal.INFRASTRUCTURE

    @pytest.mark.parametrize("number", ["127.0.0.1", "::ffff:127.0.0.1"])
    def test_another_name_for_a_named_number_does_not_reach_it_either(self, home: Path, number: str) -> None:
        mark_throw_away(home)
        door = Door([("127.0.0.1", 8080)], LoopbackPass(home, [8080]), resolver=lambda _host, _port: [number])
        with pytest.raises(OutsideSilent, match=r"net\.address") as found:
            door.connect("other.example", 8080, 1)
        assert found.value.data["reason"] == Refusal.INFRASTRUCTURE

    def test_a_redirect_of_infrastructure_is_handed_back_and_not_followed(self) -> None:
        with serving(answering(redirect("http://127.0.0.1:1/"))) as port:
            door = Door([("127.0.0.1", port)])
            answer = door.post_infrastructure(f"http://127.0.0.1:{port}/", b"", "a/b", LIMITS)
        assert (answer.status, answer.redirects) == (302, ())


class TestThePass:
    def test_without_the_pass_loopback_is_refused(self) -> None:
        with serving(answering(ok(b"x"))) as port, pytest.raises(OutsideSilent, match=r"net\.address"):
            Door().get(f"http://127.0.0.1:{port}/", LIMITS)

    def test_it_opens_exactly_its_ports_and_only_loopback(self, home: Path) -> None:
        with serving(answering(ok(b"x"))) as port, serving(answering(ok(b"secret"))) as other:
            door = door_to(home, port)
            assert door.get(f"http://127.0.0.1:{port}/", LIMITS).body == b"x"
            with pytest.raises(OutsideSilent, match=r"net\.address"):
                door.get(f"http://127.0.0.1:{other}/", LIMITS)
            for host in ("10.0.0.1", "169.254.169.254", "[fe80::1]"):
                with pytest.raises(OutsideSilent, match=r"net\.address"):
                    door.get(f"http://{host}:{port}/", LIMITS)

    def test_it_cannot_be_made_for_a_home_without_the_mark(self, home: Path) -> None:
        with pytest.raises(Locked, match=r"net\.not_throw_away"):
            LoopbackPass(home, [8080])
        (home / ".sitr-throw-away").write_text("something else")
        with pytest.raises(Locked, match=r"net\.not_throw_away"):
            LoopbackPass(home, [8080])

    def test_a_home_that_holds_something_cannot_be_marked(self, home: Path) -> None:
        (home / "sitr.sqlite3").write_bytes(b"cases")
        with pytest.raises(Locked, match=r"net\.home_in_use"):
            mark_throw_away(home)
        assert not is_throw_away(home)

    def test_a_link_to_another_homes_mark_is_none(self, home: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        mark_throw_away(other)
        (home / ".sitr-throw-away").symlink_to(other / ".sitr-throw-away")
        assert is_throw_away(other)
        assert not is_throw_away(home)

    def test_marking_twice_changes_nothing_and_removing_the_mark_ends_the_pass(self, home: Path) -> None:
        mark_throw_away(home)
        (home / "sitr.sqlite3").write_bytes(b"demo")
        mark_throw_away(home)
        with serving(answering(ok(b"x"))) as port:
            door = door_to(home, port)
            (home / ".sitr-throw-away").unlink()
            with pytest.raises(OutsideSilent, match=r"net\.address"):
                door.get(f"http://127.0.0.1:{port}/", LIMITS)


def test_no_log_no_error_and_no_value_shows_an_address(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    word = "".join(("can", "ary"))  # in two parts, so that a traceback's source lines do not hold it
    shown = ""
    with serving(answering(redirect(f"http://{word}.example/{word}"))) as port:
        door = door_to(home, port, resolver=lambda host, _port: ["10.0.0.1"] if word in host else ["127.0.0.1"])
        for url in (f"http://a.example:{port}/{word}", f"http://{word}@a.example/", f"{word}://x", f"http://{word} x/"):
            with pytest.raises((BadInput, OutsideSilent)) as found:
                door.get(url, LIMITS)
            shown += "".join(traceback.format_exception(found.value)) + repr(found.value)
    with serving(answering(ok(word.encode(), f"X-A: {word}".encode()))) as port:
        door = door_to(home, port)
        shown += repr(door.get(f"http://{word}.example:{port}/", LIMITS)) + repr(door.resolve(word, port))
    assert "net.address" in shown
    assert word not in shown
    assert caplog.text == ""
