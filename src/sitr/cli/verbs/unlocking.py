"""How a command comes to an unlocked keeper."""

from typing import Any

from sitr.cases import access
from sitr.cli.call import Call
from sitr.cli.keys import new_secret, secret
from sitr.errors import BadInput


def keeper(call: Call) -> Any:
    """The keeper of this home. Raises Locked for a wrong passphrase, BadInput `cli.no_home` where none was set up."""
    if not access.is_set_up(call.services):
        raise BadInput("cli.no_home")
    return access.unlock(call.services, secret(call))


def keeper_of_new_home(call: Call) -> Any:
    """As `keeper`; a home that was never used is set up with the passphrase that is asked for."""
    if access.is_set_up(call.services):
        return keeper(call)
    call.note(call.say("first_passphrase"))
    return access.set_up(call.services, new_secret(call))
