"""The compiled kernel against its twins in numpy and OpenCV, and against input that is not in order."""

import io
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.fingerprint import features, fingerprint, geometry, kernel, sketch, sliding
from sitr.fingerprint.features import extract
from sitr.fingerprint.pixels import decode

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not kernel.at_work(), reason="no compiler at set-up")
PICTURE = drawn_photo(31, 640, 480)
PRINT = fingerprint(encoded(PICTURE, quality=90))
LEVEL = np.asarray(PICTURE.convert("L"))
DICE = np.random.default_rng(7)


def test_the_nearest_descriptors_are_opencvs() -> None:
    mine, other = DICE.integers(0, 4, (40, 32), dtype=np.uint8), DICE.integers(0, 4, (300, 32), dtype=np.uint8)
    limits = DICE.uniform(20, 60, 40)
    for few in (other, other[:2]):
        plain, compiled = geometry.nearest(mine, few, limits), kernel.near(mine, few, limits, 3)
        assert [p.tolist() for p in plain] == [c.tolist() for c in compiled]


def test_votes_of_cuts_are_numpys() -> None:
    """Of even and odd numbers of rows, as large as the photo and smaller, and of none."""
    up, down = DICE.integers(0, 2**32, (2, 2, 32), dtype=np.uint32)
    for stretch in (0.5, 1.0, 1.4):
        cuts = sliding.lay(LEVEL, stretch)
        for votes, bounds in (((up, down & ~up), (2, 10, 60)), ((up & 7, up & 8), (2, 10, 60))):
            both = cuts.brighter, cuts.sizes, votes, bounds
            plain = sliding.slid(*both)
            assert len(plain) == len(cuts.at)
            assert np.allclose(kernel.slide(*both), plain, rtol=0, atol=1e-12)
    none = cuts.brighter[:0], cuts.sizes[:0], (up, down), (2, 10, 60)
    assert len(kernel.slide(*none)) == len(sliding.slid(*none)) == 0
    with pytest.raises(ValueError, match="cells"):
        kernel.slide(cuts.brighter[:1], np.array([[33, 5]]), (up, down), (2, 10, 60))


def test_the_bits_of_features_are_numpys() -> None:
    """Bit for bit, also where a patch hangs over the edge."""
    rows, columns = DICE.integers(0, 480, 300), DICE.integers(0, 640, 300)
    angle = DICE.uniform(-4, 4, 300).astype(np.float32)
    turn = np.cos(angle), np.sin(angle)
    plain = features.sampled(LEVEL, rows, columns, *turn)
    assert np.array_equal(plain, kernel.describe(LEVEL, (rows, columns), turn, features._lattice(), features.pattern()))


