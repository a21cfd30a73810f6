"""A screenshot or a photo: which phone, which system, when, by the metadata that is still in it. Pixels stay untouched.

Metadata can be edited by anybody and is stripped by every platform: it is a claim, and its absence means nothing.
Places (GPS) and serial numbers go to `private`.
"""

import io
import re
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pillow_heif
from PIL import ExifTags, Image

from sitr.errors import BadInput
from sitr.evidence.imports.credentials import UNREADABLE, Verdict, judge
from sitr.evidence.imports.jumbf import png_texts, read_manifest
from sitr.evidence.imports.moments import half_of, visible
from sitr.evidence.imports.values import Findings
from sitr.fingerprint import measure

pillow_heif.register_heif_opener(thumbnails=False)

MEDIA_TYPES = {
    "JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif",
    "BMP": "image/bmp", "TIFF": "image/tiff", "HEIF": "image/heic", "AVIF": "image/avif",
}  # fmt: skip
_TAGS = {
    "make": 271, "model": 272, "software": 305, "host": 316, "changed": 306,
}  # fmt: skip
_DETAILS = {
    "taken": 36867, "digitised": 36868, "zone_changed": 36880, "zone_taken": 36881, "zone_digitised": 36882,
    "part_of_second": 37521, "lens": 42036,
}  # fmt: skip
_PRIVATE = {"serial": 42033, "lens_serial": 42037, "owner": 42032, "image_id": 42016}
_COMMENT = 37510
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_ZONE = re.compile(r"[+-]\d\d:\d\d|Z")
_NAMED_SHOT = re.compile(r"screen.?shot|screen.?capture|لقطة.?شاشة|capture.?d.?.?.?cran|bildschirmfoto", re.IGNORECASE)
_TIME_IN_NAME = re.compile(
    r"(20\d{2})[-_.]?([01]\d)[-_.]?([0-3]\d)[-_. ](?:at |في )?([0-2]\d|\d(?=[.:h]))[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)"
)
# What stands right behind the clock in a name: letters and dots, one word or two (`p.m.`, `p. m.`, `مساءً`).
_BESIDE_CLOCK = re.compile(r"\s?([^\W\d_][^\s\d_()\-]{0,15})(?:\s([^\W\d_]\.?))?(?![^\W_])")
_WHATSAPP_NAME = re.compile(r"IMG-20\d{6}-WA\d+|PHOTO-20\d\d-\d\d-\d\d")
# Sides in pixels that are screens and no camera's.
_SCREENS = frozenset({750, 828, 1080, 1125, 1170, 1179, 1206, 1242, 1284, 1290, 1320, 1440})


def read_picture(data: bytes, name: str, findings: Findings) -> str:
    """Read what a picture says of itself; gives its media type. Raises BadInput for a bomb or what is none."""
    width, height = measure(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        media_type = _read(data, findings)
    findings.facts |= {"width": width, "height": height}
    texts = png_texts(data) if media_type == "image/png" else {}
    _from_texts(texts, findings)
    _from_name(name, findings)
    _credentials(data, findings)
    findings.facts["looks_like"] = _sort(name, width, height, findings, texts)
    return media_type


def _read(data: bytes, findings: Findings) -> str:
    try:
        with Image.open(io.BytesIO(data)) as image:
            kind = str(image.format)
            xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
            _exif(image.getexif(), findings)
    except Exception:  # each format's reader fails in its own way on broken metadata; the picture is kept all the same
        findings.problem("metadata_damaged")
        return "image/*"
    if xmp:
        _xmp(xmp if isinstance(xmp, str) else bytes(xmp).decode("utf-8", "replace"), findings)
    return MEDIA_TYPES.get(kind, "image/*")


def _exif(exif: Any, findings: Findings) -> None:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    for name, tag in _TAGS.items():
        _note(findings.facts, name, exif.get(tag))
    for name, tag in _DETAILS.items():
        _note(findings.facts, name, details.get(tag))
    for name, tag in _PRIVATE.items():
        _note(findings.private, name, details.get(tag))
    _note(findings.facts, "comment", details.get(_COMMENT))
    _times(findings)
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place = _place(gps) if gps else ""
    if place:
        findings.private["place"] = place
    elif gps:
        findings.private["place"] = "unreadable"
    findings.facts["has_place"] = bool(gps)
    findings.facts["has_exif"] = bool(len(exif))


def _note(table: dict[str, Any], name: str, value: Any) -> None:
    if isinstance(value, bytes):
        value = value.removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0").decode("utf-8", "replace")
    if isinstance(value, str) and (text := value.replace("\0", "").strip()):
        table[name] = text[:500]


def _times(findings: Findings) -> None:
    """Times as ISO 8601, each with its own zone where the phone wrote it (EXIF 2.31 and later): a program that edits a
    picture elsewhere writes the zone of its change, which says nothing of the hour it was taken. What is no time
    stands as it is written and is said; the blanks and noughts of a phone without a clock are left out.
    """
    unread = 0
    for name in ("taken", "digitised", "changed"):
        zone = str(findings.facts.pop(f"zone_{name}", ""))
        if name not in findings.facts:
            continue
        written = str(findings.facts.pop(name))
        if time := _time(written, zone):
            findings.facts[name] = time
        elif any(sign in "123456789" for sign in visible(written)):
            findings.facts[name] = written
            unread += 1
    if unread:
        findings.problem("times_unread", n=unread)


def _time(written: str, zone: str) -> str:
    found = _TIME.fullmatch(written)
    if found is None:
        return ""
    text = f"{found[1]}-{found[2]}-{found[3]}T{found[4]}"
    for known in (text + zone, text) if _ZONE.fullmatch(zone) else (text,):
        try:
            datetime.fromisoformat(known)
        except ValueError:
            continue
        return known
    return ""


def _place(gps: Any) -> str:
    try:
        north = _degrees(gps[2]) * (-1 if str(gps.get(1, "N")).startswith("S") else 1)
        east = _degrees(gps[4]) * (-1 if str(gps.get(3, "E")).startswith("W") else 1)
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError):
        return ""
    return f"{north:.6f}, {east:.6f}" if abs(north) <= 90 and abs(east) <= 180 else ""


