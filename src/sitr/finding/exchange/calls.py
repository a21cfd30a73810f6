"""HTTP to one exchange, by the library's `requests`, held to exactly the address that the operator named.

Belongs here: the session that is given to the threatexchange library in place of its own, and what its failures mean.
Its own session is not used, because it follows redirects with the key in hand, waits on `Retry-After` as long as it is
told to, reads proxies and `.netrc` from the environment, and (ThreatExchange) has no time limit at all. Not here: what
an exchange says (`stopncii`, `threat_updates`).
"""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from sitr.errors import BadInput, OutsideSilent, SitrError
from sitr.finding.exchange.port import Handover, HandoverState

T = TypeVar("T")
LARGEST = 64 * 2**20  # bytes of one answer
TRIES = 4
LONGEST_WAIT = 60.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Line:
    """How one exchange is reached. `base` is its address; `wait` sleeps between tries; `seconds` bounds one call whole;
    `proxy` is used for it and nothing else is."""

    name: str
    base: str
    wait: Callable[[float], None] = field(repr=False)
    seconds: float = 60.0
    proxy: str | None = None


def checked_base(url: str) -> str:
    """An address that an exchange may have: https, or http on this machine; nothing hidden in it. Raises BadInput."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not secure or not host or parts.username or parts.password or parts.query or parts.fragment:
        raise BadInput("exchange.bad_address")
    return url.rstrip("/")


class Elsewhere(requests.RequestException):
    """The exchange pointed to another address, or its answer was too large or too slow. Never sent after."""


class BoundSession(requests.Session):
    """A session that reaches one address only, follows nothing, and bounds time and size of every answer."""

    def __init__(self, line: Line, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._line = line
        self.trust_env = False
        self.headers.update(
            {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "sitr", **headers}
        )
        if line.proxy:
            self.proxies = {"http": line.proxy, "https": line.proxy}
        self.mount("https://", _Refusing())
        self.mount("http://", _Refusing())
        parts = urlsplit(line.base)
        self.mount(f"{parts.scheme}://{parts.netloc}/", HTTPAdapter(max_retries=0))

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002  requests' name
        """None: no redirect is prepared, read or followed."""
        return

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As requests', within bounds. Raises Elsewhere for a redirect, and for an answer beyond size or time."""
        half = min(self._line.seconds, 30.0)
        kwargs.update(timeout=(half, half), allow_redirects=False, stream=True)
        ends = time.monotonic() + self._line.seconds
        answer = super().send(request, **kwargs)
        if answer.status_code in _REDIRECTS:
            answer.close()
            raise Elsewhere(request=request, response=answer)
        # `requests` offers no bounded reading that its own `json()` then sees: the body is put where it would put it.
        answer._content = _bounded(answer, ends)
        return answer


def _bounded(answer: requests.Response, ends: float) -> bytes:
    read = bytearray()
    for piece in answer.iter_content(_CHUNK):
        read += piece
        if len(read) > LARGEST or time.monotonic() > ends:
            answer.close()
            raise Elsewhere(response=answer)
    return bytes(read)


class _Refusing(HTTPAdapter):
    """For every address that was not named."""

    def send(self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any) -> requests.Response:
        raise Elsewhere(request=request)


def asked(line: Line, do: Callable[[], T]) -> T:
    """What `do` brings from outside, tried again while the exchange is busy.

    Raises OutsideSilent `exchange.silent`, `exchange.refused_key`, `exchange.busy`, `exchange.strange`. None of them
    holds, or has as its context, what was sent: an address of ThreatExchange carries the token.
    """
    for left in reversed(range(TRIES)):
        failure = _outcome(line, do)
        if not isinstance(failure, _Failed):
            return failure
        if not left or failure.pause is None:
            raise failure.error
        line.wait(failure.pause * 2 ** (TRIES - 1 - left) if failure.doubling else failure.pause)
    raise OutsideSilent("exchange.silent", name=line.name)


@dataclass(frozen=True)
class _Failed:
    error: SitrError
    pause: float | None
    doubling: bool = True


def _outcome(line: Line, do: Callable[[], T]) -> "T | _Failed":  # noqa: PLR0911  one answer a kind of failure
    try:
        return do()
    except requests.JSONDecodeError:
        return _Failed(OutsideSilent("exchange.strange", name=line.name), None)
    except requests.HTTPError as error:
        return _by_status(line, error.response)
    except Elsewhere:
        return _Failed(OutsideSilent("exchange.elsewhere", name=line.name), None)
    except (requests.ConnectionError, requests.Timeout):
        return _Failed(OutsideSilent("exchange.silent", name=line.name), 0.2)
    except requests.RequestException:
        return _Failed(OutsideSilent("exchange.silent", name=line.name), None)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return _Failed(OutsideSilent("exchange.strange", name=line.name), None)


def _by_status(line: Line, answer: requests.Response | None) -> _Failed:
    if answer is None:
        return _Failed(OutsideSilent("exchange.silent", name=line.name), None)
    status = answer.status_code
    if status in {401, 403}:
        return _Failed(OutsideSilent("exchange.refused_key", name=line.name, status=status), None)
    if status not in _AGAIN:
        return _Failed(OutsideSilent("exchange.said_no", name=line.name, status=status), None)
    told = answer.headers.get("Retry-After", "")
    seconds = float(told) if re.fullmatch(r"[0-9]{1,6}", told) else None
    busy = OutsideSilent("exchange.busy", name=line.name, status=status)
    if seconds is not None:
        return _Failed(busy, seconds if seconds <= LONGEST_WAIT else None, doubling=False)
    return _Failed(busy, 0.2)


def handed(do: Callable[[], tuple[str, ...]]) -> Handover:
    """What became of one outward call, made exactly once; `do` gives the receipts.

    Refused where nothing can have been taken (no connection, a plain no), unknown wherever it may have been.
    """
    try:
        return Handover(HandoverState.SENT, "", do())
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        state = HandoverState.REFUSED if 400 <= status < 500 and status != 408 else HandoverState.UNKNOWN
        return Handover(state, str(status))
    except requests.ConnectTimeout:
        return Handover(HandoverState.REFUSED, "no_connection")
    except Elsewhere as error:
        moved = error.response is None or error.response.status_code in _REDIRECTS
        return Handover(HandoverState.REFUSED if moved else HandoverState.UNKNOWN, "elsewhere" if moved else "cut")
    except requests.ConnectionError as error:
        return _broken(error)
    except (requests.RequestException, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return Handover(HandoverState.UNKNOWN, "lost")


def _broken(error: requests.ConnectionError) -> Handover:
    """No connection at all, or one that broke when something had gone out. urllib3 names the first in its reason."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}:
        return Handover(HandoverState.REFUSED, "no_connection")
    return Handover(HandoverState.UNKNOWN, "lost")


class _WithoutTokens(logging.Filter):
    """urllib3 writes the path of each request into its debug log; ThreatExchange's paths carry the token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(r"access_token=[^&\s\"']+", "access_token=-", record.getMessage())
        record.args = ()
        return True


def keep_tokens_from_logs() -> None:
    """Take the token out of what urllib3 logs, from now on, in this process. Called before the first request."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, _WithoutTokens) for one in logger.filters):
            logger.addFilter(_WithoutTokens())
