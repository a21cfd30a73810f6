"""A `sitr` with a real database, a mailbox in memory and a small site on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.cli_desk import BuiltWire, Desk

from sitr import wiring
from sitr.cli.demo.leaksite import LeakSite, leak_site
from sitr.cli.demo.photographs import find_photographs
from sitr.net import LoopbackPass
from sitr.settings import SITR
from sitr.takedown import Delivery, DeliveryState, MemoryMailer
from sitr.vault import KdfParams

if TYPE_CHECKING:
    from sitr.cases.services import Services


@pytest.fixture(scope="session")
def site() -> Iterator[LeakSite]:
    """The leak site of the demo; a test that takes it down puts it back."""
    with leak_site(find_photographs()) as running:
        yield running


@pytest.fixture(scope="session")
def services(django_db_setup: None, django_db_blocker: Any, site: LeakSite) -> "Services":
    """Built once: reading the facts and migrating take longer than any test. A passphrase costs little here."""
    cheap = KdfParams(passes=1, memory_kib=8, lanes=1)
    with django_db_blocker.unblock():
        return wiring.build(SITR, loopback=LoopbackPass(SITR.home, [site.port]), kdf=cheap)


@pytest.fixture
def desk(transactional_db: None, services: "Services", tmp_path: Path) -> Desk:
    """An empty database, and nobody's passphrase yet."""
    mailer = MemoryMailer(Delivery(DeliveryState.SENT, ""), [])
    return Desk(BuiltWire(replace(services, mailer=mailer), SITR), mailer, tmp_path)
