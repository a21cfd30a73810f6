"""What changed on a page between two captures of it."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from sitr.cases import comparisons
from sitr.evidence.comparing import Changed, Difference
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.pages import show
from sitr.words import say

_MOST_SHOWN = 200


@require_GET
@unlocked
def diff(request: Request, case: str, item: str, other: str) -> HttpResponse:
    """The two beside each other; pictures by their addresses, none is shown."""
    found = comparisons.compare(request.keeper, case, item, other)
    return show(
        request, "diff.html", case=case, item=item, found=found, facts=_named(request, found.facts),
        conditions=_conditions(request, found.conditions), text=found.text[:_MOST_SHOWN],
        pictures=found.pictures[:_MOST_SHOWN], added=found.links_added[:_MOST_SHOWN],
        removed=found.links_removed[:_MOST_SHOWN], server=_server(request, found),
        partial=found.before.partial or found.after.partial,
        more=max(len(found.text), len(found.pictures), len(found.links_added), len(found.links_removed)) > _MOST_SHOWN,
    )  # fmt: skip


def _named(request: Request, changes: tuple[Changed, ...]) -> list[dict[str, Any]]:
    return [
        {"name": say(f"web.diff_name_{one.name}", request.lang), "before": one.before, "after": one.after}
        for one in changes
    ]


def _conditions(request: Request, changes: tuple[Changed, ...]) -> list[dict[str, Any]]:
    """As words: a device by its name, what was so or not so as yes and no."""
    words = {
        "desktop": "save_viewport_desktop", "phone": "save_viewport_phone", "True": "save_child_yes",
        "False": "save_child_no",
    }  # fmt: skip

    def plain(value: str) -> dict[str, str]:
        return {"words": say(f"web.{words[value]}", request.lang)} if value in words else {"value": value}

    return [
        {"name": say(f"web.diff_name_{one.name}", request.lang), "both": [plain(one.before), plain(one.after)]}
        for one in changes
    ]


def _server(request: Request, found: Difference) -> list[dict[str, Any]]:
    """Headers by their own names; addresses and certificates by the host that showed them."""
    rows = [{"machine": one.name, "before": one.before, "after": one.after} for one in found.headers]
    for key, changes in (("address", found.addresses), ("certificate", found.certificates)):
        for one in changes:
            name = say(f"web.diff_{key}", request.lang, host=one.name)
            rows.append({"name": name, "before": one.before, "after": one.after})
    return rows
