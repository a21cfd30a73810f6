"""What the acts of the demo share: the world around the case, and what the case has so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sitr.cli.call import Call
from sitr.cli.demo.leaksite import LeakSite
from sitr.cli.demo.mailbox import Mailbox
from sitr.cli.demo.photographs import Photograph


@dataclass
class Stage:
    """`base` holds everything that ends with the demo; `keep` what stays. `secret` is the passphrase of this run."""

    call: Call
    services: Any
    home: Path
    base: Path
    keep: Path
    site: LeakSite
    mailbox: Mailbox
    photographs: Sequence[Photograph]
    authority_files: Sequence[Path]
    secret: str
    keeper: Any = None
    case: str = ""
    sightings: list[Any] = field(default_factory=list)
    notice: Any = None
    due: Any = None
    capture: Any = None
    dossier: Path | None = None
    identity_file: Path | None = None
    bag: Path | None = None
