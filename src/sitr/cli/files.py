"""Files that a person names: read whole, with a sentence when they cannot be; never written over."""

import json
import os
from pathlib import Path
from typing import Any

from sitr.errors import BadInput

# A picture, a mail, a letter; what is larger goes through the verbs as a stream.
_MOST = 512 * 1024 * 1024


def read(name: str) -> bytes:
    """The bytes of a file. Raises BadInput `cli.no_file`, `cli.file_too_big` or `cli.unreadable_file`."""
    path = existing(name)
    if path.stat().st_size > _MOST:
        raise BadInput("cli.file_too_big", file=name, limit=_MOST // 1024 // 1024)
    try:
        return path.read_bytes()
    except OSError as problem:
        raise BadInput("cli.unreadable_file", file=name) from problem


def existing(name: str) -> Path:
    """The path of a plain file that is there. Raises BadInput `cli.no_file` or `cli.not_a_file`."""
    path = Path(name)
    if not path.exists():
        raise BadInput("cli.no_file", file=name)
    if not path.is_file():
        raise BadInput("cli.not_a_file", file=name)
    return path


def read_object(name: str) -> dict[str, Any]:
    """A JSON object from a file. Raises BadInput `cli.not_json` naming the line, or as `read`."""
    try:
        value = json.loads(read(name).decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise BadInput("cli.not_json", file=name, line=1) from problem
    except json.JSONDecodeError as problem:
        raise BadInput("cli.not_json", file=name, line=problem.lineno) from problem
    except RecursionError as problem:
        raise BadInput("cli.not_json", file=name, line=1) from problem
    if not isinstance(value, dict):
        raise BadInput("cli.not_an_object", file=name)
    return value


def new_file(name: str) -> Path:
    """A path at which nothing stands yet, in a folder that can be written.

    Raises BadInput `cli.file_exists`, `cli.no_folder` or `cli.not_writable`.
    """
    path = Path(name)
    if path.exists() or path.is_symlink():
        raise BadInput("cli.file_exists", file=name)
    if not path.absolute().parent.is_dir():
        raise BadInput("cli.no_folder", file=name)
    if not os.access(path.absolute().parent, os.W_OK):
        raise BadInput("cli.not_writable", file=name)
    return path


def write_new(path: Path, data: bytes) -> None:
    """Write a new file for its owner alone; what stands there already is never written over, nothing is left half.

    Raises BadInput `cli.file_exists`, `cli.not_writable`.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadInput("cli.file_exists", file=str(path)) from None
    except OSError as problem:
        raise BadInput("cli.not_writable", file=str(path)) from problem
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as problem:
        path.unlink(missing_ok=True)
        raise BadInput("cli.not_writable", file=str(path)) from problem
