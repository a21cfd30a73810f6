"""The exchanges that the operator named in one TOML file, opened when they are needed.

    [stopncii]
    kind = "stopncii"
    keys = "/etc/sitr/stopncii.toml"      # subscription, fetch, and where they may be used: submit, feedback
    url = "https://api.stopncii.org/v1"   # this, when it is not named

    [group]
    kind = "threatexchange"
    group = 1012185296055235              # the privacy group
    keys = "/etc/sitr/threatexchange.toml"  # token

Belongs here: reading that file. Keys stand in files of their own, never in it, in an argument or in the environment.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitr.errors import BadInput, MissingProgram, NotFound
from sitr.finding.exchange.port import Exchange

if TYPE_CHECKING:
    from sitr.finding.exchange.calls import Line

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_ALLOWED = {
    "stopncii": frozenset({"kind", "keys", "url", "proxy", "seconds"}),
    "threatexchange": frozenset({"kind", "keys", "url", "proxy", "seconds", "group"}),
}
INSTALL = "pip install 'sitr[exchange]'"


def read_exchanges(file: Path) -> dict[str, dict[str, Any]]:
    """What the operator's file says, by name. Raises BadInput `exchange.bad_config`, `exchange.no_config`."""
    try:
        said = tomllib.loads(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise BadInput("exchange.no_config", file=str(file)) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise BadInput("exchange.bad_config", file=str(file), name="-") from None
    for name, one in said.items():
        fits = _NAME.fullmatch(name) and isinstance(one, dict) and one.get("kind") in _ALLOWED
        if not fits or not set(one) <= _ALLOWED[one["kind"]] or not _typed(one):
            raise BadInput("exchange.bad_config", file=str(file), name=name)
    return said


def exchange_names(file: Path) -> tuple[str, ...]:
    """The names in the operator's file; none where there is no file. Raises BadInput `exchange.bad_config`."""
    return tuple(sorted(read_exchanges(file))) if file.exists() else ()


def _typed(one: Mapping[str, Any]) -> bool:
    texts = all(isinstance(one.get(key, ""), str) for key in ("keys", "url", "proxy"))
    seconds, group = one.get("seconds", 60), one.get("group", 0)
    numbers = all(isinstance(n, int) and not isinstance(n, bool) for n in (seconds, group))
    return texts and numbers and 1 <= seconds <= 600 and bool(one.get("keys")) and (
        one["kind"] != "threatexchange" or group > 0
    )  # fmt: skip


def open_exchange(file: Path, name: str, wait: Callable[[float], None]) -> Exchange:
    """The exchange of that name. `wait` sleeps between tries.

    Raises NotFound `exchange.no_such`, BadInput `exchange.bad_keys`, MissingProgram `exchange.not_installed`.
    """
    said = read_exchanges(file)
    if name not in said:
        raise NotFound("exchange.no_such", name=name, names=", ".join(sorted(said)) or "-")
    one = said[name]
    keys = _keys(Path(one["keys"]), name)
    try:
        return _stopncii(name, one, keys, wait) if one["kind"] == "stopncii" else _group(name, one, keys, wait)
    except ModuleNotFoundError as missing:
        raise MissingProgram("exchange.not_installed", command=INSTALL) from missing


def _keys(file: Path, name: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        pass
    # Outside of the handler: a parser's error may hold a piece of the key.
    raise BadInput("exchange.bad_keys", name=name)


def _line(name: str, one: Mapping[str, Any], default: str, wait: Callable[[float], None]) -> "Line":
    from sitr.finding.exchange.calls import Line, checked_base  # its HTTP library takes longer to load than a command

    return Line(
        name, checked_base(one.get("url") or default), wait, float(one.get("seconds", 60)), one.get("proxy") or None
    )


def _stopncii(name: str, one: Mapping[str, Any], keys: Mapping[str, Any], wait: Callable[[float], None]) -> Exchange:
    from sitr.finding.exchange import stopncii

    return stopncii.StopNCII(_line(name, one, stopncii.DEFAULT_URL, wait), stopncii.read_keys(keys, name))


def _group(name: str, one: Mapping[str, Any], keys: Mapping[str, Any], wait: Callable[[float], None]) -> Exchange:
    from sitr.finding.exchange import threat_updates

    token = keys.get("token")
    if set(keys) != {"token"} or not isinstance(token, str):
        raise BadInput("exchange.bad_keys", name=name)
    return threat_updates.ThreatExchange(_line(name, one, threat_updates.DEFAULT_URL, wait), one["group"], token)
