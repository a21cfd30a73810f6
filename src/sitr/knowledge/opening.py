"""The opening of a plan and the order of all its steps: rules R7, R8 and the pressing of R10."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sitr.knowledge.schema.playbook import Slot, Step

OPENING_PLACES = 7
PLACES_BEFORE_KEEP = 5
KEEP = "keep"


@dataclass(eq=False)
class Task:
    """A step with its weight under these answers. `hard` and `before` name predecessors among the tasks of the case."""

    step: Step
    slot: str
    slot_order: int
    decay: int
    fit: int
    score: int
    place: int
    hard: tuple[str, ...]
    before: tuple[str, ...]
    chain: frozenset["Task"] = field(default=frozenset())
    direct: tuple["Task", ...] = ()
    pressing: int = 0

    @property
    def by_score(self) -> tuple[int, int, int]:
        """Sorting key: highest score, then slot order, then file order."""
        return (-self.score, self.slot_order, self.place)

    def link(self, tasks: Mapping[str, "Task"]) -> None:
        """Find the chain: the step with all its predecessors of both kinds, and theirs (R6)."""
        self.direct = tuple(tasks[i] for i in self.before)
        found: set[Task] = {self}
        todo = list(self.direct)
        while todo:
            task = todo.pop()
            if task not in found:
                found.add(task)
                todo.extend(tasks[i] for i in task.before)
        self.chain = frozenset(found)
        self.pressing = self.decay


def choose_opening(tasks: Sequence[Task], slots: Sequence[Slot]) -> tuple[list[Task], list[Task]]:
    """The opening and the rest, both in their final order; `pressing` of the rest is set (R10)."""
    chosen = _Opening(slots).choose(tasks)
    opening = sorted(chosen, key=lambda t: (t.slot_order, -t.score, t.place))
    rest = [task for task in tasks if task not in chosen]
    _press(rest)
    rest.sort(key=lambda t: (-t.pressing, *t.by_score))
    return list(walked(opening)), list(walked(rest))


def walked(tasks: Sequence[Task]) -> Iterator[Task]:
    """Again and again the first task none of whose predecessors still waits in the same list (R8)."""
    waiting = list(tasks)
    names = {task.step.id for task in waiting}
    while waiting:
        task = next((t for t in waiting if names.isdisjoint(t.before)), waiting[0])
        waiting.remove(task)
        names.discard(task.step.id)
        yield task


def _press(rest: Iterable[Task]) -> None:
    waiting = list(rest)
    inside = set(waiting)
    for task in waiting:
        for needed in task.chain & inside:
            needed.pressing = max(needed.pressing, task.decay)


class _Opening:
    """At most seven steps, taken with their chains in three rounds (R7)."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = {slot.id: slot for slot in slots}
        self.keep_order = self.slots[KEEP].order
        self.count = dict.fromkeys(self.slots, 0)
        self.chosen: set[Task] = set()

    def choose(self, tasks: Sequence[Task]) -> set[Task]:
        fitting = [task for task in tasks if task.fit]
        for slot in sorted(self.slots.values(), key=lambda s: s.order):
            here = [task for task in fitting if task.slot == slot.id]
            while self._take_best(here, {slot.id: slot.first_pick}):
                pass
        caps = {slot.id: slot.cap for slot in self.slots.values()}
        for candidates in (fitting, tasks):
            while self._take_best(candidates, caps):
                pass
        return self.chosen

    def _take_best(self, candidates: Iterable[Task], room: Mapping[str, int]) -> bool:
        fit = [t for t in candidates if t not in self.chosen and self.count[t.slot] < self._room(t.slot, room)]
        return any(self._take(task) for task in sorted(fit, key=self._rank))

    def _room(self, slot: str, room: Mapping[str, int]) -> int:
        return min(room[slot], self.slots[slot].cap)

    def _rank(self, task: Task) -> tuple[int, int, int, int, int, int]:
        value = task.score - self.slots[task.slot].crowding * self.count[task.slot]
        needed = len(task.chain - self.chosen)
        return (-value, needed, self.count[task.slot], -task.score, task.slot_order, task.place)

    def _take(self, task: Task) -> bool:
        added = task.chain - self.chosen
        after = self.chosen | added
        early = sum(t.slot_order < self.keep_order for t in after)
        if len(after) > OPENING_PLACES or early > PLACES_BEFORE_KEEP:
            return False
        self.chosen = after
        for each in added:
            self.count[each.slot] += 1
        return True
