"""How a command comes to an unlocked keeper."""

from pathlib import Path
from typing import Any

from sitr.cases import access, receipts
from sitr.cli.call import Call
from sitr.cli.keys import from_file, new_secret, secret
from sitr.errors import BadInput


def keeper(call: Call) -> Any:
    """The keeper of this home, by passphrase, or by the receipt code in the file that SITR_RECEIPT_FILE names.

    Raises Locked for a wrong one, BadInput `cli.no_home` where none was set up.
    """
    if not access.is_set_up(call.services):
        raise BadInput("cli.no_home")
    slip = call.env.get("SITR_RECEIPT_FILE")
    if slip:
        return receipts.come_in(call.services, from_file(Path(slip)))
    return access.unlock(call.services, secret(call))


def keeper_of_new_home(call: Call) -> Any:
    """As `keeper`; a home that was never used is set up with the passphrase that is asked for."""
    if access.is_set_up(call.services):
        return keeper(call)
    call.note(call.say("first_passphrase"))
    return access.set_up(call.services, new_secret(call))
