"""Passphrases, wraps, receipt codes and session locks: what opens, what does not, and what never shows."""

import os
import pickle
import string
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged, Locked, SitrError
from sitr.vault import (
    CODE_PARAMS,
    PASSPHRASE_PARAMS,
    Identity,
    KdfParams,
    LockedIdentity,
    Place,
    ReceiptCode,
    SessionLock,
    bech32,
    lock_identity,
    lock_with,
    open_sealed,
    seal,
    unlock_identity,
    unlock_with,
    unwrap_case,
    wrap_case,
)
from sitr.vault.locks import passphrase_bytes, stretch

HOLDER, STRANGER = Identity.generate(), Identity.generate()
CHEAP = KdfParams(passes=1, memory_kib=64, lanes=1)
SALT = bytes(range(16))
PASSPHRASE = "قمر فوق البحر 42"


def test_the_right_passphrase_opens_and_a_wrong_one_is_locked_out() -> None:
    locked = lock_identity(HOLDER, PASSPHRASE, CHEAP, SALT)
    assert unlock_identity(locked, PASSPHRASE).secret() == HOLDER.secret()
    with pytest.raises(Locked, match=r"vault\.wrong_secret"):
        unlock_identity(locked, PASSPHRASE + "!")


@given(st.text(alphabet=string.printable + "ابتثجحخ٠١٢۴ﻼ\u200f"))
@settings(max_examples=50)
def test_whatever_can_lock_can_unlock(passphrase: str) -> None:
    locked = lock_identity(HOLDER, "a" + passphrase, CHEAP, SALT)
    assert unlock_identity(LockedIdentity.unpack(locked.pack()), "a" + passphrase) == HOLDER


@pytest.mark.parametrize(
    "typed",
    [
        "قمر فوق البحر ٤٢",
        "قمر فوق البحر ۴۲",
        "  قمر  فوق البحر 42 ",
        "\u200fقمر فوق البحر 42\u200e",
        "قمر فوق\u00a0البحر ４２",
    ],
    ids=["arabic digits", "persian digits", "spaces", "direction marks", "wide digits and a hard space"],
)
def test_the_same_passphrase_from_another_keyboard_opens(typed: str) -> None:
    assert passphrase_bytes(typed) == passphrase_bytes(PASSPHRASE)


def test_letters_that_differ_stay_different() -> None:
    assert passphrase_bytes("Moon") != passphrase_bytes("moon")
    assert passphrase_bytes("moon sea") != passphrase_bytes("moonsea")


@pytest.mark.parametrize("nothing", ["", "   ", "\u200f", "\n"])
def test_an_empty_passphrase_is_refused(nothing: str) -> None:
    with pytest.raises(BadInput, match=r"vault\.empty_passphrase"):
        lock_identity(HOLDER, nothing, CHEAP, SALT)


@given(secret=st.binary(min_size=1, max_size=60), salt=st.binary(min_size=16, max_size=16), passes=st.integers(1, 3))
@settings(max_examples=25)
def test_the_key_is_what_openssls_own_argon2id_gives(secret: bytes, salt: bytes, passes: int) -> None:
    """Two implementations agree: a changed library or parameter order cannot lock everybody out unseen."""
    judge = Argon2id(salt=salt, length=32, iterations=passes, lanes=2, memory_cost=64)
    assert stretch(secret, KdfParams(passes, 64, 2), salt) == judge.derive(secret)


def test_the_costs_are_those_of_the_design() -> None:
    assert KdfParams(passes=3, memory_kib=256 * 1024, lanes=2) == PASSPHRASE_PARAMS
    assert KdfParams(passes=2, memory_kib=19 * 1024, lanes=1) == CODE_PARAMS


@pytest.mark.parametrize("params", [(0, 64, 1), (1, 7, 1), (1, 64, 0), (99, 64, 1), (1, 2**32, 1), (1, 64, 10_000)])
def test_costs_that_are_none_or_a_trap_are_refused(params: tuple[int, int, int]) -> None:
    with pytest.raises(BadInput, match=r"vault\.kdf_params"):
        KdfParams(*params)


@pytest.mark.parametrize("salt", [b"", b"short", bytes(17)])
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    with pytest.raises(BadInput, match=r"vault\.salt"):
        lock_identity(HOLDER, PASSPHRASE, CHEAP, salt)


