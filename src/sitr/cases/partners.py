"""Those who may ask the matching service: keys, quotas, their end.

A key is 256 bits of chance, shown once; stored are its digest and a prefix to find it by. Use is counted in the
database, in one statement, so that several server processes agree; what was asked is stored nowhere.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from sitr.cases.models import writing_allowed
from sitr.cases.services import Services, whole_hour
from sitr.cases.shared_models import Partner, PartnerState
from sitr.errors import AnswerIsNo, BadInput, Locked, NotFound

PER_DAY = 10_000
MOST_PER_DAY = 100_000_000
_NAME = re.compile(r"[^\W_][\w .@()-]{0,79}")
_KEY = re.compile(r"sitr_([a-z2-7]{8})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"nobody's key").hexdigest()


class QuotaSpent(AnswerIsNo):
    """As much was asked as this partner may; `seconds` says when it may again."""

    http_status: ClassVar[int] = 429


@dataclass(frozen=True)
class NewPartner:
    """A partner who was just added. `key` is shown once and nowhere kept."""

    id: str
    name: str
    per_day: int
    per_minute: int
    key: str = field(repr=False)


@dataclass(frozen=True)
class PartnerView:
    """A partner as listed; `used_today` counts hashes that were asked about."""

    id: str
    name: str
    state: str
    since_hour: datetime
    per_day: int
    per_minute: int
    used_today: int


def add(services: Services, name: str, per_day: int = PER_DAY) -> NewPartner:
    """Let somebody ask. `per_day` hashes; in one minute a sixtieth of it, and at least a request's hundred.

    Raises BadInput `cases.partner_name`, `cases.partner_quota`.
    """
    if not _NAME.fullmatch(name):
        raise BadInput("cases.partner_name")
    if not 1 <= per_day <= MOST_PER_DAY:
        raise BadInput("cases.partner_quota", most=MOST_PER_DAY)
    prefix = base64.b32encode(services.random_bytes(5)).decode().lower()
    key = f"sitr_{prefix}_{base64.urlsafe_b64encode(services.random_bytes(32)).decode().rstrip('=')}"
    row = Partner(
        id=services.new_id(), name=name, prefix=prefix, digest=_digest(key), state=PartnerState.ACTIVE,
        since_hour=whole_hour(services.now()), per_day=per_day, per_minute=max(100, per_day // 60),
    )  # fmt: skip
    with writing_allowed():
        row.save(force_insert=True)
    return NewPartner(row.id, name, per_day, row.per_minute, key)


def _digest(key: str) -> str:
    # Plain, not stretched: a key of 256 random bits cannot be tried out.
    return hashlib.sha256(b"sitr-partner-v1\x00" + key.encode()).hexdigest()


def list_partners(services: Services) -> list[PartnerView]:
    """All partners, those who ended among them."""
    today = _day(services.now())
    return [
        PartnerView(
            row.id, row.name, row.state, row.since_hour, row.per_day, row.per_minute,
            row.day_used if row.day == today else 0,
        )
        for row in Partner.objects.all()
    ]  # fmt: skip


def end(services: Services, partner_id: str) -> None:  # noqa: ARG001  the stores are Django's
    """Take a key away, at once. Raises NotFound."""
    with writing_allowed(), transaction.atomic():
        rows = Partner.objects.filter(pk=partner_id, state=PartnerState.ACTIVE)
        if not rows.update(state=PartnerState.ENDED, digest=_NOBODY):
            raise NotFound("cases.no_partner")


def known(untrusted_key: str) -> str:
    """The partner whose key this is. Raises Locked `cases.partner_unknown`, the same for every reason."""
    found = _KEY.fullmatch(untrusted_key)
    row = Partner.objects.filter(prefix=found[1]).first() if found else None
    said = row.digest if row else _NOBODY
    if not hmac.compare_digest(_digest(untrusted_key), said) or row is None or row.state != PartnerState.ACTIVE:
        raise Locked("cases.partner_unknown")
    return str(row.id)


def spend(services: Services, partner_id: str, hashes: int) -> None:
    """Count `hashes` against a partner's day and minute. Raises QuotaSpent `cases.quota_day`, `cases.quota_minute`;
    then nothing is counted."""
    now = services.now()
    day, minute = _day(now), int(now.timestamp()) // 60
    same_day, same_minute = Q(day=day), Q(minute=minute)
    fits = (~same_day | Q(day=None) | Q(day_used__lte=F("per_day") - hashes)) & (
        ~same_minute | Q(minute_used__lte=F("per_minute") - hashes)
    )
    rows = Partner.objects.filter(fits, pk=partner_id, per_day__gte=hashes, per_minute__gte=hashes)
    with writing_allowed(), transaction.atomic():
        counted = rows.update(
            day_used=Case(When(same_day, then=F("day_used") + hashes), default=Value(hashes)),
            minute_used=Case(When(same_minute, then=F("minute_used") + hashes), default=Value(hashes)),
            day=day, minute=minute,
        )  # fmt: skip
    if not counted:
        raise _why(partner_id, hashes, now)


def _why(partner_id: str, hashes: int, now: datetime) -> AnswerIsNo:
    row = Partner.objects.get(pk=partner_id)
    if hashes > row.per_day or (row.day == _day(now) and row.day_used + hashes > row.per_day):
        midnight = datetime.combine(_day(now) + timedelta(days=1), datetime.min.time(), UTC)
        return QuotaSpent("cases.quota_day", seconds=int((midnight - now).total_seconds()) + 1, most=row.per_day)
    return QuotaSpent("cases.quota_minute", seconds=60 - int(now.timestamp()) % 60, most=row.per_minute)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