def test_corners_and_slopes_are_opencvs() -> None:
    plain, compiled = features.peaks(LEVEL), kernel.corners(LEVEL, features._MARGIN, features._LEAST_RESPONSE)
    both = {*zip(*plain[:2], strict=True)} & {*zip(*compiled[:2], strict=True)}
    assert len(both) >= 0.99 * max(len(plain[0]), len(compiled[0])) > 100
    at = plain[0] // 2, plain[1] // 2
    half = np.asarray(cv2.resize(LEVEL, (320, 240), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    for ours, theirs in zip(kernel.gradients(half, features._bell(), *at), features.slopes(half, *at), strict=True):
        assert np.abs(ours - theirs).max() < 0.01


def test_a_level_too_small_for_a_corner_has_none() -> None:
    for shape in ((1, 1), (5, 400), (18, 18), (19, 19)):
        assert len(kernel.corners(np.zeros(shape, np.uint8), 9, 1e-5)[0]) == 0


def test_votes_guided_matches_and_fits_are_numpys() -> None:
    photo = PRINT.features
    candidate = extract(decode(encoded(PICTURE.rotate(4), quality=60)).grey, 800)
    assert photo is not None
    mine, other = geometry._matches(photo, candidate)
    start, end = photo.xy[mine].astype(np.float64), candidate.xy[other].astype(np.float64)
    size = (candidate.size[other] / photo.size[mine]).astype(np.float64)
    turn = (candidate.angle[other] - photo.angle[mine]).astype(np.float64)
    plain = geometry.voted(start, end, size, turn, mine, side=640, most=3)
    compiled = kernel.proposals((start, end), size, turn, mine, 640, 3, 3)
    assert [p.tolist() for p in plain] == compiled.astype(bool).tolist()
    chosen = plain[0]
    for solve, stretch in ((geometry._similarity, False), (geometry._affine, True)):
        wanted = geometry.weighed(start[chosen], end[chosen], solve)
        found = kernel.fit(np.ascontiguousarray(start[chosen]), np.ascontiguousarray(end[chosen]), stretch=stretch)
        assert wanted is not None
        assert found is not None
        assert np.allclose(wanted, found, atol=1e-6)
    there = start[chosen][:1] + np.zeros((len(photo), 1))
    limits = np.full(len(photo), 90.0)
    pair = [(f.xy, f.size, f.angle, f.bits) for f in (photo, candidate)]
    for near in (3.0, 40.0, 4000.0):
        guided = kernel.guided(there, pair[0], pair[1], near, 1.0, 0.07, limits)
        by_hand = geometry.near_there(photo, candidate, there, near=near, size=1.0, turn=0.07, limits=limits)
        assert [g.tolist() for g in guided] == [b.tolist() for b in by_hand]


def test_points_that_say_nothing_fit_nothing() -> None:
    same = np.ones((7, 2))
    assert kernel.fit(same, same, stretch=True) is None
    assert kernel.fit(same[:0], same[:0], stretch=False) is None
    line = np.column_stack([np.arange(9.0), np.zeros(9)])
    found = kernel.fit(line, line + 1, stretch=True)
    assert found is not None
    assert np.allclose(found, [[1, 0, 1], [0, 1, 1]])


@pytest.mark.parametrize("place", ["whole", "part", "turned", "outside", "tiny"])
def test_the_sketch_is_looked_up_as_numpy_does(place: str) -> None:
    assert PRINT.steps is not None
    picture = sketch.Ladder(LEVEL)
    matrix = {
        "whole": [[640, 0, -0.5], [0, 480, -0.5]],
        "part": [[900, 0, -100], [0, 700, -90]],
        "turned": [[600, 60, 5], [-50, 450, 40]],
        "outside": [[640, 0, 5000], [0, 480, -9000]],
        "tiny": [[60, 0, 20], [0, 45, 20]],
    }[place]
    plain = sketch.looked_up(PRINT.steps, picture, np.array(matrix, dtype=np.float64))
    compiled = sketch.agree(PRINT.steps, picture, np.array(matrix, dtype=np.float64))
    assert plain.blocks == compiled.blocks
    assert abs(plain.share - compiled.share) <= 2 / 64
    assert abs(plain.votes - compiled.votes) <= 0.01


def test_arrays_that_do_not_fit_are_refused_before_the_kernel_sees_them() -> None:
    grey = np.zeros((40, 40), np.uint8)
    with pytest.raises(TypeError):
        kernel.corners(grey.astype(np.float32), 9, 1e-5)
    with pytest.raises(TypeError):
        kernel.corners(np.zeros((40, 80), np.uint8)[:, ::2], 9, 1e-5)
    with pytest.raises(ValueError, match="cover"):
        kernel.plane(grey, 41, 40)
    with pytest.raises(ValueError, match="picture"):
        kernel.gradients(grey, np.ones(3, np.float32), np.array([40]), np.array([0]))


@pytest.mark.parametrize(("progressive", "waves"), [(False, 1), (False, 3), (True, 1)])
def test_every_broken_jpeg_is_declined_or_read_within_its_bounds(progressive: bool, waves: int) -> None:
    turned = Image.Exif()
    turned[274] = 6
    data = encoded(drawn_photo(5, 200, 120), quality=80, progressive=progressive, exif=turned)
    whole = kernel.jpeg_head(data)
    assert whole == (200, 120, 6, progressive, data.count(b"\xff\xda"))
    assert kernel.jpeg_waves(data, whole, waves) is not None
    for at in range(2, len(data), 7):
        broken = bytearray(data)
        broken[at] ^= 1 << (at % 8)
        head = kernel.jpeg_head(bytes(broken))
        if head is not None and head.width * head.height < 10**6:
            found = kernel.jpeg_waves(bytes(broken), head, waves)
            assert found is None or (found[::waves, ::waves] >= 0).all()
        assert kernel.jpeg_waves(data[:at], whole, waves) is None
    # A head that is another file's makes no room for this one.
    assert kernel.jpeg_waves(data, whole._replace(width=whole.width + 8), waves) is None


def test_code_tables_are_told_apart_whichever_file_came_before() -> None:
    """More kinds of them than are remembered, in turns."""
    made = [encoded(drawn_photo(n, 160, 120), quality=60 + n, optimize=True) for n in range(12)]
    heads = [kernel.jpeg_head(data) for data in made]
    first = [kernel.jpeg_waves(d, h, 4) for d, h in zip(made, heads, strict=True) if h]
    again = [kernel.jpeg_waves(d, h, 4) for d, h in zip(made[::-1], heads[::-1], strict=True) if h][::-1]
    for one, other, data in zip(first, again, made, strict=True):
        assert one is not None
        assert other is not None
        assert np.array_equal(one, other)
        alone = np.asarray(Image.open(io.BytesIO(data)).convert("L").reduce(8), dtype=np.float32)
        assert np.median(np.abs(one[::4, ::4] - alone)) < 1


def test_the_library_says_which_sources_it_was_made_from(tmp_path: Path) -> None:
    """As the build does, so that a stale library is never used."""
    script = "import hatch_build, pathlib; print(hatch_build.digest(pathlib.Path(hatch_build.FOLDER)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kernel.digest()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nothing_is_found_by_the_address_and_undefined_behaviour_sanitizers(tmp_path: Path) -> None:
    """The kernel is built with them and every other test of it is run again."""
    library = tmp_path / "_kernel.so"
    build = (
        "import hatch_build, pathlib, sys; "
        "sys.exit(not hatch_build.build(pathlib.Path(hatch_build.FOLDER), pathlib.Path(sys.argv[1]), "
        "('-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g', '-O1', '-DSITR_ONE_COPY')))"
    )
    subprocess.run([sys.executable, "-c", build, str(library)], cwd=ROOT, check=True)
    run = (
        "import sys, pathlib; from sitr.fingerprint import kernel; kernel._LIBRARY = pathlib.Path(sys.argv[1]); "
        "import pytest; sys.exit(pytest.main(['-q', '-x', '-n0', '-m', 'not long', *sys.argv[2:]]))"
    )
    # The sanitizer has to be there before Python; libstdc++ too, or it cannot follow OpenCV's exceptions.
    ask = ["gcc", "-print-file-name=libasan.so"], ["gcc", "-print-file-name=libstdc++.so.6"]
    found = [subprocess.run(a, capture_output=True, text=True, check=True).stdout.strip() for a in ask]
    log = tmp_path / "log"
    environment = os.environ | {
        "LD_PRELOAD": " ".join(found),
        "ASAN_OPTIONS": f"detect_leaks=0:log_path={log}",
        "UBSAN_OPTIONS": f"log_path={log}",
    }
    tests = [f"tests/fingerprint/test_fingerprint_{name}.py" for name in ("kernel", "index", "screening")]
    command = [sys.executable, "-c", run, str(library), *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    said = "".join(path.read_text()[:4000] for path in tmp_path.glob("log.*"))
    assert done.returncode == 0, said + done.stdout[-4000:] + done.stderr[-4000:]
