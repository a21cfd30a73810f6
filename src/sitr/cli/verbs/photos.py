"""`sitr photo add|list|erase`: a fingerprint of each photo, sealed; the photo itself only when asked for."""

from pathlib import Path

from sitr.cases import erasing, photos
from sitr.cli.call import Call
from sitr.cli.files import read
from sitr.cli.keys import secret
from sitr.cli.showing import moment
from sitr.cli.verbs.exhibits import look_through, looked_lines
from sitr.cli.verbs.unlocking import keeper


def add(call: Call) -> int:
    """Add photos, and look for them in what was imported before. All are read first: a slip in a name keeps none."""
    files = [(Path(name).name, read(name)) for name in call.given.many("FILE")]
    holder, case, keep = keeper(call), call.given.one("CASE"), call.given.has("--keep")
    added = [photos.add_photo(holder, case, image, name, keep=keep) for name, image in files]
    lines = [call.say("photo_added", id=view.id) for view in added]
    looked = look_through(holder, case)
    kept = call.say("photo_kept" if keep else "photo_not_kept")
    call.answer({"photos": added, "looked": looked}, [*lines, kept, *looked_lines(call, looked)])
    return 0


def list_all(call: Call) -> int:
    """The photos of a case, by what is kept of them."""
    found = photos.list_photos(keeper(call), call.given.one("CASE"))
    lines = [call.say("photo_line", id=one.id, name=one.name, width=one.width, height=one.height) for one in found]
    call.answer({"photos": found}, lines or [call.say("photos_none")])
    return 0


def erase(call: Call) -> int:
    """Erase one photo, with the secret again. 1 while an exchange has its hashes, unless `--forget-handed`."""
    holder, case, photo = keeper(call), call.given.one("CASE"), call.given.one("PHOTO")
    call.confirm(call.say("photo_erase_sure", id=photo))
    erased = erasing.erase_photo(
        holder, case, photo, secret=secret(call, "ask_again"), forget_handed=call.given.has("--forget-handed")
    )
    until = erased.backups_readable_until
    backups = call.say("erased_backups", until=moment(until)) if until else call.say("erased_backups_unknown")
    call.answer({"erased": photo, "backups_readable_until": until}, [call.say("photo_erased", id=photo), backups])
    return 0
