"""`sitr case export` and `import`: a case is portable, begun alone and never told twice."""

from sitr.cases import portable
from sitr.cli.call import Call
from sitr.cli.files import existing, new_file
from sitr.cli.keys import package_secret, secret
from sitr.cli.verbs.unlocking import keeper, keeper_of_new_home


def export(call: Call) -> int:
    """The whole case, sealed, in one new file."""
    out = new_file(call.given.option("--out") or "")
    holder = keeper(call)
    portable.export_case(holder, call.given.one("CASE"), out, secret=secret(call, "ask_again"))
    call.answer({"file": out}, [call.say("exported", file=out)])
    return 0


def take_in(call: Call) -> int:
    """A case that another Sitr wrote out: its journal is verified, then it stands here."""
    file = existing(call.given.one("FILE"))
    case = portable.import_case(keeper_of_new_home(call), file, secret=package_secret(call))
    call.answer({"case": case}, [call.say("imported", case=case)])
    return 0
