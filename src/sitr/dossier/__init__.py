"""The dossier: what a lawyer, the police or another desk gets, and can check without Sitr.

Here belong its contents, the paper, the bag, the signature, the seal and the verification. What is chosen for release
is the caller's decision (`cases`); how an exhibit is captured or a journal kept is in their rooms.

`build` and `verify` are loaded when first asked for: they bring WeasyPrint and pyHanko, a second of start-up that
whoever only fills `Contents` should not pay.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sitr.dossier.contents import (
    Anchor,
    Answer,
    Both,
    ByteSource,
    Certified,
    Contents,
    Credentials,
    CustodyEvent,
    ExhibitItem,
    JournalPart,
    LegalRow,
    NoticeRow,
    Renewal,
    ReplyRow,
    SightingRow,
    TimelineRow,
    TimeProof,
    Tongue,
)

if TYPE_CHECKING:
    from sitr.dossier.building import Built, build, build_opened
    from sitr.dossier.verification import Report, ReportCheck, verify

_LATER = {
    "Built": "sitr.dossier.building",
    "build": "sitr.dossier.building",
    "build_opened": "sitr.dossier.building",
    "Report": "sitr.dossier.verification",
    "ReportCheck": "sitr.dossier.verification",
    "verify": "sitr.dossier.verification",
}

__all__ = [
    "Anchor",
    "Answer",
    "Both",
    "Built",
    "ByteSource",
    "Certified",
    "Contents",
    "Credentials",
    "CustodyEvent",
    "ExhibitItem",
    "JournalPart",
    "LegalRow",
    "NoticeRow",
    "Renewal",
    "ReplyRow",
    "Report",
    "ReportCheck",
    "SightingRow",
    "TimeProof",
    "TimelineRow",
    "Tongue",
    "build",
    "build_opened",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(name)
