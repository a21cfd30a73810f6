"""Whatever bytes come in, a reader gives a view or refuses with one of our errors: no crash, no hang, no surprise.

Damage starts from the museum, so that it gets past the first check. The long runs of every reader are in
`tests/fuzzing`.
"""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence.import_fixtures import FOLDER
from tests.fuzzing.damage import damaged
from tests.fuzzing.targets import IMPORTS, import_seeds, survives

from sitr.evidence.imports.jumbf import read_cbor, read_manifest
from sitr.evidence.imports.moments import place_in, read_zone, visible
from sitr.evidence.imports.texts import decoded, html_words
from sitr.evidence.imports.whatsapp import header

EXAMPLES = {"pdf": 4, "film": 4, "pictures": 25, "mail": 50, "voice": 25}
EDITS = st.lists(st.tuples(st.integers(0, 2**17), st.integers(0, 5), st.integers(0, 2**16)), min_size=1, max_size=8)


@pytest.mark.parametrize("reader", sorted(IMPORTS))
def test_damaged_files_are_read_or_refused(reader: str) -> None:
    seeds = {name: (FOLDER / name).read_bytes() for name in import_seeds(reader)}
    assert seeds

    @settings(max_examples=EXAMPLES.get(reader, 100), derandomize=True, database=None)
    @given(st.sampled_from(sorted(seeds)), EDITS)
    def run(name: str, edits: list[tuple[int, int, int]]) -> None:
        survives(name, damaged(seeds[name], edits))

    run()


@settings(max_examples=200, derandomize=True, database=None)
@given(st.binary(max_size=300))
def test_small_parsers_take_any_bytes(data: bytes) -> None:
    read_manifest(b"\x89PNG\r\n\x1a\n" + data)
    read_manifest(b"\xff\xd8" + data)
    text, _ = decoded(data)
    html_words(text)
    header(text, 1)
    with suppress(ValueError, IndexError):
        read_cbor(data)


@settings(max_examples=200, derandomize=True, database=None)
@given(st.text(max_size=120))
def test_what_is_visible_keeps_its_places(text: str) -> None:
    plain = visible(text)
    for length in range(len(plain) + 1):
        assert visible(text[: place_in(text, length)]) == plain[:length]
    with suppress(ValueError):
        read_zone(text)
