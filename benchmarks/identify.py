"""How fast addresses are identified on one core, and how long a cold `identify` takes. Target: 50,000 a second, 0.4 s.

Run: python benchmarks/identify.py. CPU seconds are measured, so that a busy machine does not blur the figure. The
addresses come in lists of 1,100; two of the eleven shapes have a host of their own each, which nobody has met before.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from sitr.knowledge import identify, load

KNOWLEDGE = Path(__file__).parents[1] / "knowledge"
SHAPES = (
    "https://www.instagram.com/p/AbC{n}/?igsh=abc",
    "https://t.me/some_channel/{n}",
    "https://x.com/someone/status/1{n}?s=20",
    "https://leak{n}.example.net/a/b.jpg",
    "facebook.com/photo/?fbid={n}&set=a.1",
    "https://www.tiktok.com/@u.ser/video/7{n}?is_from_webapp=1",
    "https://i.imgur.com/AbCd{n}.jpg",
    "https://web.archive.org/web/20240102030405/https://www.instagram.com/p/A{n}/",
    "www.reddit.com/r/x/comments/1ab{n}/title/",
    "https://mega.nz/file/Ab{n}#key",
    "https://unknown-site{n}.com/page",
)
ROUNDS = 15
COLD = """
import sys
from pathlib import Path
from sitr.knowledge import identify, load
identify(sys.argv[2], load(Path(sys.argv[1])))
"""


def _addresses(numbers: range) -> str:
    return "\n".join(shape.format(n=n) for n in numbers for shape in SHAPES)


def _rate(lists: list[str], done: Callable[[str], int]) -> float:
    start = process_time()
    found = sum(done(text) for text in lists)
    return found / (process_time() - start)


def _hosts(text: str, suffixes: PublicSuffixList) -> int:
    """The peer: what a program does that only groups addresses by site."""
    found = 0
    for line in text.split("\n"):
        host = urlsplit(line if "://" in line else f"http://{line}").hostname or ""
        found += suffixes.privatesuffix(host) is not None
    return found


def main() -> None:
    knowledge = load(KNOWLEDGE)
    identify("https://t.me/warm_up https://unknown.example/", knowledge)
    suffixes = PublicSuffixList()
    ours, theirs = [], []
    for number in range(ROUNDS):
        first = number * 1_000
        lists = [_addresses(range(k, k + 100)) for k in range(first, first + 1_000, 100)]
        ours.append(_rate(lists, lambda text: len(identify(text, knowledge))))
        theirs.append(_rate(lists, lambda text: _hosts(text, suffixes)))
    print(f"{median(ours):,.0f} addresses a CPU second (median of {ROUNDS}; best {max(ours):,.0f})")
    print(f"only splitting them and finding the registrable domain (urllib, publicsuffixlist): {median(theirs):,.0f}")
    print(f"ratio: {median(a / b for a, b in zip(ours, theirs, strict=True)):.2f}")
    for address in ("https://www.instagram.com/p/AbC/", "https://unknown.example/a"):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", COLD, str(KNOWLEDGE), address], check=True)
        print(f"cold: {perf_counter() - start:.2f} s wall for {address}")


if __name__ == "__main__":
    main()
