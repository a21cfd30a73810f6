"""The generated phrase, and age's passphrase format written and read as a stream.

The phrase is for telling over a phone between speakers of Arabic and English: words of consonant-vowel-consonant-vowel-
consonant, made only of sounds that both languages have and keep apart (no p/b, v/f, g/j, e/i, o/u). The format is
age-encryption.org/v1 with one scrypt stanza, so `age -d` opens it. pyrage can seal to a passphrase only whole in
memory, which is why its stanza is written here; the tests hold it against `age` and pyrage.
"""

import base64
import hmac
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sitr.errors import Damaged, Locked
from sitr.vault.age_format import CHUNK, INTRO, TAG, PayloadWriter, b64, chunk_nonce, header, mac, payload_cipher
from sitr.vault.pieces import Writer

RandomBytes = Callable[[int], bytes]

_CONSONANTS, _VOWELS = "bdfhjklmnrstwyz", "aiu"
_WORD = len(_CONSONANTS) ** 3 * len(_VOWELS) ** 2  # 30,375 words: 14.89 bits each
WORDS = 6  # 89 bits; design.md asks for 77 at least

# Parts of words that would hurt to read or to say in either language; a word that holds one is not used.
_UNKIND = (
    *("dik", "fak", "fuk", "hara", "kis", "kus", "lut", "nik", "nud", "suk", "tit", "tiz", "zib", "zin", "zub"),
    *(
        "dabah",
        "damar",
        "fasid",
        "faji",
        "haram",
        "harim",
        "jahil",
        "jarah",
        "kadib",
        "kafir",
        "mayit",
        "najis",
        "natin",
    ),
)

_LABEL = b"age-encryption.org/v1/scrypt"
# The work factor protects weak passphrases; this one has 89 bits of its own. 2^16 needs 64 MiB, which a phone has.
_LOG_N = 16
CHOSEN_LOG_N = 18  # what the age command takes for a passphrase: 256 MiB
_MOST_LOG_N = 20  # 1 GiB: what a stranger's file may make this machine spend
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n"
    rb"([A-Za-z0-9+/]{43})\n--- ([A-Za-z0-9+/]{43})\n"
)
_LONGEST_HEADER = 220


def make_phrase(random_bytes: RandomBytes) -> str:
    """A fresh phrase of six words joined by hyphens, 89 bits, from the randomness handed in."""
    words: list[str] = []
    while len(words) < WORDS:
        word = _word(int.from_bytes(random_bytes(8), "big") % _WORD)  # 2^64 / 30,375: the bias is below 2^-49
        if not any(part in word for part in _UNKIND):
            words.append(word)
    return "-".join(words)


def _word(number: int) -> str:
    letters = []
    for sounds in (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _CONSONANTS):
        number, place = divmod(number, len(sounds))
        letters.append(sounds[place])
    return "".join(letters)


def tidy_phrase(typed: str) -> str:
    """A phrase as typed or dictated: capitals, spaces and other dashes count as what `make_phrase` writes."""
    return "-".join(re.findall(r"[^\s\-‐-―−]+", typed.strip().lower()))


def looks_generated(typed: str) -> bool:
    """Whether this may be a phrase of ours, however spaced; another passphrase must be taken exactly as typed."""
    word = f"(?:[{_CONSONANTS}][{_VOWELS}]){{2}}[{_CONSONANTS}]"
    return re.fullmatch(f"{word}(?:-{word}){{{WORDS - 1}}}", tidy_phrase(typed)) is not None


def is_for_phrase(head: bytes) -> bool:
    """Whether an age file that begins with these bytes is opened by a passphrase."""
    return head.startswith(INTRO + b"-> scrypt ")


def seal_to_phrase(
    source: Iterator[bytes], target: Writer, phrase: str, random_bytes: RandomBytes, *, log_n: int = _LOG_N
) -> None:
    """Write the chunks of `source` to `target` as an age file that `phrase` opens, in constant memory.

    `log_n`: what a guess costs, 2^`log_n` KiB of scrypt; `CHOSEN_LOG_N` for a phrase that a person chose.
    """
    file_key, salt, nonce = random_bytes(16), random_bytes(16), random_bytes(16)
    wrapped = ChaCha20Poly1305(_stretch(phrase, salt, log_n)).encrypt(bytes(12), file_key, None)
    stanza = b"-> scrypt %s %d\n%s\n" % (b64(salt), log_n, b64(wrapped))
    target.write(header(file_key, [stanza]) + nonce)
    sealing = PayloadWriter(target, file_key, nonce)
    for chunk in source:
        sealing.write(chunk)
    sealing.finish()


def open_with_phrase(source: BinaryIO, phrase: str) -> Iterator[bytes]:
    """The chunks that an age file holds, each verified before it is handed on.

    Raises Locked `dossier.wrong_key` for another phrase, Damaged `dossier.seal_broken` (with the byte near which it
    broke) for an altered or cut file. A file is whole only when the iterator ends without an error.
    """
    start = source.read(_LONGEST_HEADER)
    found = _HEADER.match(start)
    if found is None or not int(found[2]) <= _MOST_LOG_N:
        raise Damaged("dossier.seal_broken", at=0)
    file_key = _file_key(found, phrase)
    body = found[0][: found[0].rindex(b"---") + 3]
    if not hmac.compare_digest(b64(mac(file_key, body)), found[4]):
        raise Damaged("dossier.seal_broken", at=found.start(4))
    rest = start[found.end() :]
    rest += source.read(max(0, 16 - len(rest)))
    if len(rest) < 16:
        raise Damaged("dossier.seal_broken", at=found.end())
    cipher = payload_cipher(file_key, rest[:16])
    yield from _opened(cipher, _blocks(rest[16:], source), found.end() + 16)


def _file_key(found: "re.Match[bytes]", phrase: str) -> bytes:
    salt, wrapped = _unb64(found[1]), _unb64(found[3])
    try:
        return ChaCha20Poly1305(_stretch(phrase, salt, int(found[2]))).decrypt(bytes(12), wrapped, None)
    except InvalidTag:
        raise Locked("dossier.wrong_key") from None


def _opened(cipher: ChaCha20Poly1305, blocks: Iterator[tuple[bytes, bool]], at: int) -> Iterator[bytes]:
    for number, (block, last) in enumerate(blocks):
        try:
            yield cipher.decrypt(chunk_nonce(number, last=last), block, None)
        except InvalidTag:
            raise Damaged("dossier.seal_broken", at=at + number * (CHUNK + TAG)) from None


def _blocks(start: bytes, source: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    size = CHUNK + TAG
    block = start + source.read(size - len(start))
    while True:
        following = source.read(size)
        yield block, not following
        if not following:
            return
        block = following


def _stretch(phrase: str, salt: bytes, log_n: int) -> bytes:
    return Scrypt(salt=_LABEL + salt, length=32, n=1 << log_n, r=8, p=1).derive(phrase.encode())


def _unb64(text: bytes) -> bytes:
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if b64(data) != text:  # age refuses a second spelling of the same bytes
        raise Damaged("dossier.seal_broken", at=0)
    return data
