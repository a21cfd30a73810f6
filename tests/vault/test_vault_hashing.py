"""The digest that is computed beside the other work is the digest."""

import hashlib
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.vault.hashing import HashBeside


@given(st.lists(st.integers(0, 3_000_000), max_size=6))
@settings(max_examples=25, deadline=None)
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