def _degrees(parts: Any) -> float:
    return float(parts[0]) + float(parts[1]) / 60 + float(parts[2]) / 3600


def _xmp(text: str, findings: Findings) -> None:
    findings.facts["has_xmp"] = True
    for name, pattern in (
        ("tool", r"xmp:CreatorTool(?:>|=\")([^<\"]{1,200})"),
        ("made", r"xmp:CreateDate(?:>|=\")([^<\"]{1,40})"),
        ("source_type", r"DigitalSourceType(?:>|=\")[^<\"]{0,150}/([A-Za-z]{1,60})"),
    ):
        if found := re.search(pattern, text[:200_000]):
            findings.facts.setdefault(name, found[1].strip())
    if "<exif:UserComment" in text[:200_000] and "Screenshot" in text[:200_000]:
        findings.facts.setdefault("comment", "Screenshot")


def _from_texts(texts: dict[str, str], findings: Findings) -> None:
    for key, name in (("Software", "software"), ("Creation Time", "made"), ("date:create", "made")):
        if key in texts:
            findings.facts.setdefault(name, texts[key][:300])
    if xmp := texts.get("XML:com.adobe.xmp"):
        _xmp(xmp, findings)


def _from_name(name: str, findings: Findings) -> None:
    """Phones and computers write the second of a screenshot into its name, some with half days; a name can be changed
    by anybody."""
    found = _TIME_IN_NAME.search(visible(name))
    if not found:
        return
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    hour = _whole_hour(hour, visible(name).rpartition(".")[0][found.end() :])
    try:
        findings.facts["time_in_name"] = datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001
    except ValueError:
        return


def _whole_hour(hour: int, behind: str) -> int:
    """The hour of 24 by the word behind the clock; -1 where the word is not known: it may be a half of the day."""
    word = _BESIDE_CLOCK.match(behind)
    if word is None:
        return hour
    half = half_of(f"{word[1]}{word[2] or ''}")
    if half is None:
        half = half_of(word[1])
    if hour == 0 or hour > 12:
        return -1 if half == 0 else hour
    return -1 if half is None else hour % 12 + 12 * half


def _credentials(data: bytes, findings: Findings) -> None:
    manifest = read_manifest(data)
    findings.facts["c2pa"] = manifest.state
    if manifest.state == "none":
        return
    findings.facts |= {
        "c2pa_generators": manifest.generators, "c2pa_labels": manifest.labels, "c2pa_actions": manifest.actions,
    }  # fmt: skip
    try:
        verdict = (
            judge(data, (manifest.store, manifest.spans)) if manifest.state == "present" else Verdict("unreadable")
        )
    except UNREADABLE:
        verdict = Verdict("unreadable")
    findings.facts["c2pa"] = verdict.state
    told = {"reason": verdict.reason, "signer": verdict.signer, "issuer": verdict.issuer, "chain": verdict.chain}
    findings.facts |= {f"c2pa_{name}": said for name, said in told.items() if said}
    findings.problem(f"c2pa_{verdict.state}" + (f"_{verdict.reason}" if verdict.reason else ""))
    if verdict.chain == "broken":
        findings.problem("c2pa_chain_broken")


def _sort(name: str, width: int, height: int, findings: Findings, texts: dict[str, str]) -> str:
    """screenshot, photo, or unknown; a hint for the person, from several weak signs."""
    facts = findings.facts
    if "screenshot" in str(facts.get("comment", "")).casefold() or _NAMED_SHOT.search(name):
        return "screenshot"
    if facts.get("lens") or (facts.get("make") and facts.get("taken")):
        return "photo"
    if _WHATSAPP_NAME.search(name):
        findings.problem("recompressed")
        return "unknown"
    tall = max(width, height) > 1.6 * min(width, height)
    return "screenshot" if texts is not None and tall and min(width, height) in _SCREENS else "unknown"


def picture_problem(error: BadInput) -> bool:
    """Whether a refusal of the decoder means harm (a bomb) and not merely damage."""
    return error.code in {"fingerprint.too_many_pixels", "fingerprint.too_large"}


def pictures_in(names: list[str]) -> Iterator[str]:
    """Of these names those that claim to be pictures."""
    endings = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif", ".bmp", ".tif", ".tiff", ".avif")
    return (name for name in names if name.casefold().endswith(endings))
