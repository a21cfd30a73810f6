"""The matching service under load: a million hashes, one server as `sitr start` runs it, clients on kept connections.

    python -m benchmarks.match_api [--hashes 1000000] [--clients 4] [--seconds 10]

Prints a line a batch size: questions and hashes a second, median and 95th percentile of an answer in milliseconds, and
the server's own processor time a question (which other work on the machine does not lengthen); and
how long the server takes to be ready, to forget a withdrawn photo, and to take in a new one. Hashes are chance: half of
the asked ones lie 0 to 31 bits from an entry. Everything lies in a throw-away home on SQLite.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sitr.cases.services import Services

HOST, PORT, EACH = "match.bench.example", 8467, 21


def main() -> None:
    """Fill, serve, ask, print."""
    read = argparse.ArgumentParser()
    read.add_argument("--hashes", type=int, default=1_000_000)
    read.add_argument("--clients", type=int, default=4)
    read.add_argument("--seconds", type=float, default=10.0)
    wish = read.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(SITR_HOME=home, SITR_MATCH=HOST)
        services, key, stored = filled(wish.hashes)
        begun = time.perf_counter()
        with server(home) as process:
            until(lambda: asked(key, stored[:1])["results"][0]["match"] is True, 120)
            print(f"{len(stored):,} hashes; ready to answer after {time.perf_counter() - begun:.1f} s")
            print(f"withdrawn: out after {forgotten(key, stored[0]):.2f} s")
            print(f"new: known after {taken_in(services, key):.2f} s; load {os.getloadavg()[0]:.1f}")
            for batch in (1, 10, 100):
                spent = processor(process)
                told, questions = load(key, stored, batch, wish.clients, wish.seconds)
                print(f"{told}, {(processor(process) - spent) / questions * 1000:.1f} ms of processor")


def filled(count: int) -> "tuple[Services, str, np.ndarray]":
    """A home with so many random hashes and one partner; gives services, key and the hashes, shape (n, 32)."""
    from sitr.settings import SITR
    from sitr.wiring import build

    services = build(SITR)
    from django.db import connection

    from sitr.cases import partners
    from sitr.cases.models import writing_allowed
    from sitr.cases.shared_models import Partner

    dice = np.random.default_rng(1)
    photos = -(-count // EACH)
    hashes = dice.integers(0, 256, (photos, EACH, 32), np.uint8)
    views = np.broadcast_to(np.arange(EACH, dtype=np.uint8)[None, :, None], (photos, EACH, 1))
    rows = np.concatenate([views, np.full_like(views, 90), hashes], axis=2).reshape(photos, -1)
    ids = dice.choice(2**62, photos, replace=False) if photos < 10**4 else dice.integers(1, 2**62, photos)
    with connection.cursor() as cursor:  # the verbs would make a case and a photo for each
        values = [(int(i), row.tobytes()) for i, row in zip(ids, rows, strict=True)]
        cursor.execute("BEGIN")
        cursor.executemany("INSERT INTO cases_sharedphoto (id, hashes) VALUES (%s, %s)", values)
        cursor.execute("INSERT INTO cases_sharedcount (id, number) VALUES (1, 0)")
        cursor.execute("COMMIT")
    made = partners.add(services, "Bench", partners.MOST_PER_DAY)
    with writing_allowed():
        Partner.objects.update(per_minute=partners.MOST_PER_DAY)
    return services, made.key, hashes.reshape(-1, 32)


@contextmanager
def server(home: str) -> Iterator[int]:
    """`sitr start` over this home; gives its process."""
    env = {**os.environ, "SITR_HOME": home}
    log = Path(home) / "log"
    with log.open("wb") as out:
        running = subprocess.Popen([sys.executable, "-m", "sitr", "start", "--port", str(PORT)], env=env, stdout=out)
        try:
            yield running.pid
        finally:
            running.terminate()
            running.wait(20)


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something comes true."""
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        try:
            if holds():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit("the server did not come")


def body(hashes: np.ndarray) -> bytes:
    """A question about these hashes."""
    return json.dumps({"hashes": [{"pdq": one.tobytes().hex(), "quality": 90} for one in hashes]}).encode()


def asked(key: str, hashes: np.ndarray, line: http.client.HTTPConnection | None = None, said: bytes = b"") -> dict:  # type: ignore[type-arg]
    """One question on a connection."""
    line = line or http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    headers = {"Host": HOST, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    line.request("POST", "/api/match", said or body(hashes), headers)
    answer = line.getresponse()
    told = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{answer.status} {told[:200]!r}")
    found: dict = json.loads(told)  # type: ignore[type-arg]
    return found


def forgotten(key: str, pdq: np.ndarray) -> float:
    """Seconds from the removal of a photo's row to the first answer that does not know it."""
    from django.db import connection

    from sitr.cases import shared_rows
    from sitr.cases.work import bookkeeping

    entry = int(asked(key, pdq[None])["results"][0]["id"], 16)
    with bookkeeping():
        from datetime import UTC, datetime

        shared_rows.drop([entry], datetime.now(UTC))
    connection.close()
    begun = time.perf_counter()
    until(lambda: asked(key, pdq[None])["results"][0]["match"] is False, 30)
    return time.perf_counter() - begun


def taken_in(services: "Services", key: str) -> float:
    """Seconds from the writing of a new photo's row to the first answer that knows it."""
    from datetime import UTC, datetime

    from django.db import connection

    from sitr.cases import shared_rows
    from sitr.cases.work import bookkeeping

    pdq = np.random.default_rng(2).integers(0, 256, 32, np.uint8)
    if asked(key, pdq[None])["results"][0]["match"]:
        raise SystemExit("the new hash was known before")
    with bookkeeping():
        shared_rows.put(services, bytes([0, 90]) + pdq.tobytes(), datetime.now(UTC))
    connection.close()
    begun = time.perf_counter()
    until(lambda: asked(key, pdq[None])["results"][0]["match"] is True, 30)
    return time.perf_counter() - begun


def load(key: str, stored: np.ndarray, batch: int, clients: int, seconds: float) -> tuple[str, int]:
    """So many clients asking as fast as they are answered: what is said of it, and how many questions."""
    times: list[float] = []
    ends = time.perf_counter() + seconds

    def client(number: int) -> None:
        dice = np.random.default_rng(number)
        line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        questions = [body(near(stored, batch, dice)) for _ in range(8)]
        while time.perf_counter() < ends:
            begun = time.perf_counter()
            asked(key, stored[:0], line, questions[len(times) % 8])
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    middle, late = np.percentile(times, [50, 95]) * 1000
    rate = len(times) / took
    told = f"of {batch:>3}: {rate:6.1f} questions/s, {rate * batch:6.0f} hashes/s, {middle:.1f} ms, p95 {late:.1f}"
    return told, len(times)


def processor(process: int) -> float:
    """Seconds of processor time of a process and its children (proc(5): parent, utime, stime)."""
    total, tick = 0, os.sysconf("SC_CLK_TCK")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == process or int(after[1]) == process:
            total += int(after[11]) + int(after[12])
    return total / tick


def near(stored: np.ndarray, batch: int, dice: np.random.Generator) -> np.ndarray:
    """Half of them chance, half 0 to 31 bits from an entry."""
    made = dice.integers(0, 256, (batch, 32), np.uint8)
    for row in range(0, batch, 2):
        bits = np.unpackbits(stored[dice.integers(len(stored))])
        bits[dice.choice(256, dice.integers(0, 32), replace=False)] ^= 1
        made[row] = np.packbits(bits)
    return made


if __name__ == "__main__":
    main()
