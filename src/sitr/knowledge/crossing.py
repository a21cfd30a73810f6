"""What only all entries together can show: references that lead nowhere, circles, steps nothing reaches, patterns that
take each other's addresses. The checker calls this when every entry stands by itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from sitr.knowledge import guide_checks
from sitr.knowledge.conditions import clauses, terms_of
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.problems import Problem
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.bases import Basis
from sitr.knowledge.schema.jurisdictions import International, Jurisdiction
from sitr.knowledge.schema.playbook import Condition, Playbook, Step
from sitr.knowledge.schema.services import (
    Infrastructure,
    Programme,
    Programmes,
    Service,
    ServiceAddresses,
    UrlPattern,
    Warnings,
)
from sitr.knowledge.schema.studies import Study

BOOK = "playbook/facts.toml"


def problems(knowledge: Knowledge, read: Mapping[str, Entry]) -> list[Problem]:
    """Every problem between entries."""
    playbook = knowledge.playbook
    return [
        *_unlisted(playbook, read),
        *_dead_references(playbook),
        *_dead_law_references(knowledge),
        *_dead_terms(playbook, knowledge, read),
        *_circles(playbook),
        *_unreachable(playbook),
        *_dead_service_references(knowledge, read),
        *_patterns(knowledge, read),
        *guide_checks.problems(knowledge, read),
    ]


def _steps(playbook: Playbook) -> Iterator[tuple[str, Step]]:
    for step in playbook.steps:
        yield f"playbook/steps/{step.id}/facts.toml", step


def _unlisted(playbook: Playbook, read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Folders that the order in `playbook/facts.toml` does not name: nobody would ever see them."""
    book = playbook.book
    parents = {
        "playbook/questions": book.questions,
        "playbook/situations": book.situations,
        "playbook/steps": book.steps,
        "playbook/cautions": book.cautions,
        "templates": book.templates,
    }
    for parent, listed in parents.items():
        for file in read:
            folder = file.rpartition("/")[0]
            if folder.rpartition("/")[0] == parent and folder.rpartition("/")[2] not in listed:
                yield Problem(BOOK, parent.rpartition("/")[2], "not_listed", data={"name": folder.rpartition("/")[2]})


def _dead_references(playbook: Playbook) -> Iterator[Problem]:
    steps = {step.id for step in playbook.steps}
    cautions = {caution.id for caution in playbook.cautions}
    templates = {template.id for template in playbook.templates}
    book = playbook.book
    slots, phases = {slot.id for slot in book.slots}, {phase.id for phase in book.phases}
    kinds, events = {kind.id for kind in book.artefact_kinds}, {event.id for event in book.events}
    for file, step in _steps(playbook):
        extra = [i for each in step.order_if for i in (*each.must_follow, *each.after)]
        yield from _dead(file, "must_follow", (*step.must_follow, *step.after, *extra), steps)
        yield from _dead(file, "cautions", step.cautions, cautions)
        yield from _dead(file, "template", filter(None, (step.template, *step.also_templates)), templates)
        yield from _dead(file, "slot", filter(None, (step.slot, *(c.slot for c in step.changes))), slots)
        yield from _dead(file, "phase", (step.phase,), phases)
        yield from _dead(file, "artefacts", step.artefacts, kinds)
        yield from _dead(file, "due_from", filter(None, (step.due_from,)), events)
    for situation in playbook.situations:
        file = f"playbook/situations/{situation.id}/facts.toml"
        yield from _dead(file, "lead_steps", situation.lead_steps, steps)
        yield from _dead(file, "avoid", situation.avoid, cautions)
    for question in playbook.questions:
        file = f"playbook/questions/{question.id}/facts.toml"
        yield from _dead(file, "asked_in", filter(None, (question.asked_in,)), steps)
    for template in playbook.templates:
        yield from _dead(f"templates/{template.id}/facts.toml", "phase", (template.phase,), phases)


def _dead_law_references(knowledge: Knowledge) -> Iterator[Problem]:
    """The cautions, the question and the unions that all law pages share."""
    book, playbook = knowledge.law_book, knowledge.playbook
    questions = {q.id: {option.id for option in q.options} for q in playbook.questions}
    yield from _dead("law/facts.toml", "cautions", (c.id for c in book.cautions), {c.id for c in playbook.cautions})
    yield from _dead("law/facts.toml", "risk_question", (book.risk_question,), set(questions))
    yield from _dead("law/facts.toml", "risk_answer", (book.risk_answer,), questions.get(book.risk_question, set()))
    yield from _dead("law/facts.toml", "unions", (union.id for union in book.unions), set(knowledge.countries))


def _dead(file: str, field: str, named: Iterable[str], known: set[str]) -> Iterator[Problem]:
    for name in named:
        if name not in known:
            yield Problem(file, field, "dead_reference", data={"name": name})


