"""Time authorities (RFC 3161): asking one for a stamp on a digest, and judging its answer before it is kept.

Here belong the port `Authority`, its HTTP adapter, when a silent one is asked again, and the list of public ones. Not
here: checking a stored stamp again (`verifier`) and opening connections (`net`, handed in as a door). An authority
learns a digest, the hour and the address of who asks: nothing else of a case may reach it.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from typing import Any, ClassVar, Protocol, TypeVar

from asn1crypto import cms, core, tsp

from sitr.errors import MissingProgram, OutsideSilent
from sitr.journal import verifier
from sitr.net import Limits, Response

_SHA256_BYTES = 32
_CLOCK_MAY_DIFFER = timedelta(minutes=5)
_GRANTED = (0, 1)  # granted, granted with modifications (RFC 3161 section 2.4.2)
_LIMITS = Limits(seconds=20.0, bytes=1_000_000, redirects=0)
_T = TypeVar("_T")


class StampState(StrEnum):
    """Where the time stamp of a checkpoint stands with one authority."""

    QUEUED = "queued"
    STAMPED = "stamped"
    WILL_RETRY = "will_retry"


class BadStamp(OutsideSilent):
    """An authority answered, but with something that would prove nothing. For the queue it is as good as silence."""


@dataclass(frozen=True)
class Stamp:
    """One stamp. `tsr` is the whole TimeStampResp in DER, as `openssl ts -verify -in` takes it; `time` is in UTC;
    `policy` a dotted OID; `authority` the address that was asked; `proven` whether it was judged by a configured root.
    """

    tsr: bytes
    time: datetime
    serial: int
    policy: str
    authority: str
    proven: bool


class Authority(Protocol):
    """Whoever says since when a digest has existed."""

    def stamp(self, digest: bytes, now: datetime, nonce: int) -> Stamp:
        """A stamp for this SHA-256 digest. Raises OutsideSilent (BadStamp when the answer cannot be used)."""
        ...


class Poster(Protocol):
    """The one thing this room asks of the door: posting to a service that the operator named."""

    def post_infrastructure(self, url: str, body: bytes, content_type: str, limits: Limits) -> Response:
        """See `sitr.net.Door.post_infrastructure`."""
        ...


class HttpAuthority:
    """A time authority behind HTTP. `ca`: PEM roots to judge it by, or None where none is configured."""

    def __init__(self, url: str, door: Poster, ca: bytes | None) -> None:
        self.url = url
        self._door = door
        self._ca = ca

    def stamp(self, digest: bytes, now: datetime, nonce: int) -> Stamp:
        """Ask for a stamp on a SHA-256 digest and judge the answer.

        `now` is aware; `nonce` a fresh random number of up to 64 bits. Raises OutsideSilent (`net....` from the door,
        `journal.authority_silent`), BadStamp (`journal.stamp_...`), MissingProgram without openssl.
        """
        answer = self._door.post_infrastructure(
            self.url, _request(digest, nonce), "application/timestamp-query", _LIMITS
        )
        if answer.status != 200:
            raise OutsideSilent("journal.authority_silent", status=answer.status)
        said = _read(answer.body)
        _compare(said, digest, now, nonce)
        self._judge(answer.body, said)
        return Stamp(answer.body, said.time, said.serial, said.policy, self.url, self._ca is not None)

    def _judge(self, reply: bytes, said: "_Said") -> None:
        """By openssl, with the very code that checks a dossier, so that nothing is kept which that would refuse."""
        try:
            stamped = verifier.read_stamp(reply)
            if (stamped.digest, stamped.time, stamped.serial) != (said.digest, said.time, said.serial):
                raise BadStamp("journal.stamp_garbage")
            holds = verifier.stamp_holds(reply, stamped, self._ca)
        except verifier.MalformedError as error:
            raise BadStamp("journal.stamp_garbage") from error
        except FileNotFoundError as error:
            raise MissingProgram("journal.no_openssl") from error
        if not holds:
            raise BadStamp("journal.stamp_unproven")


def next_try(attempts: int, now: datetime) -> datetime:
    """When an authority that failed `attempts` times in a row is asked again: 1, 2, 4 ... minutes, at most 6 hours."""
    return now + min(timedelta(minutes=2 ** max(0, min(attempts - 1, 9))), timedelta(hours=6))


@dataclass(frozen=True)
class Preset:
    """A public authority that an operator may choose. None is asked unless chosen.

    `seconds_between` is the pace it asks for (0: none known); `own_root`: its root is in no system's store; `caveat`
    has a sentence for `ar` and `en`; `seen` is how it is known and when.
    """

    id: str
    url: str
    seconds_between: int
    own_root: bool
    qualified_claim: bool
    caveat: Mapping[str, str]
    seen: str


def presets() -> tuple[Preset, ...]:
    """The public authorities known to Sitr, as data; in the order in which they are proposed."""
    data = tomllib.loads(files("sitr.journal").joinpath("presets.toml").read_text(encoding="utf-8"))
    return tuple(Preset(**entry) for entry in data["authority"])


class _Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp as RFC 3161 has it: the token is absent from a refusal (asn1crypto's own class demands it)."""

    _fields: ClassVar[list[tuple[Any, ...]]] = [  # asn1crypto writes into it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True)
class _Said:
    """What an answer says, unjudged."""

    digest: bytes
    algorithm: str
    nonce: int | None
    time: datetime
    serial: int
    policy: str
    purposes: tuple[str, ...]
    purpose_critical: bool


def _request(digest: bytes, nonce: int) -> bytes:
    if len(digest) != _SHA256_BYTES:
        raise ValueError("a SHA-256 digest has 32 bytes")
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    return bytes(tsp.TimeStampReq(asked).dump())


def _read(reply: bytes) -> _Said:
    status, token = parsed(lambda: open_reply(reply))
    if status not in _GRANTED:
        raise BadStamp("journal.stamp_rejected", status=status)
    if token is None:
        raise BadStamp("journal.stamp_garbage")
    certificate = parsed(lambda: signing_certificate(token))
    if certificate is None:
        raise BadStamp("journal.stamp_no_certificate")
    return parsed(lambda: _said(token, certificate))


def parsed(read: Callable[[], _T]) -> _T:
    """Run one step of reading. asn1crypto parses as it is asked, and says so with several kinds of error."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        raise BadStamp("journal.stamp_garbage") from error


def open_reply(reply: bytes) -> tuple[int, Any]:
    """Status and token (None in a refusal) of a TimeStampResp, read leniently."""
    found = _Reply.load(reply, strict=True)
    token = found["time_stamp_token"]
    return int(found["status"]["status"]), token["content"] if token.native is not None else None


def signing_certificate(token: Any) -> Any:
    """The certificate that the signature names, wherever it stands in the set; the first is often another one."""
    name = token["signer_infos"][0]["sid"].chosen
    for choice in token["certificates"]:
        certificate = choice.chosen
        if isinstance(name, cms.IssuerAndSerialNumber):
            if certificate.issuer == name["issuer"] and certificate.serial_number == name["serial_number"].native:
                return certificate
        elif certificate.key_identifier == name.native:
            return certificate
    return None


def _said(token: Any, certificate: Any) -> _Said:
    info = token["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise TypeError("not a TSTInfo")
    imprint = info["message_imprint"]
    purposes = certificate.extended_key_usage_value
    return _Said(
        digest=bytes(imprint["hashed_message"].native),
        algorithm=str(imprint["hash_algorithm"]["algorithm"].native),
        nonce=info["nonce"].native,
        time=info["gen_time"].native.astimezone(UTC).replace(microsecond=0),
        serial=int(info["serial_number"].native),
        policy=str(info["policy"].dotted),
        purposes=tuple(purposes.native) if purposes is not None else (),
        purpose_critical="extended_key_usage" in certificate.critical_extensions,
    )


def _compare(said: _Said, digest: bytes, now: datetime, nonce: int) -> None:
    if said.nonce != nonce:
        raise BadStamp("journal.stamp_wrong_nonce")
    if said.algorithm != "sha256" or said.digest != digest:
        raise BadStamp("journal.stamp_wrong_imprint")
    if said.purposes != ("time_stamping",) or not said.purpose_critical:  # RFC 3161 section 2.3
        raise BadStamp("journal.stamp_wrong_purpose")
    apart = abs(said.time - now)
    if apart > _CLOCK_MAY_DIFFER:
        raise BadStamp("journal.stamp_far_clock", seconds=int(apart.total_seconds()))
