"""How much of a file is read at most. Beyond a limit nothing is guessed: it is said, or the file is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImportLimits:
    """Sizes in bytes unless said otherwise; all are far above what people save and below what hurts a small machine."""

    bytes: int = 2 * 2**30
    """A larger file is kept as it is and not looked into."""
    text: int = 64 * 2**20
    """One text, chat or JSON document."""
    message: int = 65_536
    """Characters of one message; WhatsApp's own limit."""
    items: int = 200_000
    """Messages, addresses, members listed of one file."""
    members: int = 100_000
    """Names in one archive; more is refused."""
    unpacked: int = 64 * 2**30
    """What an archive may claim to hold; more is refused."""
    ratio: int = 150
    """How many times smaller a packed member may be; checked from 8 MiB on, for text packs well."""
    parts: int = 500
    """Parts of one mail."""
    depth: int = 5
    """Mails within mails."""
    picture: int = 256 * 2**20
    """One picture."""
    film: int = 512 * 2**20
    """One video whose frames are looked at."""
    frames: int = 12
    """Frames of a video that are fingerprinted."""
    seconds: int = 30
    """For a program that reads for us, in a process of its own."""
    memory: int = 2 * 2**30
    """For that process (address space)."""
    compared: int = 200
    """Pictures inside one file that are compared with the person's photos."""
    compared_bytes: int = 32 * 2**20
    """One of them."""
    handed: int = 5_000
    """Those that are handed on at all: the small ones count here only."""
    handed_bytes: int = 512 * 2**20
    """All of them together."""
    questions: int = 12
    """Examples shown with one question."""
