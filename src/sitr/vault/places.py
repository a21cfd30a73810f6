"""Where a sealed thing belongs. The place is sealed in with it, so that two cells cannot be swapped unseen."""

from dataclasses import dataclass

from sitr.errors import BadInput, Damaged


@dataclass(frozen=True)
class Place:
    """One cell or file: the case, the table, the row, the field. Random ids and names of ours, nothing personal."""

    case: str
    table: str
    row: str
    field: str

    def packed(self) -> bytes:
        """Unambiguous bytes: each part led by its length (2 bytes, big-endian), UTF-8."""
        parts = [part.encode() for part in (self.case, self.table, self.row, self.field)]
        if any(len(part) > 255 for part in parts):
            raise BadInput("vault.place_too_long")
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)

    def check(self, found: bytes) -> None:
        """Raises Damaged `vault.wrong_place` unless `found` is this place, packed."""
        if found != self.packed():
            raise Damaged("vault.wrong_place")
