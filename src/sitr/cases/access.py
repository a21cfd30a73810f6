"""Who may open what: holders, their locks, and the keys of a case. A stranger is told that there is no such case."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sitr.cases.models import (
    Case,
    CaseState,
    Holder,
    HolderKind,
    HolderLock,
    ReceiptLock,
    ReceiptSalt,
    WrappedKey,
    writing_allowed,
)
from sitr.cases.services import Services, whole_hour
from sitr.errors import AnswerIsNo, BadInput, Locked, NotFound
from sitr.vault import (
    CODE_PARAMS,
    SALT_BYTES,
    Identity,
    LockedIdentity,
    ReceiptCode,
    ReceiptKeys,
    SessionLock,
    lock_identity,
    unlock_identity,
    unlock_with,
    unwrap_case,
)

_LEAST_CHARACTERS, _LEAST_KINDS = 8, 4


@dataclass(frozen=True)
class Keeper:
    """An unlocked holder. Its identity is in memory only, for as long as this value lives."""

    holder_id: str
    identity: Identity = field(repr=False)
    services: Services = field(repr=False)


@dataclass(frozen=True)
class CaseKeys:
    """The identities of a case by epoch; the last one reads what is written now."""

    identities: Mapping[int, Identity] = field(repr=False)

    def of(self, epoch: int) -> Identity:
        """The identity of an epoch. Raises NotFound where this holder has none."""
        try:
            return self.identities[epoch]
        except KeyError:
            raise NotFound("cases.no_case") from None


def is_set_up(services: Services) -> bool:  # noqa: ARG001  the stores are Django's; the argument says so at the call
    """Whether this home has a holder yet."""
    return HolderLock.objects.exists()


def set_up(services: Services, secret: str) -> Keeper:
    """Make the first holder of this home, locked by `secret`. Raises BadInput when there is one already."""
    if is_set_up(services):
        raise BadInput("cases.already_set_up")
    return new_holder(services, secret, HolderKind.PERSON)


def new_holder(services: Services, secret: str, kind: HolderKind) -> Keeper:
    """A holder with an identity of their own, locked by their secret. Raises BadInput for one that is soon guessed.

    Eight characters at least, as NIST SP 800-63B (5.1.1.2) asks; somebody close can try at leisure, so no fewer kinds
    of them than four (`11111111` is one). Locks that are older open as before.
    """
    chosen = secret.strip()
    if chosen and (len(chosen) < _LEAST_CHARACTERS or len(set(chosen)) < _LEAST_KINDS):
        raise BadInput("cases.short_secret", least=_LEAST_CHARACTERS)
    identity = Identity.generate()
    locked = lock_identity(identity, secret, services.kdf, services.random_bytes(SALT_BYTES))
    holder_id = services.new_id()
    with writing_allowed():
        since = whole_hour(services.now())
        Holder(id=holder_id, kind=kind, public=identity.public, since_hour=since).save(force_insert=True)
        # The lock comes last: a holder without a lock opens nothing and is in nobody's way.
        HolderLock(holder_id=holder_id, locked=locked.pack()).save(force_insert=True)
    return Keeper(holder_id, identity, services)


def unlock(services: Services, secret: str, holder: str | None = None) -> Keeper:
    """The holder whose lock this secret opens. Raises Locked for a wrong secret, BadInput before any set-up."""
    locks = HolderLock.objects.filter(holder_id=holder) if holder else HolderLock.objects.order_by("holder_id")
    found = list(locks)
    if not found:
        raise BadInput("cases.not_set_up")
    wrong: Locked | None = None
    for lock in found:
        try:
            return Keeper(lock.holder_id, unlock_identity(LockedIdentity.unpack(bytes(lock.locked)), secret), services)
        except Locked as error:
            wrong = error
    raise wrong or Locked("vault.wrong_secret")


def unlock_by_receipt(services: Services, written: str) -> Keeper:
    """The holder that a receipt code opens, as a person types it. `receipts.come_in` is the verb for people.

    Raises BadInput for what is no code; Locked `cases.receipt_wrong`, the same for a code that was never given, that
    was withdrawn, or that another installation gave. A wrong code costs what a right one does only where its mark is
    one that was given: the others are turned away before they cost anything.
    """
    code = ReceiptCode.read(written)
    if receipt_lane(services, code) is None:
        raise Locked("cases.receipt_wrong")
    keys = receipt_keys(services, code)
    lock = ReceiptLock.objects.filter(locate=keys.locate.hex()).first()
    if lock is None or not WrappedKey.objects.filter(holder_id=lock.holder_id).exists():
        raise Locked("cases.receipt_wrong")
    return Keeper(lock.holder_id, unlock_with(bytes(lock.locked), keys.unlock), services)


def receipt_keys(services: Services, code: ReceiptCode) -> ReceiptKeys:
    """The keys of a code under the one salt of this installation."""
    return code.keys(CODE_PARAMS, receipt_salt(services))


def receipt_salt(services: Services) -> bytes:
    """The one salt of this installation's codes, which is made when it is first asked for."""
    with writing_allowed():
        row, _ = ReceiptSalt.objects.get_or_create(pk=1, defaults={"salt": services.random_bytes(SALT_BYTES)})
    return bytes(row.salt)


