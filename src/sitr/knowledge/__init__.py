"""knowledge: loads and checks the facts in `knowledge/`, and answers from them; pure.

What belongs here: reading the fact folders, their schema and their checker; `identify` (whose address is this),
`make_plan` (what to do, in order), `routes` (which door, by which basis). What does not: anything that writes a letter
(takedown), remembers a case (cases) or reads a clock. Names are handed on lazily: `identify` must not pay for pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sitr.knowledge.checking import check as check
    from sitr.knowledge.checking import json_schemas as json_schemas
    from sitr.knowledge.checking import stats as stats
    from sitr.knowledge.doors import Route as Route
    from sitr.knowledge.doors import Signer as Signer
    from sitr.knowledge.doors import known_from_memory as known_from_memory
    from sitr.knowledge.doors import routes as routes
    from sitr.knowledge.doors import unverified_words as unverified_words
    from sitr.knowledge.identifying import Identified as Identified
    from sitr.knowledge.law import LawPage as LawPage
    from sitr.knowledge.law import countries as countries
    from sitr.knowledge.law import law_page as law_page
    from sitr.knowledge.loading import Knowledge as Knowledge
    from sitr.knowledge.loading import identify as identify
    from sitr.knowledge.loading import load as load
    from sitr.knowledge.plan import WATCHED as WATCHED
    from sitr.knowledge.plan import Answers as Answers
    from sitr.knowledge.plan import Level as Level
    from sitr.knowledge.plan import Plan as Plan
    from sitr.knowledge.plan import PlanStep as PlanStep
    from sitr.knowledge.plan import Progress as Progress
    from sitr.knowledge.plan import State as State
    from sitr.knowledge.plan import check_answers as check_answers
    from sitr.knowledge.plan import make_plan as make_plan
    from sitr.knowledge.problems import Problem as Problem

_HOMES = {
    **dict.fromkeys(("check", "json_schemas", "stats"), "checking"),
    **dict.fromkeys(("Route", "Signer", "known_from_memory", "routes", "unverified_words"), "doors"),
    **dict.fromkeys(("LawPage", "countries", "law_page"), "law"),
    "Problem": "problems",
    "Identified": "identifying",
    **dict.fromkeys(("Knowledge", "identify", "load"), "loading"),
    **dict.fromkeys(
        ("WATCHED", "Answers", "Level", "Plan", "PlanStep", "Progress", "State", "check_answers", "make_plan"), "plan"
    ),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
