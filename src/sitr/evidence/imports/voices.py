"""Voice notes and other sound: how long, which codec, what the container says. Nothing is listened to or decoded."""

import io
import struct
import wave
from typing import BinaryIO

from sitr.evidence.imports.boxes import brand, movie_facts
from sitr.evidence.imports.values import Findings

_BRANDS = frozenset({"M4A", "M4B"})


def looks_like_voice(start: bytes, name: str) -> bool:
    """Opus or Vorbis in Ogg, M4A, AAC, CAF, AMR, MP3, WAV, FLAC. An Ogg with a picture track (Theora) is no voice note;
    one whose head is cut is what its name says."""
    if start.startswith(b"OggS"):
        named = name.casefold().endswith((".opus", ".ogg", ".oga"))
        return b"theora" not in start[:512] and (named or b"OpusHead" in start[:512] or b"vorbis" in start[:512])
    if brand(start) in _BRANDS:
        return True
    if start[:4] == b"RIFF" and start[8:12] == b"WAVE":
        return True
    if start.startswith((b"#!AMR", b"ID3", b"fLaC")):
        return True
    if start.startswith(b"caff\x00\x01") or (_is_adts(start) and name.casefold().endswith(".aac")):
        return True
    return start[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"} and name.casefold().endswith(".mp3")


def _is_adts(start: bytes) -> bool:
    """The frames in which recorders write AAC without a container (ISO 13818-7)."""
    return start[:2] in {b"\xff\xf1", b"\xff\xf9", b"\xff\xf0", b"\xff\xf8"}


def read_voice(source: BinaryIO, findings: Findings) -> str:
    """Read what the container says into `findings`; gives the media type."""
    source.seek(0)
    start = source.read(512)
    if start.startswith(b"OggS"):
        _ogg(source, findings)
        return "audio/ogg"
    if brand(start):
        findings.facts |= {"codec": "aac", **movie_facts(source)}
        return "audio/mp4"
    if start.startswith(b"#!AMR"):
        _amr(source, start, findings)
        return "audio/amr"
    if start[:4] == b"RIFF":
        _wav(source, findings)
        return "audio/wav"
    findings.facts["codec"], media_type = _by_start(start)
    return media_type


def _by_start(start: bytes) -> tuple[str, str]:
    """Codec and media type of what tells no length in its head."""
    if start.startswith(b"caff"):
        return "caf", "audio/x-caf"
    if start.startswith(b"fLaC"):
        return "flac", "audio/flac"
    return ("aac", "audio/aac") if _is_adts(start) else ("mp3", "audio/mpeg")


def _ogg(source: BinaryIO, findings: Findings) -> None:
    """RFC 3533 pages; for Opus 48,000 steps a second less the pre-skip (RFC 7845), for Vorbis its own rate."""
    source.seek(0)
    head = source.read(65_536)
    rate, skip, codec = 48_000, 0, "opus"
    at = head.find(b"OpusHead")
    try:
        if at >= 0:
            findings.facts["channels"] = head[at + 9]
            (skip,) = struct.unpack_from("<H", head, at + 10)
        elif (at := head.find(b"\x01vorbis")) >= 0:
            codec = "vorbis"
            (rate,) = struct.unpack_from("<L", head, at + 12)
            findings.facts["channels"] = head[at + 11]
    except (struct.error, IndexError):
        findings.problem("sound_damaged")
    findings.facts["codec"] = codec
    last = _last_position(source)
    if last is not None and rate:
        findings.facts["milliseconds"] = max(0, last - skip) * 1000 // rate
    else:
        findings.problem("sound_damaged")
    if (at := head.find(b"OpusTags")) >= 0 and at + 12 <= len(head):
        (length,) = struct.unpack_from("<L", head, at + 8)
        maker = head[at + 12 : at + 12 + min(length, 200)].decode("utf-8", "replace")
        findings.facts["encoder"] = maker


def _last_position(source: BinaryIO) -> int | None:
    """The granule position of the last page, found from the end."""
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - 131_072))
    tail = source.read(131_072)
    at = tail.rfind(b"OggS")
    while at >= 0:
        if at + 14 <= len(tail):
            (position,) = struct.unpack_from("<q", tail, at + 6)
            if 0 <= position < 2**53:
                return int(position)
        at = tail.rfind(b"OggS", 0, at)
    return None


# Bytes of a frame of 20 ms, by its mode (3GPP TS 26.101, RFC 4867).
_AMR = (13, 14, 16, 18, 20, 21, 27, 32, 6)


def _amr(source: BinaryIO, start: bytes, findings: Findings) -> None:
    findings.facts["codec"] = "amr"
    if not start.startswith(b"#!AMR\n"):
        return
    source.seek(6)
    data = source.read(16 * 2**20)
    at = frames = 0
    while at < len(data):
        mode = (data[at] >> 3) & 15
        at += _AMR[mode] if mode < len(_AMR) else 1
        frames += 1
    findings.facts["milliseconds"] = frames * 20


def _wav(source: BinaryIO, findings: Findings) -> None:
    findings.facts["codec"] = "pcm"
    source.seek(0)
    try:
        with wave.open(source, "rb") as sound:
            findings.facts["channels"] = sound.getnchannels()
            findings.facts["milliseconds"] = sound.getnframes() * 1000 // max(1, sound.getframerate())
            frames = sound.getnframes() * sound.getsampwidth() * sound.getnchannels()
            if frames > source.seek(0, io.SEEK_END):  # what the head promises is not there
                findings.problem("sound_damaged")
    except (wave.Error, EOFError, RuntimeError, struct.error, ZeroDivisionError):
        findings.problem("sound_damaged")