@pytest.mark.parametrize(
    "change",
    [
        (b'"passes":1', b'"passes":1000000'),
        (b'"memory_kib":64', b'"memory_kib":4294967295'),
        (b"sitr-locked-identity-v1", b"sitr-locked-identity-v9"),
        (b"argon2id-1.3", b"rot13"),
        (b'"salt":"', b'"salt":"*'),
        (b'"lanes"', b'"lions"'),
        (b"{", b"["),
    ],
)
def test_a_doctored_locked_file_is_damaged(change: tuple[bytes, bytes]) -> None:
    packed = lock_identity(HOLDER, PASSPHRASE, CHEAP, SALT).pack()
    with pytest.raises(Damaged, match=r"vault\.altered"):
        LockedIdentity.unpack(packed.replace(*change))


def test_a_cut_locked_identity_is_damaged_not_a_wrong_passphrase() -> None:
    locked = lock_identity(HOLDER, PASSPHRASE, CHEAP, SALT)
    with pytest.raises(Damaged):
        unlock_identity(LockedIdentity(locked.params, locked.salt, locked.sealed[:-3]), PASSPHRASE)


def test_a_case_opens_for_its_holder_only() -> None:
    case = Identity.generate()
    wrapped = wrap_case(case, HOLDER.public)
    assert unwrap_case(wrapped, HOLDER, public=case.public) == case
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        unwrap_case(wrapped, STRANGER)


def test_after_a_holder_is_removed_the_rest_read_old_and_new_and_the_removed_one_only_the_old() -> None:
    """A new epoch: a new case identity for those who stay, the old one sealed to the new."""
    here = Place("case-1", "answer", "row-1", "text")
    first, second, removed = Identity.generate(), Identity.generate(), STRANGER
    wraps = {one.public: wrap_case(first, one.public) for one in (HOLDER, removed)}
    earlier, later = seal(b"earlier", here, first.public), seal(b"later", here, second.public)
    new_wrap, chain = wrap_case(second, HOLDER.public), wrap_case(first, second.public)

    now = unwrap_case(new_wrap, HOLDER, public=second.public)
    before = unwrap_case(chain, now, public=first.public)
    assert (open_sealed(later, here, now), open_sealed(earlier, here, before)) == (b"later", b"earlier")

    theirs = unwrap_case(wraps[removed.public], removed)
    assert open_sealed(earlier, here, theirs) == b"earlier"
    for act in (lambda: unwrap_case(new_wrap, removed), lambda: open_sealed(later, here, theirs)):
        with pytest.raises(Damaged, match=r"vault\.wrong_key"):
            act()


def test_a_wrap_swapped_with_another_cases_is_found() -> None:
    one, other = Identity.generate(), Identity.generate()
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        unwrap_case(wrap_case(other, HOLDER.public), HOLDER, public=one.public)


def test_a_locked_holder_is_no_wrapped_case() -> None:
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        unwrap_case(lock_with(STRANGER, HOLDER.public), HOLDER)
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        unlock_with(wrap_case(STRANGER, HOLDER.public), HOLDER)


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_the_key_that_age_reads(key: bytes) -> None:
    identity = Identity.from_key(key)
    assert identity.secret().startswith("AGE-SECRET-KEY-1")
    raw = X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
    assert identity.public == bech32.encode("age", raw)


@pytest.mark.parametrize("text", ["", "AGE-SECRET-KEY-1", "age1xyz", "AGE-SECRET-KEY-1" + "Q" * 58])
def test_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"vault\.not_a_key"):
        Identity(text)


