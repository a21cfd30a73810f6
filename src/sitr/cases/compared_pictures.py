"""The pictures inside one imported file, compared with the person's photos: what was found, and what is proposed of it.

What belongs here: the comparing of one reading of one file. Reading files is in `imports`, looking for photos that were
added later in `second_looks`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from sitr.cases.models import Sighting
from sitr.cases.sightings import propose
from sitr.cases.work import Act
from sitr.evidence.imports import Inside, Looked, Where
from sitr.finding import Found, Search, find_copies
from sitr.fingerprint import Fingerprint

COMPARING = 120.0
"""Seconds after which no other picture of a file is compared with the photos; the rest is counted and said."""
_COMPARISONS = frozenset(
    f"evidence.import_{name}" for name in ("not_all_compared", "inner_not_compared", "pdf_pictures_unread")
)


@dataclass
class Compared:
    """The pictures of a file, compared with the person's photos one by one and then forgotten.

    `until`: when to stop, by `monotonic`; what is left is counted by the reader and said. The same bytes are compared
    once, whatever they are called. `page`: the address of the captured page that is gone through; then its own
    pictures, named as `mark_inside` does, are proposed at that address, too. `problems`: what an earlier reading said
    of comparing, where this one does not; `before`: the photos that it looked for. `late`: whether time ran out.
    """

    photos: dict[str, Fingerprint]
    until: float = 0.0
    found: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    before: frozenset[str] = frozenset()
    late: bool = False
    page: str = ""
    _known: dict[bytes, tuple[Found, ...]] = field(default_factory=dict)
    _finds: dict[str, list[Found]] = field(default_factory=dict)

    def look(self, inside: Inside) -> Looked:
        """Compare one picture."""
        digest = hashlib.sha256(inside.data).digest()
        new = digest not in self._known
        if new and monotonic() > self.until:
            self.late = True
            return Looked.LATE
        search = find_copies([(inside.name, inside.data)], self.photos) if new else Search((), (), 0)
        copies = self._known.setdefault(digest, search.found)
        for copy in copies:
            self._note(inside, copy)
        return Looked.COMPARED if search.looked else Looked.PASSED

    def _note(self, inside: Inside, copy: Found) -> None:
        address = inside.where is Where.ADDRESS and (bool(self.page) or inside.name.startswith(("http://", "https://")))
        if address:
            page = self.page or inside.page or inside.name
            self._finds.setdefault(page, []).append(replace(copy, image_url=inside.name))
        self.found.append(
            {
                "media": inside.name if address else inside.name[:500], "photo": copy.photo,
                "score": round(copy.score, 6), "where": inside.where.value, "number": inside.number,
                "same_scene": copy.same_scene,
            }
        )  # fmt: skip

    def propose(self, doing: Act) -> list[str]:
        """Propose each find that has an address as a place of appearance; gives the new proposals' ids.

        What has none (an attachment, a page of a document) is evidence of who had the photo, and no place.
        """
        before, ids = {row.id for row, _ in doing.rows(Sighting)}, dict[str, str]()
        for page, finds in self._finds.items():
            ids |= propose(doing, page, finds)
        for one in self.found:
            if one["where"] == Where.ADDRESS and one["media"] in ids:
                one["sighting"] = ids[one["media"]]
        return sorted({one["sighting"] for one in self.found if one.get("sighting")} - before)

    @property
    def looked_for(self) -> frozenset[str]:
        """The photos that were looked for, by this reading and by those before."""
        return self.before | frozenset(self.photos)


def of_comparing(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was said of comparing the pictures, of all that was said of a file."""
    return [one for one in problems if one["code"] in _COMPARISONS]


def looked_for(head: Mapping[str, Any]) -> frozenset[str]:
    """The photos that a stored view says were looked for."""
    return frozenset(head.get("photos", ()))  # views of earlier readings did not say
