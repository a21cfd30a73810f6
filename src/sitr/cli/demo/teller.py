"""Tells the demo's steps: each timed, checked and printed as it ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sitr.cli.call import Call
from sitr.cli.failing import place
from sitr.errors import SitrError
from sitr.words import say


@dataclass(frozen=True)
class Told:
    """One step as it was. `ok` comes from a check of the step's own result; `detail` says what was seen."""

    name: str
    seconds: float
    ok: bool
    detail: str


class NotSoError(Exception):
    """A step's own check failed: what it promised is not what is there. `code` is a sentence of the space `demo`."""

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


def insist(condition: bool, code: str, **data: object) -> None:
    """Raises NotSoError unless the condition holds."""
    if not condition:
        raise NotSoError(code, **data)


@dataclass
class Teller:
    """Runs steps in order. After one that failed, the steps that stand on it are told as not done."""

    call: Call
    steps: list[Told] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step so far was done."""
        return all(step.ok for step in self.steps)

    def step(self, name: str, act: Callable[[], str]) -> bool:
        """Do one step. `act` gives the sentence of what was seen, or raises."""
        begun = time.monotonic()
        try:
            detail, ok = act(), True
        except NotSoError as problem:
            detail, ok = say(f"demo.{problem.code}", self.call.lang, **problem.data), False
        except SitrError as problem:
            detail, ok = say(problem.code, self.call.lang, **problem.data), False
        except Exception as problem:  # a defect is a failed step, too: the others are still told
            detail, ok = f"{type(problem).__name__} {place(problem)}", False
        told = Told(name, round(time.monotonic() - begun, 2), ok, detail)
        self.steps.append(told)
        mark = self.call.say("check_ok" if ok else "check_bad")
        title = say(f"demo.step_{name}", self.call.lang)
        line = f"{told.seconds:6.2f} s  {mark}  {title}  {detail}"
        if self.call.json:
            self.call.note(line)
        else:
            self.call.answer({}, [line])
            self.call.out.flush()
        return ok
