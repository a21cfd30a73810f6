"""Bech32 (BIP 173): how age spells its keys. Whether a spelling is a key is left to age itself."""

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, data: bytes) -> str:
    """`data` as Bech32 with a lower-case prefix, without Bech32's length limit, as the age format has it."""
    values = _five_bits(data)
    return prefix + "1" + "".join(_LETTERS[v] for v in values + _checksum(prefix, values))


def _five_bits(data: bytes) -> list[int]:
    size = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (size * 5 - len(data) * 8)
    return [(number >> (5 * i)) & 31 for i in reversed(range(size))]


def _checksum(prefix: str, values: list[int]) -> list[int]:
    spread = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    rest = _polymod([*spread, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    return [(rest >> (5 * (5 - i))) & 31 for i in range(6)]


def _polymod(values: list[int]) -> int:
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATOR):
            rest ^= generator if (top >> i) & 1 else 0
    return rest


def decode(text: str) -> bytes:
    """What `encode` was given. Prefix, letters and checksum are not looked at: age has checked the key before."""
    values = [_LETTERS.index(letter) for letter in text.strip().lower().rpartition("1")[2][:-6]]
    number = 0
    for value in values:
        number = number << 5 | value
    size = len(values) * 5 // 8
    return (number >> (len(values) * 5 - size * 8)).to_bytes(size, "big")
