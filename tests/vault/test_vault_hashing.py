"""The digest that is computed beside the other work is the digest."""

import hashlib
import threading
import time
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.vault.age_format import PayloadWriter
from sitr.vault.hashing import HashBeside
from sitr.vault.pieces import Piece


@given(st.lists(st.integers(0, 3_000_000), max_size=6))
@settings(max_examples=25)
def test_it_is_sha256_whatever_the_pieces(sizes: list[int]) -> None:
    beside, state = HashBeside(), hashlib.sha256()
    for place, size in enumerate(sizes):
        piece = bytes([place]) * size
        beside.update(piece)
        state.update(piece)
    assert beside.hexdigest() == state.hexdigest()


def test_no_thread_is_left_when_it_is_done() -> None:
    beside = HashBeside()
    beside.update(bytes(1 << 21))
    beside.hexdigest()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sha256")]


class Late(HashBeside):
    """One whose second thread is slow."""

    def _take(self, pieces: Sequence[Piece]) -> None:
        time.sleep(0.002)
        super()._take(pieces)


def test_a_file_sealed_into_buffers_that_go_round_is_digested_before_they_are_written_over() -> None:
    class Target:
        def __init__(self) -> None:
            self.beside, self.state = Late(), hashlib.sha256()

        def write(self, data: Piece, /) -> int:
            self.beside.update(data)
            self.state.update(data)
            return len(data)

    target = Target()
    sealing = PayloadWriter(target, bytes(16), bytes(16))
    for number in range(24):
        sealing.write(bytes([number]) * (1 << 20))
    sealing.finish()
    assert target.beside.hexdigest() == target.state.hexdigest()
