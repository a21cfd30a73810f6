"""Fixtures of the verbs' tests. What they are made of is in `case_world`, imported late: it needs Django set up."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cases.case_world import Site, World


@pytest.fixture(scope="session")
def loopback_site() -> "Iterator[Site]":
    """A site on loopback for the whole run."""
    from tests.cases.case_world import running_site

    with running_site() as site:
        yield site


@pytest.fixture
def world(transactional_db: None, home: Path, loopback_site: "Site") -> "World":
    """The cast around a case with two holders, in an empty home."""
    from tests.cases.case_world import made_world

    loopback_site.pages.clear()
    return made_world(home, loopback_site)
