"""Errors turned into a sentence and an exit status, once for all commands."""

import errno
import traceback
from pathlib import Path

from sitr.cli.call import Call
from sitr.cli.showing import document_line
from sitr.errors import SitrError
from sitr.words import say

# A defect of ours is none of the contract's answers (sysexits.h: EX_SOFTWARE).
_DEFECT = 70
_INTERRUPTED = 130
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def tell(call: Call, problem: BaseException, *, wants_json: bool) -> int:
    """Say on standard error what happened and what to do; give the exit status."""
    if isinstance(problem, KeyboardInterrupt):
        call.err.write("\n")
        return _INTERRUPTED
    if isinstance(problem, SystemExit):
        return problem.code if isinstance(problem.code, int) else 1
    if isinstance(problem, BrokenPipeError):
        return 0  # whoever read our output has read enough
    if not isinstance(problem, Exception):
        raise problem
    code, message, status = _in_words(call, problem)
    call.note(message)
    if wants_json:
        call.out.write(document_line({"error": {"code": code, "message": message}}) + "\n")
    return status


def _in_words(call: Call, problem: Exception) -> tuple[str, str, int]:
    if isinstance(problem, SitrError):
        return problem.code, say(problem.code, call.lang, **problem.data), problem.exit_status
    if isinstance(problem, OSError) and problem.errno in _DISK_FULL:
        return "errors.disk_full", say("errors.disk_full", call.lang), SitrError.exit_status
    if isinstance(problem, PermissionError):
        return "errors.not_permitted", say("errors.not_permitted", call.lang), SitrError.exit_status
    # A module's name is ours or a package's, never a person's words.
    module = f" {problem.name}" if isinstance(problem, ImportError) and problem.name else ""
    call.note(f"{type(problem).__name__}{module} {place(problem)}")
    return "errors.unexpected", say("errors.unexpected", call.lang), _DEFECT


def place(problem: Exception) -> str:
    """File and line of a defect, so that it can be reported. Never its message: it may hold what a person wrote."""
    frames = traceback.extract_tb(problem.__traceback__)
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