class TestReceiptCodes:
    def test_a_code_read_back_gives_the_same_keys(self) -> None:
        code = ReceiptCode.new(os.urandom)
        shown = code.reveal()
        assert [len(group) for group in shown.split()] == [4] * 6
        assert ReceiptCode.read(shown).keys(CHEAP, SALT).locate == code.keys(CHEAP, SALT).locate

    @pytest.mark.parametrize(
        "typed",
        [
            "123456789012345678901234",
            "1234 5678 9012 3456 7890 1234",
            "1234-5678–9012—3456 7890.1234\n",
            "١٢٣٤ ٥٦٧٨ ٩٠١٢ ٣٤٥٦ ٧٨٩٠ ١٢٣٤",
            "\u200f۱۲۳۴ ۵۶۷۸ ۹۰۱۲ ۳۴۵۶ ۷۸۹۰ ۱۲۳۴\u200e",
            "\u2066１２３４\u2069،5678 9012 3456 7890 ١٢٣٤",
        ],
    )
    def test_a_code_is_read_in_any_digits_with_anything_between(self, typed: str) -> None:
        assert ReceiptCode.read(typed).reveal() == "1234 5678 9012 3456 7890 1234"

    @pytest.mark.parametrize(
        "typed", ["", "1234", "1" * 23, "1" * 25, "a" * 24, "1234 5678 9012 3456 7890 123O", "²" * 24]
    )
    def test_what_is_no_code_is_refused(self, typed: str) -> None:
        with pytest.raises(BadInput, match=r"vault\.not_a_receipt"):
            ReceiptCode.read(typed)

    def test_numbers_beyond_24_digits_are_drawn_again(self) -> None:
        draws = iter([b"\xff" * 10, (10**24).to_bytes(10, "big"), (7).to_bytes(10, "big")])
        assert ReceiptCode.new(lambda _count: next(draws)).reveal() == "0000 0000 0000 0000 0000 0007"

    def test_what_locates_does_not_unlock_and_each_code_has_its_own(self) -> None:
        one, other = (ReceiptCode(digit * 24).keys(CHEAP, SALT) for digit in "12")
        assert len(one.locate) == 16
        assert one.locate != other.locate
        assert one.unlock != other.unlock
        assert one.locate != ReceiptCode("1" * 24).keys(CHEAP, bytes(16)).locate

    def test_a_code_opens_the_identity_that_was_locked_for_it(self) -> None:
        keys = ReceiptCode("1" * 24).keys(CHEAP, SALT)
        sealed = lock_with(HOLDER, keys.unlock.public)
        assert unlock_with(sealed, keys.unlock) == HOLDER
        with pytest.raises(Locked, match=r"vault\.wrong_secret"):
            unlock_with(sealed, ReceiptCode("2" * 24).keys(CHEAP, SALT).unlock)


class TestSessionLocks:
    def test_cookie_and_session_together_open(self) -> None:
        lock = SessionLock(bytes(32))
        assert lock.open(lock.seal(HOLDER, b"session", os.urandom), b"session") == HOLDER

    def test_another_cookie_another_session_or_altered_bytes_do_not(self) -> None:
        lock = SessionLock(bytes(32))
        sealed = lock.seal(HOLDER, b"session", os.urandom)
        attempts = [(SessionLock(b"x" * 32), sealed, b"session"), (lock, sealed, b"other"), (lock, b"", b"session")]
        attempts += [
            (lock, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], b"session") for at in range(len(sealed))
        ]
        attempts += [(lock, sealed[:at], b"session") for at in range(0, len(sealed), 7)]
        for who, what, session in attempts:
            with pytest.raises(Locked, match=r"vault\.session_over"):
                who.open(what, session)

    def test_a_key_of_another_length_is_refused(self) -> None:
        with pytest.raises(BadInput, match=r"vault\.not_a_key"):
            SessionLock(b"short")


def secret_things() -> list[tuple[object, str]]:
    code = ReceiptCode("123456789012345678901234")
    keys = code.keys(CHEAP, SALT)
    return [
        (HOLDER, HOLDER.secret()),
        (code, "1234"),
        (keys, keys.unlock.secret()),
        (SessionLock(b"k" * 32), "kkkk"),
        ([HOLDER], HOLDER.secret()),
    ]


@pytest.mark.parametrize(("thing", "secret"), secret_things(), ids=lambda value: type(value).__name__)
def test_secrets_are_neither_printed_nor_pickled(thing: object, secret: str) -> None:
    assert secret not in f"{thing} {thing!r} {thing!s}"
    with pytest.raises(TypeError):
        pickle.dumps(thing)


def test_an_errors_traceback_holds_no_secret() -> None:
    try:
        unlock_identity(lock_identity(HOLDER, PASSPHRASE, CHEAP, SALT), "another")
    except SitrError as error:
        shown = "".join(traceback.format_exception(error))
    assert PASSPHRASE not in shown
    assert HOLDER.secret() not in shown
