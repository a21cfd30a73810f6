"""`sitr index`: whether a photo's hashes stand in the shared index, and the index as a file for its operator."""

from sitr.cases import shared_index
from sitr.cases.shared_index import SharedView
from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.finding.exchange import Form


def consent(call: Call) -> int:
    """Said, given or withdrawn. What enters, and what it can reveal, is told before."""
    case, photo, wish = call.given.one("CASE"), call.given.one("PHOTO"), call.given.maybe("on|off")
    holder = keeper(call)
    view = shared_index.show(holder, case, photo)
    if wish == "on":
        call.note(call.say("index_what", hashes=view.hashes))
        call.confirm(call.say("index_sure"))
    if wish:
        view = shared_index.consent(holder, case, photo, given=wish == "on")
    call.answer({"index": view}, [_line(call, view)])
    return 0


def _line(call: Call, view: SharedView) -> str:
    if not view.given or view.since is None:
        return call.say("index_off")
    return call.say("index_on", since=moment(view.since), hashes=view.hashes)


def export(call: Call) -> int:
    """Ids and hashes, as a watch-list."""
    out = new_file(call.given.one("FILE"))
    photos = shared_index.export_index(keeper(call), out, Form(call.given.option("--as") or Form.JSONL))
    call.answer({"file": out, "photos": photos}, [call.say("index_exported", photos=photos, file=out)])
    return 0
