"""`sitr identify`: the service and the identifiers in an address; works offline and loads nothing else."""

from collections.abc import Iterator
from typing import Any

from sitr.cli.call import Call
from sitr.cli.showing import document
from sitr.errors import BadInput
from sitr.knowledge import identify as find
from sitr.knowledge import load

# Left out where there is nothing to say: an address inside, a name it imitates.
_OPTIONAL = ("inner", "lookalike_of")


def identify(call: Call) -> int:
    """One result per address in the pasted words, in order. Raises BadInput `cli.no_address` when there is none."""
    found = find("\n".join(call.given.many("URL")), load(call.settings().knowledge))
    if not found:
        raise BadInput("cli.no_address")
    results = [shown(document(each)) for each in found]
    call.answer({"results": results}, _lines(call, results))
    return 0


def shown(result: dict[str, Any]) -> dict[str, Any]:
    """A result without the keys that have nothing to say, also for an address inside it."""
    kept = {k: v for k, v in result.items() if k not in _OPTIONAL or v}
    if isinstance(kept.get("inner"), dict):
        kept["inner"] = shown(kept["inner"])
    return kept


def _lines(call: Call, results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        yield call.say("at", url=result["canonical_url"] or result["url"])
        service = result["service"]
        yield "    " + (call.say("service", service=service) if service else call.say("service_unknown"))
        for name, value in result["ids"].items():
            yield "    " + call.say("identifier", name=name, value=value)
        if result["channels"]:
            yield "    " + call.say("channels", channels=", ".join(str(c) for c in result["channels"]))
        if result.get("lookalike_of"):
            yield "    " + call.say("lookalike", service=result["lookalike_of"])
        if result.get("inner"):
            yield "    " + call.say("inner", url=result["inner"]["url"])
