"""How fast addresses are identified on one core, and how long a cold `identify` takes. Target: 50,000 a second, 0.4 s.

Run: python benchmarks/identify.py. CPU seconds are measured, so that a busy machine does not blur the figure.
"""

import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time

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
COLD = """
import sys
from pathlib import Path
from sitr.knowledge import identify, load
identify(sys.argv[2], load(Path(sys.argv[1])))
"""


def main() -> None:
    knowledge = load(KNOWLEDGE)
    text = "\n".join(shape.format(n=n) for n in range(10_000) for shape in SHAPES)
    identify("https://t.me/warm_up https://unknown.example/", knowledge)
    start = process_time()
    found = len(identify(text, knowledge))
    print(f"{found} addresses, {found / (process_time() - start):,.0f} a CPU second")
    for address in ("https://www.instagram.com/p/AbC/", "https://unknown.example/a"):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", COLD, str(KNOWLEDGE), address], check=True)
        print(f"cold: {perf_counter() - start:.2f} s wall for {address}")


if __name__ == "__main__":
    main()