def _conditions(playbook: Playbook, knowledge: Knowledge) -> Iterator[tuple[str, str, Condition]]:
    for file, step in _steps(playbook):
        yield file, "applies_when", step.applies_when
        for entry in step.because:
            yield file, "because", entry
        for part, items in (("changes", step.changes), ("body_when", step.body_when), ("order_if", step.order_if)):
            for item in items:
                yield file, part, item.when
    for situation in playbook.situations:
        yield f"playbook/situations/{situation.id}/facts.toml", "when", situation.when
    for question in playbook.questions:
        yield f"playbook/questions/{question.id}/facts.toml", "ask_when", question.ask_when
    for template in playbook.templates:
        yield f"templates/{template.id}/facts.toml", "use_when", template.use_when
    for level in playbook.book.risk_levels:
        yield BOOK, f"risk_levels.{level.id}.when", level.when
    for basis in knowledge.bases.values():
        yield f"bases/{basis.id}/facts.toml", "routing.when", basis.routing.when
    for need in knowledge.bases_book.needs:
        yield "bases/facts.toml", f"needs.{need.id}.when", need.when
    yield from _law_conditions(knowledge)


def _law_conditions(knowledge: Knowledge) -> Iterator[tuple[str, str, Condition]]:
    for part in ("topics", "cautions"):
        for item in getattr(knowledge.law_book, part):
            yield "law/facts.toml", f"{part}.{item.id}.when", item.when


def _conditions_of_countries(read: Mapping[str, Entry]) -> Iterator[tuple[str, str, Condition]]:
    for file, entry in read.items():
        if not isinstance(entry, Jurisdiction | International):
            continue
        for part in type(entry).model_fields:
            items = getattr(entry, part)
            for item in items if isinstance(items, tuple) else ():
                if hasattr(item, "when"):
                    yield file, f"{part}.{item.id}.when", item.when


