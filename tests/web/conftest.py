"""Fixtures of the page tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.web_cast import Cast


@pytest.fixture
def cast(transactional_db: None, home: Path) -> "Iterator[Cast]":
    """The holder's browser, unlocked, and everybody else."""
    from tests.web.web_cast import gathered

    yield from gathered(home)
