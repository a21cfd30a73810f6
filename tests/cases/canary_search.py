"""The search for canaries: one word, however a program may have written it, wherever it may have packed it.

Every canary holds a mark that is made anew for each run, in Latin or in Arabic letters. All spellings of the two marks
(and of the host names, whose mark punycode hides) are looked for first; only what holds one is looked through for each
canary by itself. So a hundred megabytes take a second, and nothing that names no canary is called a find.
"""

import base64
import contextlib
import html
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

_MOST_INFLATED = 32 * 2**20
_MOST_MEMBERS = 20_000
_DEEPEST = 3
_STEP = 4096
_MEMBER = re.compile(rb"\x1f\x8b\x08|PK\x03\x04|\x78[\x01\x5e\x9c\xda]")
_LATIN = "bcdfghjkmnpqrstvwxz"
_ARABIC = "بتثجحخدذرزسشصضطظعغفقكلمنهوي"


def dice(seed: int) -> Random:
    """Chance that comes again; nothing is kept secret by it."""
    return Random(seed)  # noqa: S311


def mark(rng: Random, letters: str) -> str:
    """Ten letters that stand nowhere else."""
    return "".join(rng.choice(letters) for _ in range(10))


def spellings(text: str, *, host: bool = False) -> dict[str, bytes]:
    """Every way to write `text` that is looked for, by name. Equal ones are kept once."""
    raw = text.encode()
    ways = {"plain": raw, "utf-16-le": text.encode("utf-16-le"), "utf-16-be": text.encode("utf-16-be")}
    ways["percent"] = quote(text, safe="").encode()
    ways["percent lower"] = re.sub(rb"%[0-9A-F]{2}", lambda found: found[0].lower(), ways["percent"])
    ways["percent twice"] = quote(ways["percent"].decode(), safe="").encode()
    ways["percent all"] = "".join(f"%{byte:02X}" for byte in raw).encode()
    ways["hex"] = raw.hex().encode()
    ways["hex upper"] = raw.hex().upper().encode()
    ways["json"] = "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text).encode()
    ways["json upper"] = "".join(c if c.isascii() else f"\\u{ord(c):04X}" for c in text).encode()
    ways["json all"] = "".join(f"\\u{ord(c):04x}" for c in text).encode()
    ways["python bytes"] = "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in raw).encode()
    ways["octal"] = "".join(chr(b) if 32 <= b < 127 else f"\\{b:03o}" for b in raw).encode()
    ways["quoted-printable"] = "".join(chr(b) if 32 <= b < 127 and b != 61 else f"={b:02X}" for b in raw).encode()
    ways["html"] = html.escape(text).encode()
    ways["html decimal"] = "".join(c if c.isascii() else f"&#{ord(c)};" for c in text).encode()
    ways["html hex"] = "".join(c if c.isascii() else f"&#x{ord(c):x};" for c in text).encode()
    ways["mojibake"] = raw.decode("latin-1").encode()
    for shift in range(3):
        ways[f"base64 at {shift}"] = _base64_inside(raw, shift)
        ways[f"base64url at {shift}"] = _base64_inside(raw, shift).replace(b"+", b"-").replace(b"/", b"_")
        ways[f"base64 of utf-16 at {shift}"] = _base64_inside(text.encode("utf-16-le"), shift)
    if host:
        ways["idna"] = text.encode("idna")
    seen: dict[bytes, str] = {}
    for name, written in ways.items():
        seen.setdefault(written, name)
    return {name: written for written, name in seen.items()}


