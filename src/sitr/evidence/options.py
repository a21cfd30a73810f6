"""What a capture may do and how much of it: the caller's choices, with safe defaults. No behaviour lives here."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CaptureLimits:
    """Bounds of one capture. Seconds are wall time; bytes are what the network brought in."""

    seconds: float = 60.0
    load_seconds: float = 20.0
    scroll_seconds: float = 6.0
    quiet_seconds: float = 2.5
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
    machine without namespaces may capture all the same; it is written into the record."""

    pictures: bool = True
    accept_unconfined: bool = False
    viewport: tuple[int, int] = (1280, 800)
    locale: str = "ar"
    timezone: str = "UTC"
    limits: CaptureLimits = field(default_factory=CaptureLimits)
