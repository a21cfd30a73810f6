"""Whose turn it is at a host, written down before each request: so several workers, and one that was killed and began
again, never come twice within a host's gap.

A host is named by a keyed digest that nobody can make without this installation's signer, which lies outside of the
database and its backups; a turn is forgotten as soon as its time is past.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sitr.cases.models import HostTurn
from sitr.cases.services import Services
from sitr.cases.work import bookkeeping


class HostTurns:
    """The turns of this installation (`sitr.finding.Turns`)."""

    def __init__(self, services: Services) -> None:
        self._now = services.now
        # Ed25519 signs without chance (RFC 8032): the same key at each start.
        self._key = hashlib.sha256(b"sitr-host-turns-v1\x00" + services.signer.sign(b"sitr-host-turns-v1")).digest()

    def take(self, host: str, gap: float) -> float:
        """As `Turns`."""
        with bookkeeping():
            now = self._now()
            row, made = HostTurn.objects.select_for_update().get_or_create(
                pk=self._name(host), defaults={"free_at": now + timedelta(seconds=gap)}
            )
            if not made and row.free_at > now:
                return float((row.free_at - now).total_seconds())
            row.free_at = now + timedelta(seconds=gap)
            row.save(force_update=True)
            HostTurn.objects.filter(free_at__lte=now).delete()
        return 0.0

    def close(self, host: str, until: datetime) -> None:
        """As `Turns`."""
        with bookkeeping():
            row, made = HostTurn.objects.select_for_update().get_or_create(
                pk=self._name(host), defaults={"free_at": until}
            )
            if not made and row.free_at < until:
                row.free_at = until
                row.save(force_update=True)

    def _name(self, host: str) -> str:
        return hmac.new(self._key, host.encode(), hashlib.sha256).hexdigest()[:32]
