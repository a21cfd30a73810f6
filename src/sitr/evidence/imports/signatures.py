"""DKIM (RFC 6376) of a mail, verified at its import, because the keys in the name system change within months.

The answer of the name system is handed in by a port and kept as it came: whoever checks later needs that very key. The
judge is dkimpy, with `edwards.py` for Ed25519 keys (RFC 8463); a verdict here says "this domain's key signed these
headers and this body", not who wrote them.
"""

import re
from dataclasses import dataclass
from typing import Any

from sitr.errors import OutsideSilent
from sitr.evidence.imports.values import KeyRecords

_SIGNATURES = 8
_FIELD = re.compile(rb"(?im)^dkim-signature[ \t]*:")


@dataclass(frozen=True)
class Signed:
    """One signature. `state`: pass, fail, no_key (the name system has none any more), not_asked (no answer could be
    had), broken (the signature itself cannot be read). `record`: the key record as it came. `headers`: what is signed.
    """

    domain: str
    selector: str
    state: str
    record: str
    headers: str
    whole_body: bool


def check_signatures(raw: bytes, key_records: KeyRecords | None) -> list[Signed]:
    """All signatures of a mail, from the top, at most eight."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    count = len(_FIELD.findall(head))
    return [_check(raw, number, key_records) for number in range(min(count, _SIGNATURES))]


class _Port:
    """The port as dkimpy asks it, remembering what was asked and answered."""

    def __init__(self, ask: KeyRecords | None) -> None:
        self._ask = ask
        self.record = b""
        self.silent = ask is None

    def __call__(self, name: Any, **_settings: Any) -> bytes:
        if self._ask is None:
            return b""
        try:
            text = name.decode("ascii") if isinstance(name, bytes) else str(name)
            self.record = self._ask(text.rstrip(".")) or b""
        except OutsideSilent:
            self.silent = True
        except UnicodeError:
            return b""
        return self.record


def _check(raw: bytes, number: int, key_records: KeyRecords | None) -> Signed:
    import dkim  # 0.1 s that only a mail needs

    from sitr.evidence.imports.edwards import Judge

    port = _Port(key_records)
    judge: Any = None
    try:
        judge = Judge(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        state = "pass" if judge.verify(idx=number, dnsfunc=port) else "fail"
    except dkim.ValidationError:
        state = "fail" if port.record else "broken"
    except Exception:  # dkimpy lets its parser, regular expressions, base64 and RSA fail each in their own way
        state = "broken"
    fields: dict[bytes, bytes] = judge.signature_fields if judge is not None else {}
    if state != "pass" and not port.record:
        state = "not_asked" if port.silent and fields else "no_key" if fields.get(b"s") else "broken"
    return Signed(
        domain=_plain(fields.get(b"d")), selector=_plain(fields.get(b"s")), state=state,
        record=port.record[:8192].decode("ascii", "backslashreplace"), headers=_plain(fields.get(b"h")),
        whole_body=b"l" not in fields,
    )  # fmt: skip


def _plain(value: Any) -> str:
    return re.sub(r"\s+", "", value.decode("ascii", "backslashreplace"))[:2000] if isinstance(value, bytes) else ""
