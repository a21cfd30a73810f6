"""Bodies in chunks are joined the same however they are cut into pieces."""

from hypothesis import given
from hypothesis import strategies as st

from sitr.evidence.imports.chunks import Chunks

BODIES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)


def packed(parts: list[bytes]) -> bytes:
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@given(parts=BODIES, step=st.integers(1, 50), trailer=st.sampled_from([b"", b"x: y\r\n\r\n"]))
def test_what_was_packed_comes_out_whatever_the_pieces(parts: list[bytes], step: int, trailer: bytes) -> None:
    whole, chunks = packed(parts) + trailer, Chunks()
    out = b"".join(part for at in range(0, len(whole), step) for part in chunks.feed(whole[at : at + step]))
    assert out == b"".join(parts)
    assert not chunks.broken


@given(st.binary(max_size=200))
def test_what_is_in_no_chunks_ends_nothing(data: bytes) -> None:
    chunks = Chunks()
    assert len(b"".join(chunks.feed(data))) <= len(data)


def test_lines_that_are_no_length_are_said() -> None:
    for body in (b"<html>\r\n", b"5\r\nhelloX\r\n", b"-1\r\n", b"f" * 5000):
        chunks = Chunks()
        assert len(b"".join(chunks.feed(body))) <= 5
        assert chunks.broken
