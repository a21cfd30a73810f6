"""The sweep: copies of listed photos in crawls, folders, object stores and lists of addresses.

Belongs here: reading archives in constant memory, the two stages over millions of pictures, engines, going on after a
kill. Not here: how two pictures are compared (`sitr.fingerprint`), one captured page (`finding.copies`), how lists are
exchanged (`finding.exchange`). No picture is written anywhere: hashed in memory, and only matches become rows.
"""

from sitr.finding.sweep.addresses import Visitor
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.resuming import clear, is_begun
from sitr.finding.sweep.running import Progress, Summary, Wish, sweep
from sitr.finding.sweep.watchlist import Listed, WatchList, read_watchlist

__all__ = [
    "Listed",
    "Progress",
    "Store",
    "Summary",
    "Visitor",
    "WatchList",
    "Wish",
    "clear",
    "is_begun",
    "read_watchlist",
    "sweep",
]
