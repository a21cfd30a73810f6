"""Files that are sealed for a change which may not come about: then none of them stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from sitr.cases.services import Services
from sitr.vault import StoredBlob


@contextmanager
def fresh_files(services: Services) -> Iterator[list[StoredBlob]]:
    """Put each file that is sealed inside into the list: all are removed again when anything is raised."""
    made: list[StoredBlob] = []
    try:
        yield made
    except BaseException:
        for blob in made:
            services.blobs.delete(blob.name)
        raise
