"""Conditions over given terms: the rules R1 to R3 of the playbook, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from sitr.knowledge.schema.playbook import Clause, Condition, DerivedTerm, Question


def clauses(condition: Condition) -> tuple[Clause, ...]:
    """The condition as the list of clauses of which one must hold."""
    if isinstance(condition, str):
        return (Clause(all=(condition,)),)
    return (condition,) if isinstance(condition, Clause) else condition


def holds(condition: Condition, given: Set[str]) -> bool:
    """Whether the condition holds under the given terms (R2)."""
    if isinstance(condition, str):
        return condition in given
    if isinstance(condition, Clause):
        return _clause_holds(condition, given)
    return any(_clause_holds(clause, given) for clause in condition)


def _clause_holds(clause: Clause, given: Set[str]) -> bool:
    return (
        all(term in given for term in clause.all)
        and (not clause.any or not given.isdisjoint(clause.any))
        and given.isdisjoint(clause.none)
    )


def terms_of(condition: Condition) -> Iterator[str]:
    """Every term that the condition names."""
    for clause in clauses(condition):
        yield from (*clause.all, *clause.any, *clause.none)


def answered(answers: Mapping[str, Sequence[str]], questions: Iterable[Question]) -> set[str]:
    """The terms of the answers (R1): `question.option`, or `question.unanswered`."""
    given: set[str] = set()
    for question in questions:
        chosen = answers.get(question.id) or ("unanswered",)
        given.update(f"{question.id}.{option}" for option in chosen)
    return given


def derived(given: set[str], terms: Iterable[DerivedTerm]) -> set[str]:
    """The given terms with every derived one that holds, in file order (R3)."""
    whole = set(given)
    for term in terms:
        if holds(term.when, whole):
            whole.add(term.id)
    return whole
