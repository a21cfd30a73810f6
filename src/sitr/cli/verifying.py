"""`sitr verify`: a dossier checked with no vault and no case; every check by name."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sitr.cli.call import Call
from sitr.cli.files import read
from sitr.cli.keys import from_file
from sitr.cli.showing import document
from sitr.dossier import verify as judge
from sitr.errors import BadInput, Locked
from sitr.journal import read_headers

_MEMORY = Path("/dev/shm")  # noqa: S108 in memory: what is unsealed for a check never reaches a disk
_TEXT_MOST = 1024 * 1024


def verify(call: Call) -> int:
    """0 when it is sound, 1 when a check failed. Raises Locked for a key that does not open it."""
    file = Path(call.given.one("FILE"))
    if not file.exists():
        raise BadInput("cli.no_file", file=str(file))
    report = _judged(call, file)
    call.answer(document(report), _lines(call, report))
    return 0 if report.ok else 1


def _judged(call: Call, file: Path) -> Any:
    named = call.env.get("SITR_PASSPHRASE_FILE")
    given: dict[str, Any] = {
        "workdir": _MEMORY,
        "identity": _key_file(call.given.option("--identity")),
        "phrase": from_file(Path(named)) if named else None,
        "signer": _maybe(call.given.option("--signer")),
        "tsa_ca": b"".join(read(name) for name in call.given.options.get("--tsa-ca", ())) or None,
        "headers": chain_headers(call),
        "lang": call.lang,
    }
    try:
        return judge(file, **given)
    except Locked as problem:
        # Only a terminal can still be asked, and only when no phrase was given.
        if problem.code != "dossier.phrase_needed" or named or not sys.stdin.isatty():
            raise
    return judge(file, **{**given, "phrase": call.ask(call.say("ask_phrase"))})


def chain_headers(call: Call) -> dict[int, bytes] | None:
    """The block headers of Bitcoin that `--bitcoin-headers` names, by height."""
    named = call.given.option("--bitcoin-headers")
    return read_headers(read(named)) if named else None


def _maybe(name: str | None) -> bytes | None:
    return read(name) if name else None


def _key_file(name: str | None) -> str | None:
    if name is None:
        return None
    data = read(name)
    if len(data) > _TEXT_MOST:
        raise BadInput("cli.no_key_file", file=name)
    try:
        return data.decode("ascii")
    except UnicodeDecodeError as problem:
        raise BadInput("cli.no_key_file", file=name) from problem


def _lines(call: Call, report: Any) -> Iterator[str]:
    marks = {"ok": "check_ok", "failed": "check_bad"}
    for check in report.checks:
        mark = call.say(marks.get(check.state, "check_untrusted"))
        yield call.say("check_line", mark=mark, name=check.name, detail=check.detail)
    yield call.say("verified" if report.ok else "not_verified")
