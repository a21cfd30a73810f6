"""A PostgreSQL of a test's own, with the settings that `./test` uses, whose whole folder and log can be searched."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Cluster:
    """`folder` holds the data folder, the server's log and its socket."""

    folder: Path
    programs: Path

    def run(self, *command: str) -> bytes:
        """Run one of PostgreSQL's own programs as whoever owns the cluster; its output."""
        # initdb refuses root: then Debian's `postgres` user owns the cluster.
        who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        program = [str(self.programs / command[0]), *command[1:]]
        done = subprocess.run([*who, *program], capture_output=True, cwd="/", check=False, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-500:]}")
        return done.stdout

    def stop(self) -> None:
        """Stop the server in order, so that everything is in its files."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "-w", "stop")

    def dump(self) -> bytes:
        """Every row as text: what the server itself packs (TOAST) is unpacked here."""
        return self.run("pg_dump", "-h", str(self.folder / "socket"), "-U", "sitr", "--inserts", "postgres")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server, reached only through the socket in its folder. Skips where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="sitr-pg.", dir="/tmp"))  # short: a socket's path has at most 107 bytes
    made = Cluster(folder, found[-1].parent)
    try:
        (folder / "socket").mkdir()
        if os.geteuid() == 0:
            for path in (folder, folder / "socket"):
                shutil.chown(path, "postgres", "postgres")
        data, log = str(folder / "data"), str(folder / "log")
        made.run("initdb", "-D", data, "-U", "sitr", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = f"-c listen_addresses='' -k {folder / 'socket'} -c fsync=off -c full_page_writes=off"
        made.run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield made
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                made.run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