def receipt_lane(services: Services, code: ReceiptCode) -> str | None:
    """The mark under which the tries of this code are counted; empty where a code without a mark is out, which any code
    could be; None for what nobody was given."""
    mark = code.mark(receipt_salt(services))
    lanes = set(ReceiptLock.objects.filter(mark__in=(mark, "")).values_list("mark", flat=True))
    return next((lane for lane in (mark, "") if lane in lanes), None)


def by_receipt(keeper: Keeper) -> bool:
    """Whether this holder came by a receipt code."""
    return bool(ReceiptLock.objects.filter(holder_id=keeper.holder_id).exists())


def require_passphrase(keeper: Keeper) -> None:
    """Raises AnswerIsNo `cases.not_by_receipt` for one who came by a receipt code: such a slip may be found by somebody
    else, who must not be able to shut the person out or to destroy what is theirs."""
    if by_receipt(keeper):
        raise AnswerIsNo("cases.not_by_receipt")


def confirm(keeper: Keeper, secret: str, *, receipt: bool = False) -> None:
    """Ask a holder for their secret again, before a dangerous verb. `receipt`: one who came by a receipt code may do
    this, and types the code. Raises Locked, AnswerIsNo."""
    if not by_receipt(keeper):
        unlock(keeper.services, secret, keeper.holder_id)
    elif not receipt:
        raise AnswerIsNo("cases.not_by_receipt")
    elif unlock_by_receipt(keeper.services, secret).holder_id != keeper.holder_id:
        raise Locked("cases.receipt_wrong")


def keep(keeper: Keeper, cookie_key: bytes) -> bytes:
    """What a server may remember of an unlocked holder: ciphertext that only the cookie opens."""
    sealed = SessionLock(cookie_key).seal(keeper.identity, _session(cookie_key), keeper.services.random_bytes)
    return keeper.holder_id.encode() + b"\x00" + sealed


def resume(services: Services, kept: bytes, cookie_key: bytes) -> Keeper:
    """The holder again, from what `keep` gave. Raises Locked."""
    holder_id, _, sealed = kept.partition(b"\x00")
    return Keeper(holder_id.decode(), SessionLock(cookie_key).open(sealed, _session(cookie_key)), services)


def _session(cookie_key: bytes) -> bytes:
    return hashlib.sha256(b"sitr-session\x00" + cookie_key).digest()


def find_case(case_id: str, *, lock: bool = False) -> Case:
    """The row of a case that is open. Raises NotFound, also for one that is erased."""
    rows = Case.objects.select_for_update() if lock else Case.objects
    found: Case | None = rows.filter(pk=case_id, state__in=(CaseState.OPEN, CaseState.CLOSED)).first()
    if found is None:
        raise NotFound("cases.no_case")
    return found


def case_keys(keeper: Keeper, case: Case) -> CaseKeys:
    """The keys that this holder has to a case. Raises NotFound for a stranger."""
    wraps = list(WrappedKey.objects.filter(case_id=case.id, holder_id__in=(keeper.holder_id, "")))
    own = {w.epoch: bytes(w.wrapped) for w in wraps if w.holder_id}
    if case.epoch not in own:
        raise NotFound("cases.no_case")
    older = {w.epoch: bytes(w.wrapped) for w in wraps if not w.holder_id}
    identities = {case.epoch: unwrap_case(own[case.epoch], keeper.identity, public=case.public)}
    for epoch in range(case.epoch - 1, -1, -1):
        if epoch not in older:
            break
        identities[epoch] = unwrap_case(older[epoch], identities[epoch + 1])
    return CaseKeys(identities)
