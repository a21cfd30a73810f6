"""`sitr receipt`: codes by which a person comes back to their cases without the passphrase."""

from sitr.cases import receipts
from sitr.cli.call import Call
from sitr.cli.keys import secret
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper


def give(call: Call) -> int:
    """Give a code for these cases: shown now, kept nowhere. Asks for the secret again."""
    holder = keeper(call)
    made = receipts.give(holder, call.given.many("CASE"), secret=secret(call, "ask_again"))
    lines = [call.say("receipt_code", code=made.code), call.say("receipt_once"), call.say("receipt_keep")]
    call.answer({"id": made.id, "code": made.code, "cases": list(made.cases)}, lines)
    return 0


def list_all(call: Call) -> int:
    """The codes that are out, without the codes."""
    found = receipts.list_receipts(keeper(call))
    lines = [
        call.say("receipt_line", id=one.id, since=moment(one.since_hour), cases=" ".join(one.cases)) for one in found
    ]
    call.answer({"receipts": found}, lines or [call.say("receipt_none")])
    return 0


def withdraw(call: Call) -> int:
    """End a code: its way in is destroyed, and its cases begin a new key. Asks for the secret again."""
    holder, receipt = keeper(call), call.given.one("RECEIPT")
    receipts.withdraw(holder, receipt, secret=secret(call, "ask_again"))
    call.answer({"withdrawn": receipt}, [call.say("receipt_withdrawn")])
    return 0
