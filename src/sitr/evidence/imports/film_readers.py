"""The confined reader of films, as the fingerprint's port `Apart`: our own Python behind the wall of imports."""

import sys
from dataclasses import dataclass, replace
from typing import BinaryIO

from sitr.evidence.imports.apart import Answer, run_python_apart
from sitr.evidence.imports.limits import ImportLimits


@dataclass(frozen=True)
class FilmReader:
    """`seconds` of processor time for one film. A film that needs more is read up to there, and said to be cut."""

    seconds: int = 600

    def __call__(self, code: str, source: BinaryIO) -> Answer:
        """Run `code` apart, with the film as its input."""
        return run_python_apart(sys.executable, code, source, replace(ImportLimits(), seconds=self.seconds))
