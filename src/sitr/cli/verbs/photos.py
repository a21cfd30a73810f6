"""`sitr photo add`: a fingerprint of each photo, sealed; the photo itself only when asked for."""

from pathlib import Path

from sitr.cases import photos
from sitr.cli.call import Call
from sitr.cli.files import read
from sitr.cli.verbs.unlocking import keeper


def add(call: Call) -> int:
    """Add photos. All are read first, so that a slip in the last name keeps none."""
    files = [(Path(name).name, read(name)) for name in call.given.many("FILE")]
    holder, case, keep = keeper(call), call.given.one("CASE"), call.given.has("--keep")
    added = [photos.add_photo(holder, case, image, name, keep=keep) for name, image in files]
    lines = [call.say("photo_added", id=view.id) for view in added]
    call.answer({"photos": added}, [*lines, call.say("photo_kept" if keep else "photo_not_kept")])
    return 0
