"""The person's photos on a page, and what a visit to a place of appearance says.

Belongs here: looking through a page's images for copies of the case's photos, and the pure decision after a re-visit:
live, gone, moved, login wall or unknown. Not here: fetching or capturing (`net`, `evidence`), how two pictures are
compared (`fingerprint`), what is written down about it (`cases`). Pure: values in, values out.
"""

from sitr.finding.copies import Found, Search, Skipped, find_copies
from sitr.finding.markers import image_addresses
from sitr.finding.visits import Answer, State, Visit, judge_visit

__all__ = [
    "Answer",
    "Found",
    "Search",
    "Skipped",
    "State",
    "Visit",
    "find_copies",
    "image_addresses",
    "judge_visit",
]
