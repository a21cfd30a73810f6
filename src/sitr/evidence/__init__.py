"""evidence: what is kept of a page, and how it comes to be kept.

Here belong: capture of a page (browser, wall, gate, recorder, archive) and what looks into it safely. Not here:
sealing (`vault`), the record of what was done (`journal`), comparing pictures (`finding`), and which addresses may be
visited at all (`net`).
"""

from sitr.evidence.browser import chromium_built
from sitr.evidence.captured import (
    Capture,
    CapturedFile,
    Certificate,
    Completeness,
    Confinement,
    FileKind,
    Hop,
    Missing,
    PageImage,
    Problem,
    Session,
    Wall,
)
from sitr.evidence.capturing import capture
from sitr.evidence.cookies import Cookie, read_cookies
from sitr.evidence.images import kind_of_own, own_picture
from sitr.evidence.options import CaptureLimits, CaptureOptions, Viewport
from sitr.evidence.wall import confinement

__all__ = [
    "Capture",
    "CaptureLimits",
    "CaptureOptions",
    "CapturedFile",
    "Certificate",
    "Completeness",
    "Confinement",
    "Cookie",
    "FileKind",
    "Hop",
    "Missing",
    "PageImage",
    "Problem",
    "Session",
    "Viewport",
    "Wall",
    "capture",
    "chromium_built",
    "confinement",
    "kind_of_own",
    "own_picture",
    "read_cookies",
]
