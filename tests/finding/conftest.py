"""Makes the repository's root importable, so that the tests draw with the same edit suite as the benchmark."""

import sys
from pathlib import Path

_ROOT = str(Path(__file__).parents[2])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)
