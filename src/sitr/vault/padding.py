"""How large sealed things look. Sizes in clear would tell an answer from a story, and one video from another."""

_TEXT_SIZES = (256, 1024, 4096, 16_384)
_SMALLEST_FILE = 256


def text_size(length: int) -> int:
    """The padded size of a value that takes `length` bytes: 256 B, 1, 4 or 16 KiB, beyond that Padme."""
    return next((size for size in _TEXT_SIZES if length <= size), padme(length))


def file_size(length: int) -> int:
    """The padded size of a file: Padme, and never under 256 bytes."""
    return max(_SMALLEST_FILE, padme(length))


def padme(length: int) -> int:
    """Padme (Nikitin et al., PETS 2019, algorithm 1): at most 12 % more, leaks O(log log length) bits of the length."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1
    return (length + mask) & ~mask
