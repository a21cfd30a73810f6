"""Why a step is here and why now, in one sentence made from the answers that brought it (R13)."""

from collections.abc import Iterable, Iterator, Set

from sitr.knowledge.conditions import clauses, holds
from sitr.knowledge.schema.base import Words
from sitr.knowledge.schema.playbook import Condition, Playbook, Step

_MOST_ANSWERS = 3


class Reasons:
    """The look-ups behind reasons, built once for a playbook."""

    def __init__(self, playbook: Playbook) -> None:
        self._lines = {slot.id: slot.label for slot in playbook.book.slots}
        self._titles = {step.id: step.title for step in playbook.steps}
        self._derived = {term.id: term.when for term in playbook.book.terms}
        self._labels = {
            f"{question.id}.{option.id}": option.said or option.label
            for question in playbook.questions
            for option in question.options
            if option.echo
        }

    def why(self, step: Step, slot: str, given: Set[str]) -> Words:
        """The line of the slot, and up to three of the answers behind the step."""
        line = self._lines[slot]
        said = self._said(step, given)
        return _joined(line.ar + ": ", line.en + ": ", said) if said else line

    def after(self, waits: tuple[str, ...]) -> Words:
        """For a waiting step: the titles of what it waits for."""
        return _joined("بعد: ", "After: ", [self._titles[i] for i in waits])

    def behind(self, condition: Condition, given: Set[str]) -> list[Words]:
        """Up to three of the answers that make the condition hold, in words; answers never read back are left out."""
        return self._words_of(self._answers_behind(condition, given))

    def _said(self, step: Step, given: Set[str]) -> list[Words]:
        return self._words_of(term for entry in step.because for term in self._answers_behind(entry, given))

    def _words_of(self, terms: Iterable[str]) -> list[Words]:
        said: list[Words] = []
        for term in terms:
            words = self._labels.get(term)
            if words and words not in said:
                said.append(words)
        return said[:_MOST_ANSWERS]

    def _answers_behind(self, condition: Condition, given: Set[str]) -> Iterator[str]:
        """The given answers that make the condition hold; a derived term stands for the answers behind it."""
        for clause in clauses(condition):
            if holds(clause, given):
                for term in (*clause.all, *clause.any):
                    if term in given and term in self._derived:
                        yield from self._answers_behind(self._derived[term], given)
                    elif term in given:
                        yield term


def _joined(start_ar: str, start_en: str, parts: list[Words]) -> Words:
    return Words(ar=start_ar + "؛ ".join(w.ar for w in parts), en=start_en + "; ".join(w.en for w in parts))