def _base64_inside(raw: bytes, shift: int) -> bytes:
    """What stands in base64 of `raw` whatever comes before and after it, when it begins `shift` bytes into a group."""
    coded = base64.b64encode(bytes(shift) + raw)
    first = (shift * 8 + 5) // 6
    return coded[first : (shift + len(raw)) * 8 // 6]


@dataclass(frozen=True)
class Canary:
    """One word. `host`: it is a name of a host, which may be written in punycode."""

    name: str
    text: str
    host: bool = False


@dataclass(frozen=True)
class Find:
    """Where which canary was found, and how it was written."""

    canary: str
    how: str
    where: str


@dataclass
class Search:
    """Looks for `canaries` in what it is shown. `marks`: the words of which every canary that is no host holds one."""

    canaries: Mapping[str, Canary]
    marks: tuple[str, ...]
    bytes_seen: int = 0
    members_seen: int = 0
    _first: "re.Pattern[bytes]" = field(init=False)
    _each: dict[str, dict[str, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._each = {name: spellings(one.text, host=one.host) for name, one in self.canaries.items()}
        needles = {needle for word in self.marks for needle in spellings(word).values()}
        needles |= {spellings(one.text, host=True)["idna"] for one in self.canaries.values() if one.host}
        self._needles = sorted(needles)

    def look(self, data: bytes, where: str) -> list[Find]:
        """All finds in `data` and in what is packed inside it."""
        self.bytes_seen += len(data)
        found = list(self._plain(data, where))
        for inner, name in self._members(data, 1):
            self.members_seen += 1
            found += self._plain(inner, f"{where}!{name}")
        return found

    def _plain(self, data: bytes, where: str) -> Iterator[Find]:
        if not any(needle in data for needle in self._needles):
            return
        for name, ways in self._each.items():
            for how, written in ways.items():
                if written in data:
                    yield Find(name, how, where)
                    break

    def _members(self, data: bytes, depth: int) -> Iterator[tuple[bytes, str]]:
        left = _MOST_INFLATED
        for number, found in enumerate(_MEMBER.finditer(data)):
            if number >= _MOST_MEMBERS or left <= 0:
                return
            inner = _inflated(data, found.start(), found[0], left)
            if len(inner) < 8:
                continue
            left -= len(inner)
            name = f"{found.start()}"
            yield inner, name
            if depth < _DEEPEST:
                for deeper, more in self._members(inner, depth + 1):
                    left -= len(deeper)
                    yield deeper, f"{name}!{more}"


def _inflated(data: bytes, at: int, magic: bytes, most: int) -> bytes:
    """What unpacks at that place, as far as it does: a file may be cut."""
    bits, start = zlib.MAX_WBITS, at
    if magic == b"PK\x03\x04":
        if data[at + 8 : at + 10] != b"\x08\x00":
            return b""  # stored as it is: the search has seen it already
        start = at + 30 + int.from_bytes(data[at + 26 : at + 28], "little")
        start += int.from_bytes(data[at + 28 : at + 30], "little")
        bits = -zlib.MAX_WBITS
    elif magic.startswith(b"\x1f"):
        bits = zlib.MAX_WBITS | 16
    return _unpacked(data, start, bits, most)


def _unpacked(data: bytes, start: int, bits: int, most: int) -> bytes:
    """A failing call gives nothing of what it had unpacked, so a piece that fails is given anew byte by byte."""
    engine, out = zlib.decompressobj(bits), bytearray()
    for at in range(start, len(data), _STEP):
        before, piece = engine.copy(), data[at : at + _STEP]
        try:
            out += engine.decompress(piece, most - len(out))
        except zlib.error:
            out += _up_to_the_damage(before, piece)
            break
        if engine.eof or engine.unconsumed_tail or len(out) >= most:
            break
    return bytes(out)


def _up_to_the_damage(engine: "zlib._Decompress", piece: bytes) -> bytes:
    out = bytearray()
    with contextlib.suppress(zlib.error):
        for at in range(len(piece)):
            out += engine.decompress(piece[at : at + 1])
    return bytes(out)


def make_canaries(rng: Random) -> tuple[dict[str, Canary], tuple[str, ...]]:
    """Thirty canaries and the two marks in them."""
    latin, arabic = mark(rng, _LATIN), mark(rng, _ARABIC)
    texts = {
        "passphrase": f"seven quiet {latin} rivers",
        "answer words": f"أخاف أن يراها أهلي {arabic} كلمات",
        "answer words in English": f"he said he would post them {latin}-words",
        "photo file": f"IMG-{latin}-photo.jpg",
        "photo comment": f"taken at {latin}-comment",
        "exhibit file": f"محادثة {arabic} ملف.txt",
        "exhibit text": f"أرسل لي المال وإلا {arabic} تهديد",
        "short path": f"s{latin}short",
        "page path": f"صور-{arabic}-صفحة",
        "page query": f"q{latin}query",
        "page title": f"تسريب {arabic} عنوان",
        "page text": f"look at her {latin}-body",
        "image file": f"{latin}-image.jpg",
        "image file in Arabic": f"صورة-{arabic}-ملف.jpg",
        "image comment": f"lens {latin}-exif",
        "cookie": f"{latin}cookie",
        "header": f"{latin}header",
        "fetched": f"رد {arabic} برنامج",
        "posted": f"{latin}-posted",
        "stored by the page": f"{latin}-stored",
        "handle": f"{latin}handle",
        "name": f"سارة {arabic} الاسم",
        "mail": f"{latin}.person@sitr.invalid",
        "recipient": f"{latin}.abuse@leaks.example",
        "ground": f"لم أوافق على النشر {arabic} أساس",
        "contact": f"Signal {latin}.contact",
        "reference": f"REF-{latin}-27",
        "reply subject": f"بخصوص {arabic} رد",
        "reply text": f"we removed {latin}-reply",
    }
    canaries = {name: Canary(name, text) for name, text in texts.items()}
    canaries["host"] = Canary("host", f"صور{arabic}.example", host=True)
    return canaries, (latin, arabic)


def code_spellings(code: str) -> tuple[bytes, ...]:
    """A receipt code in the ways in which it could stand somewhere; none for no code."""
    digits = code.replace(" ", "")
    if not digits:
        return ()
    texts = [digits, digits[::-1]]
    texts += [between.join(digits[i : i + 4] for i in range(0, len(digits), 4)) for between in (" ", "-", "+", "%20")]
    texts += [digits.translate(str.maketrans("0123456789", script)) for script in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")]
    raw = [text.encode(how) for text in texts for how in ("utf-8", "utf-16-le")]
    # What is the same at any place of a longer text: whole groups of three, from the first such place on.
    coded = [base64.b64encode(digits[skip : skip + (len(digits) - skip) // 3 * 3].encode()) for skip in range(3)]
    return (*raw, *coded, digits.encode().hex().encode(), int(digits).to_bytes(10, "big"))
