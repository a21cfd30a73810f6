"""Tables of the shared index and of those who may ask it. In clear, and so said: the server reads these.

Belongs here: rows that know no case. What leads from a case to its row is sealed in the case (`Consent`). Decision
0019.
"""

from enum import StrEnum
from typing import ClassVar

from django.db import models

from sitr.cases.models import Guarded


class SharedPhoto(Guarded):
    """The shareable part of one photo's fingerprint: rows of 34 bytes, view, quality, PDQ (`shared_rows`).

    `id` is 63 bits of chance. It is the row's place in SQLite's table, too, so that rows lie in no order of time; it is
    never counted up. No case, no hour, no size of the photo.
    """

    id = models.BigAutoField(primary_key=True)
    hashes = models.BinaryField()


class SharedChange(Guarded):
    """That an entry came or went, for the servers that hold the index in memory. Swept after some minutes: it says in
    which order entries changed, and a journal says when its case consented."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.BigIntegerField()
    at = models.DateTimeField()


class SharedCount(Guarded):
    """One row: how many changes there were. Whoever holds the index asks this number each second."""

    number = models.BigIntegerField()


class PartnerState(StrEnum):
    """`ended`: the key opens nothing any more."""

    ACTIVE = "active"
    ENDED = "ended"


class Partner(Guarded):
    """One who may ask the matching service: a name that the operator gave, a digest of the key, and how much was asked.

    Use is counted in hashes, for the present day and minute only: what was asked stands nowhere.
    """

    id = models.CharField(max_length=32, primary_key=True)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=[(s, s) for s in PartnerState])
    since_hour = models.DateTimeField()
    per_day = models.PositiveIntegerField()
    per_minute = models.PositiveIntegerField()
    day = models.DateField(null=True)
    day_used = models.PositiveIntegerField(default=0)
    minute = models.BigIntegerField(default=0)
    minute_used = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["since_hour", "id"]
