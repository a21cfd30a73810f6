"""What every test stands on: a home of its own, no network beyond this machine, and the real settings module.

The home is named before Django reads its settings, one for each process, so that tests may run side by side.
"""

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from itertools import islice
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings

from sitr.net import mark_throw_away

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
HOME = Path(tempfile.mkdtemp(prefix=f"sitr-tests-{_WORKER}-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

# A shell that starts a run in the background has it ignore interrupts, and so would every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

mark_throw_away(HOME)  # so that a test may hold a pass to a loopback server of its own

for _name in ("SITR_KNOWLEDGE", "SITR_SMTP", "SITR_SMTP_FROM", "SITR_TSA", "SITR_OTS", "SITR_ACCEPT_UNCONFINED"):
    os.environ.pop(_name, None)
os.environ.pop("SITR_PASSPHRASE_FILE", None)
os.environ["SITR_HOME"] = str(HOME)
# Named here and not in pyproject.toml: pytest-django would read the settings before this file is read.
os.environ["DJANGO_SETTINGS_MODULE"] = "sitr.settings"


class NetworkInTests(BaseException):
    """A test reached beyond this machine. Not an Exception, so that no code under test can take it for an answer."""


def _is_here(host: Any) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _no_network(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook sees every connection and every look-up of a name, whichever library makes it."""
    if event == "socket.getaddrinfo":
        # Reading an address that is already numeric asks nobody.
        host = arguments[0]
        try:
            ip_address(host.decode() if isinstance(host, bytes) else host or "127.0.0.1")
        except ValueError:
            if not _is_here(host):
                raise NetworkInTests(f"look-up of {host!r}") from None
    elif event == "socket.connect" and isinstance(arguments[1], tuple) and not _is_here(arguments[1][0]):
        raise NetworkInTests(f"connection to {arguments[1][0]!r}")


sys.addaudithook(_no_network)


def pytest_configure() -> None:
    """Read the settings now; pytest-django then sets Django up, before any test file is collected.

    No example of hypothesis has a deadline, nor has the making of examples: a busy machine is no defect.
    """
    hypothesis.settings.register_profile("sitr", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("sitr")
    settings.DATABASES  # noqa: B018 reading one reads all


def pytest_unconfigure() -> None:
    """Remove the home: xdist ends its workers without the calls that `atexit` keeps."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is loaded stays to the end: looking through it for garbage again and again took a sixth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the long ones: begun last, one of them would go on alone at the end.

    pytest-xdist gives each worker a run of neighbours and lets who has none left take from the end of another's.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("browser") or item.get_closest_marker("heavy")]
    first = set(long)
    rest = iter([item for item in items if item not in first])
    left, dealt = len(items), list[pytest.Item]()
    for number in range(workers):
        share = left // (workers - number)
        own = long[number::workers]
        dealt += [*own, *islice(rest, max(0, share - len(own)))]
        left -= share
    items[:] = [*dealt, *rest]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker inherits this environment: settings named in it would be read before the worker has its home."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty private folder to be used as a home."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """The databases, once; afterwards none is filled again with Django's own permissions, which Sitr never reads.

    Django does that after each test that empties the tables: a fifth of a second each on PostgreSQL. Nor are the tables
    truncated there: PostgreSQL then makes every table's and index's files anew, which costs the server as much again.
    """
    from django.contrib.auth.management import create_permissions
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db import connections
    from django.db.models.signals import post_migrate

    assert post_migrate.disconnect(create_contenttypes)
    assert post_migrate.disconnect(create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions")
    for one in connections.all():
        if one.vendor == "postgresql":
            pytest.MonkeyPatch().setattr(one.ops, "sql_flush", _rows_deleted(one.ops.quote_name))


def _rows_deleted(quote_name: Callable[[str], str]) -> Callable[..., list[str]]:
    """Django's `sql_flush`, deleting rows: foreign keys are looked at when all is gone, at the transaction's end."""

    def sql_flush(_style: object, tables: Iterable[str], **_options: bool) -> list[str]:
        return ["; ".join(" ".join(("DELETE FROM", quote_name(one))) for one in sorted(tables))]

    return sql_flush