def _dead_terms(playbook: Playbook, knowledge: Knowledge, read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Terms that no answer can ever give: a mistyped one would silently never hold."""
    known = {f"{q.id}.{o}" for q in playbook.questions for o in (*(o.id for o in q.options), "unanswered")}
    for term in playbook.book.terms:
        yield from _dead(BOOK, f"terms.{term.id}.when", terms_of(term.when), known)
        known.add(term.id)
    for file, field, condition in (*_conditions(playbook, knowledge), *_conditions_of_countries(read)):
        yield from _dead(file, field, terms_of(condition), known)
    for file, step in _steps(playbook):
        yield from _dead(file, "needs_sure", (f"sure.{name}" for name in step.needs_sure), known)


def _circles(playbook: Playbook) -> Iterator[Problem]:
    """must_follow and after together have no circle, whatever the answers (R9)."""
    before = {
        step.id: {*step.must_follow, *step.after, *(i for e in step.order_if for i in (*e.must_follow, *e.after))}
        for step in playbook.steps
    }
    waiting = dict(before)
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    for name in waiting:
        if _leads_to_itself(name, waiting):
            yield Problem(f"playbook/steps/{name}/facts.toml", "must_follow", "order_circle")


def _leads_to_itself(name: str, before: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    todo = list(before[name])
    while todo:
        step = todo.pop()
        if step == name:
            return True
        if step not in seen:
            seen.add(step)
            todo.extend(before.get(step, ()))
    return False


def _unreachable(playbook: Playbook) -> Iterator[Problem]:
    """Steps that no answers can bring: every clause asks for what it, or a derived term behind it, shuts out."""
    reach = _Reach(playbook)
    for file, step in _steps(playbook):
        sure = tuple(f"sure.{name}" for name in step.needs_sure)
        if not reach.possible(step.applies_when, sure):
            yield Problem(file, "applies_when", "step_unreachable")


class _Reach:
    """Whether some answers make a condition hold: derived terms are opened until only answers are left.

    Two answers to a question that takes one exclude each other, and `unanswered` excludes all others. A clause is
    opened into the ways in which it can hold; a way is dropped as soon as it contradicts itself.
    """

    MOST_WAYS = 4000  # beyond it a condition is taken to be reachable: the check errs towards silence

    def __init__(self, playbook: Playbook) -> None:
        self.derived = {term.id: term.when for term in playbook.book.terms}
        self.single = {question.id for question in playbook.questions if question.type != "multi"}

    def possible(self, condition: Condition, also: tuple[str, ...] = ()) -> bool:
        """Whether some answers give `condition` and all the terms of `also`."""
        for clause in clauses(condition):
            wanted = [*clause.all, *also]
            starts = [[*wanted, one] for one in clause.any] if clause.any else [wanted]
            if any(self._some_way(start, frozenset(clause.none)) for start in starts):
                return True
        return False

    def _some_way(self, wanted: list[str], shut: frozenset[str]) -> bool:
        todo: list[tuple[list[str], frozenset[str], frozenset[str]]] = [(wanted, shut, frozenset())]
        for _ in range(self.MOST_WAYS):
            if not todo:
                return False
            open_terms, closed, answers = todo.pop()
            if not open_terms:
                if not self._forced(answers, closed):
                    return True
                continue
            term, rest = open_terms[0], open_terms[1:]
            if term in closed:
                continue
            if term not in self.derived:
                if self._fits(term, answers):
                    todo.append((rest, closed, answers | {term}))
                continue
            for clause in clauses(self.derived[term]):
                for one in clause.any or ("",):
                    more = [*clause.all, *([one] if one else []), *rest]
                    todo.append((more, closed | set(clause.none), answers))
        return True

    def _fits(self, term: str, answers: frozenset[str]) -> bool:
        question, _, option = term.partition(".")
        others = {a for a in answers if a.partition(".")[0] == question and a != term}
        alone = question in self.single or option == "unanswered" or f"{question}.unanswered" in others
        return not (others and alone)

    def _forced(self, answers: frozenset[str], closed: frozenset[str]) -> bool:
        """Whether the answers themselves give a term that has to stay out."""
        given = set(answers)
        for term, when in self.derived.items():
            for clause in clauses(when):
                if given.issuperset(clause.all) and given.intersection(clause.any or given) and not clause.none:
                    given.add(term)
        return not closed.isdisjoint(given)


def _dead_service_references(knowledge: Knowledge, read: Mapping[str, Entry]) -> Iterator[Problem]:
    services = set(knowledge.identifier.index.services)
    sources = {source.id for source in getattr(read["sources.toml"], "sources", ())}
    statements = set(knowledge.statements)
    needs = {need.id for need in knowledge.bases_book.needs}
    programmes = {entry.id for entry in read.values() if isinstance(entry, Programme)} | {*Programmes.model_fields}
    countries = {entry.id for entry in read.values() if isinstance(entry, Jurisdiction)} | {"*"}
    for file, entry in read.items():
        if isinstance(entry, Service | ServiceAddresses | Programme | Warnings | Infrastructure):
            yield from _dead(file, "source", sorted(set(_sources(entry))), sources)
        if isinstance(entry, Service):
            yield from _dead(file, "reporting.fallback", filter(None, (entry.reporting.fallback,)), services)
        if isinstance(entry, Basis):
            yield from _dead(file, "jurisdiction", (entry.jurisdiction,), countries)
            yield from _dead(file, "statements", entry.statements, statements)
            yield from _dead(file, "routing.programme", filter(None, (entry.routing.programme,)), programmes)
            yield from _dead(file, "routing.needs", entry.routing.needs, needs)
        if isinstance(entry, Study):
            yield from _dead(file, "service", filter(None, (entry.service,)), services)
            yield from _dead(file, "basis", (entry.basis,), set(knowledge.bases))
            yield from _dead(file, "needs", entry.needs, needs)
    yield from _dead("bases/facts.toml", "search_engines", knowledge.bases_book.search_engines, services)


def _sources(entry: object) -> Iterator[str]:
    if isinstance(entry, Entry):
        source = getattr(entry, "source", None)
        if isinstance(source, str):
            yield source
        for name in type(entry).model_fields:
            yield from _sources(getattr(entry, name))
    elif isinstance(entry, tuple):
        for item in entry:
            yield from _sources(item)
    elif isinstance(entry, Mapping):
        for item in entry.values():
            yield from _sources(item)


def _patterns(knowledge: Knowledge, read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Patterns that miss their example, name groups wrongly, or whose example another service or pattern takes."""
    shapes = [
        (file, f"url_patterns.{pattern.kind}", pattern, entry)
        for file, entry in read.items()
        if isinstance(entry, ServiceAddresses)
        for pattern in entry.url_patterns
    ]
    single = [each for each in (_defect(file, field, pattern) for file, field, pattern, _ in shapes) if each]
    if single:  # with a pattern that is no regex nothing can be asked about the others
        yield from single
        return
    for file, field, pattern, entry in shapes:
        if "*" not in entry.domains:
            yield from _taken(knowledge, file, field, pattern)
            if not entry.any_domain:  # software that anybody runs under a name of their own: its shapes are general
                yield from _takes(file, field, pattern, shapes)


def _defect(file: str, field: str, pattern: UrlPattern) -> Problem | None:
    try:
        regex = re.compile(pattern.regex)
    except re.error as error:
        return Problem(file, f"{field}.regex", "not_regex", data={"detail": str(error)})
    if not regex.search(pattern.example):
        return Problem(file, f"{field}.regex", "misses_example")
    if set(regex.groupindex) != set(pattern.extracts):
        return Problem(file, f"{field}.extracts", "groups_differ")
    return None


def _taken(knowledge: Knowledge, file: str, field: str, pattern: UrlPattern) -> Iterator[Problem]:
    found = knowledge.identifier.one(pattern.example)
    if (found.service, found.kind) != (file.split("/")[1], pattern.kind):
        other = f"{found.service} {found.kind}" if found.service else "-"
        yield Problem(file, f"{field}.example", "example_taken", data={"other": other})


def _takes(
    file: str, field: str, pattern: UrlPattern, shapes: Iterable[tuple[str, str, UrlPattern, ServiceAddresses]]
) -> Iterator[Problem]:
    """Examples of other services that the expression matches, too. The host keeps them apart as long as no host is
    shared; an expression that is too wide shows here before that.
    """
    search = re.compile(pattern.regex).search
    for other, _, theirs, _ in shapes:
        if other != file and search(theirs.example):
            data = {"other": other.split("/")[1], "address": theirs.example}
            yield Problem(file, f"{field}.regex", "takes_other", data=data)
