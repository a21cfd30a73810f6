"""The person's photos on a page, and what a visit to a place of appearance says.

Belongs here: looking through a page's images for copies of the case's photos, and the pure decision after a re-visit:
live, gone, moved, login wall or unknown. Not here: fetching or capturing (`net`, `evidence`), how two pictures are
compared (`fingerprint`), what is written down about it (`cases`). Pure: values in, values out.
"""

from sitr.finding.copies import Found, Search, Skipped, find_copies
from sitr.finding.courtesy import Book, Courtesy, Kept, Manners, MemoryTurns, Turns
from sitr.finding.markers import image_addresses, inline_pictures, mark_inside
from sitr.finding.rounds import Find, Told, Visited
from sitr.finding.rounds import visit as visit_watched
from sitr.finding.visits import Answer, State, Visit, judge_visit
from sitr.finding.watching import Every, Memory, Order, WatchKind, forget_sights

__all__ = [
    "Answer",
    "Book",
    "Courtesy",
    "Every",
    "Find",
    "Found",
    "Kept",
    "Manners",
    "Memory",
    "MemoryTurns",
    "Order",
    "Search",
    "Skipped",
    "State",
    "Told",
    "Turns",
    "Visit",
    "Visited",
    "WatchKind",
    "find_copies",
    "forget_sights",
    "image_addresses",
    "inline_pictures",
    "judge_visit",
    "mark_inside",
    "visit_watched",
]
