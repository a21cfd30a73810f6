"""Who can be reached from the card of a step: of those who help this person in this country, the fitting ones first."""

from sitr.knowledge.law import Body, LawPage
from sitr.knowledge.loading import Knowledge

_MOST = 3
# Where life may be in danger, whoever comes at once stands before whoever listens.
_IN_DANGER = frozenset({"s-near-help", "s-safe-place"})
# A voice or an answer in writing; an address to read is no such thing, but better than nobody.
_TALK = frozenset({"phone", "whatsapp"})


def nearby(step: str, page: LawPage, knowledge: Knowledge) -> tuple[Body, ...]:
    """Up to three who help, for the card of `step`: those first whom a guide names beside that step, then those who can
    be talked to. Only such as a verified contact reaches: a number from memory is never the first to call.

    `page` has chosen by country and answers already, so that no service for adults stands before a child.
    """
    urgent = [body for body in page.authorities if body.emergency and body.verified] if step in _IN_DANGER else []
    named = {
        line.partition("/")[2]
        for guide in knowledge.guides
        for section in guide.sections
        if step in section.steps
        for line in section.helplines
    }
    reached = [body for body in page.support if body.verified]
    talked_to = {body.id for body in reached if _TALK & {contact.kind for contact in body.verified}}
    helping = sorted(reached, key=lambda body: (body.id not in named, body.id not in talked_to))
    return (*urgent, *helping)[:_MOST]
