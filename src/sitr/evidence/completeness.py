"""Our own count of what of the page is in the archive: `wacz validate` proves structure and hashes only, not that
nothing is missing.

Expected is every picture, video, poster and background of the final DOM, and every document, style sheet, font,
picture, video, script and set of data that the page asked for. Kept is what has a whole body in the archive.
"""

from collections.abc import Iterable, Mapping, Sequence

from sitr.evidence.captured import BodyState, Completeness, Exchange, Missing
from sitr.evidence.images import Ways
from sitr.evidence.recorder import whole_range
from sitr.evidence.seen import Reference

_COUNTED_TYPES = frozenset({"Document", "Stylesheet", "Image", "Media", "Font", "Script", "XHR", "Fetch"})
_ASKED_BY_SCRIPTS = frozenset({"Script", "XHR", "Fetch"})
_GIVEN_UP = frozenset({"failed:Aborted", "failed:net::ERR_ABORTED"})
_SHOWN = 300


def count(exchanges: Sequence[Exchange], references: Iterable[Reference], inline: Mapping[str, str]) -> Completeness:
    """Goes through every expected address. The reasons: `not_loaded`, `refused`, `http_<status>`, `cut`, `too_large`,
    `too_many`, `no_pictures`, `no_answer`, `part_only`, `failed:<Chromium's word>`."""
    ways = Ways(exchanges)
    expected = dict.fromkeys(r.url.partition("#")[0] for r in references if not r.url.startswith(("data:", "about:")))
    expected |= dict.fromkeys(e.url for e in exchanges if _is_expected(e))
    missing = [Missing(url[:_SHOWN], why) for url in expected if (why := _why_missing(url, ways, inline))]
    return Completeness(len(expected) - len(missing), len(expected), tuple(missing))


def _is_expected(exchange: Exchange) -> bool:
    """What a script asked for and gave up itself is no loss; a picture that it took away again was there to be seen."""
    if exchange.type in _ASKED_BY_SCRIPTS and exchange.why in _GIVEN_UP:
        return False
    return exchange.type in _COUNTED_TYPES


def _why_missing(url: str, ways: Ways, inline: Mapping[str, str]) -> str:
    """Empty when it is kept."""
    if url.startswith("blob:"):
        return "" if url in inline else "not_loaded"
    exchange = ways.end_of(url)
    if exchange is None:
        return "not_loaded"
    if exchange.state is not BodyState.KEPT:
        return exchange.why or "no_answer"
    if exchange.status >= 400:
        return f"http_{exchange.status}"
    return "part_only" if exchange.status == 206 and not whole_range(exchange) else ""
