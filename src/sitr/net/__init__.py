"""net: the one guarded door to the network. Nothing else in Sitr opens a connection to the outside.

Here belong the rule for addresses, the door that keeps it, and its bounds. What is said over a connection (SMTP, RFC
3161, a browser's traffic) belongs to the rooms that say it. This room stands at the edge, so the system's resolver and
monotonic clock are its explicit defaults.
"""

from sitr.net.addresses import Refusal
from sitr.net.door import WEB_PORTS, Door, joined
from sitr.net.loopback import LoopbackPass, is_throw_away, mark_throw_away
from sitr.net.names import Resolver, system_resolver
from sitr.net.socks import Proxy, read_proxy
from sitr.net.targets import Target, read_target
from sitr.net.values import Conditions, Limits, Pinned, Response

__all__ = [
    "WEB_PORTS",
    "Conditions",
    "Door",
    "Limits",
    "LoopbackPass",
    "Pinned",
    "Proxy",
    "Refusal",
    "Resolver",
    "Response",
    "Target",
    "is_throw_away",
    "joined",
    "mark_throw_away",
    "read_proxy",
    "read_target",
    "system_resolver",
]
