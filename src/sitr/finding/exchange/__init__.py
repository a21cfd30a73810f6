"""Watch-lists in and out: files, and the exchanges StopNCII and ThreatExchange behind one port.

Belongs here: what an entry is, the forms of files, our mapping of what exchanges say, the shelf of what was fetched.
Not here: looking for the hashes (`fingerprint`, `finding.sweep`), consent to hand one over (`cases`). Pure but for
the port: the real exchanges live in `stopncii` and `threat_updates`, which alone import the `threatexchange` library
(extra `exchange`); everything else works without it. See docs/exchange.md.
"""

from sitr.finding.exchange.entries import EntryState, Kind, WatchEntry, derived_id, read_value
from sitr.finding.exchange.lists import Form, read_list, recognise, write_list
from sitr.finding.exchange.opening import exchange_names, open_exchange, read_exchanges
from sitr.finding.exchange.port import Delta, Exchange, Handover, HandoverState, MemoryExchange, Opinion
from sitr.finding.exchange.shelf import Applied, ListLine, Shelf

__all__ = [
    "Applied",
    "Delta",
    "EntryState",
    "Exchange",
    "Form",
    "Handover",
    "HandoverState",
    "Kind",
    "ListLine",
    "MemoryExchange",
    "Opinion",
    "Shelf",
    "WatchEntry",
    "derived_id",
    "exchange_names",
    "open_exchange",
    "read_exchanges",
    "read_list",
    "read_value",
    "recognise",
    "write_list",
]
