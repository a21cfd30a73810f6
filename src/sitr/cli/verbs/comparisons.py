"""`sitr capture diff`: what changed on a page between two captures of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from sitr.cases import comparisons
from sitr.cli.call import Call
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.evidence.comparing import Changed, Difference, PageState, PictureChange
from sitr.words import say


def diff(call: Call) -> int:
    """Compare; 0 also when something changed: that is an answer, not a failure."""
    given = call.given
    found = comparisons.compare(keeper(call), given.one("CASE"), given.one("EXHIBIT"), given.one("OTHER"))
    call.answer(_document(found), _lines(call, found))
    return 0


def _document(found: Difference) -> dict[str, Any]:
    told = ("facts", "text", "links_added", "links_removed", "headers", "addresses", "certificates", "conditions")
    return {
        "before": _page(found.before), "after": _page(found.after), "nothing": found.nothing,
        **{name: getattr(found, name) for name in told},
        "pictures": [_picture(one) for one in found.pictures], "same_pictures": found.same_pictures,
        "unread": found.unread, "cut": found.cut,
    }  # fmt: skip


def _page(page: PageState) -> dict[str, Any]:
    return {"url": page.url, "at": page.at, "title": page.title, "status": page.status, "partial": page.partial}


def _picture(one: PictureChange) -> dict[str, Any]:
    return {"became": one.became, "before": one.before, "after": one.after, "distance": one.distance}


def _lines(call: Call, found: Difference) -> Iterator[str]:
    def words(name: str, **blanks: Any) -> str:
        return say(f"web.diff_{name}", call.lang, **blanks)

    times = [moment(page.at) if page.at else "" for page in (found.before, found.after)]
    yield words("between", before=times[0], after=times[1])
    if found.conditions:
        yield words("conditions")
        yield from _named(found.conditions, lambda name: words(f"name_{name}"))
    if found.before.partial or found.after.partial:
        yield words("partial")
    if found.nothing:
        yield words("nothing")
    yield from _named(found.facts, lambda name: words(f"name_{name}"))
    for text in found.text:
        yield from ((f"  - {text.before}",) if text.before else ())
        yield from ((f"  + {text.after}",) if text.after else ())
    for one in found.pictures:
        where = (one.after or one.before).url  # type: ignore[union-attr]
        apart = "" if one.distance is None else f" ({words('distance', n=one.distance)})"
        yield f"  {words(one.became)}: {where}{apart}"
    yield from (f"  + {link}" for link in found.links_added)
    yield from (f"  - {link}" for link in found.links_removed)
    yield from _named(found.headers, str)
    yield from _named(found.addresses, lambda host: words("address", host=host))
    yield from _named(found.certificates, lambda host: words("certificate", host=host))


def _named(changes: Iterable[Changed], name: Any) -> Iterator[str]:
    for one in changes:
        yield f"  {name(one.name)}: {one.before or '—'} -> {one.after or '—'}"
