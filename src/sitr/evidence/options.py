"""What a capture may do and how much of it: the caller's choices, with safe defaults. No behaviour lives here."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from sitr.errors import BadInput
from sitr.evidence.cookies import Cookie

_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Viewport(StrEnum):
    """As what the browser shows itself: leak pages often show a phone something else than a desktop."""

    DESKTOP = "desktop"
    PHONE = "phone"


@dataclass(frozen=True)
class Screen:
    """A window in CSS pixels; `scale` device pixels stand for one of them."""

    width: int
    height: int
    scale: int
    phone: bool


SCREENS = {Viewport.DESKTOP: Screen(1280, 800, 1, phone=False), Viewport.PHONE: Screen(390, 844, 2, phone=True)}


@dataclass(frozen=True)
class CaptureLimits:
    """Bounds of one capture. Seconds are wall time; bytes are what the network brought in. `settle_seconds` is the one
    that is waited for in any case, from the moment at which the page had loaded: many show their last part, or lead on
    to the page that is meant, by a clock of their own."""

    seconds: float = 60.0
    load_seconds: float = 20.0
    scroll_seconds: float = 6.0
    quiet_seconds: float = 2.5
    settle_seconds: float = 1.5
    step_seconds: float = 12.0
    bytes: int = 300 * 2**20
    body_bytes: int = 128 * 2**20
    requests: int = 500
    connections: int = 96
    memory: int = 3 * 2**30
    dom_bytes: int = 32 * 2**20
    tiles: int = 8


@dataclass(frozen=True)
class CaptureOptions:
    """`pictures=False` keeps address, time, headers and text only. `accept_unconfined` is the operator's word that a
    machine without namespaces may capture all the same; it is written into the record. `scroll` goes down the page so
    that late pictures come; `expand` also opens what the page folded away (a press on its own buttons, never on links
    or forms). `cookies` are the person's own session: sent to their hosts only, their values in nothing that is kept.
    """

    pictures: bool = True
    accept_unconfined: bool = False
    viewport: Viewport = Viewport.DESKTOP
    locale: str = "ar"
    timezone: str = "UTC"
    scroll: bool = True
    expand: bool = False
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    limits: CaptureLimits = field(default_factory=CaptureLimits)

    def __post_init__(self) -> None:
        """Raises BadInput `evidence.no_locale` for what is no language tag (BCP 47, short forms)."""
        if not _LOCALE.fullmatch(self.locale):
            raise BadInput("evidence.no_locale", locale=self.locale[:40], example="ar-EG")

    @property
    def screen(self) -> Screen:
        """The window of this viewport."""
        return SCREENS[self.viewport]
