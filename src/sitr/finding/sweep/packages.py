"""The packages of the extra `sitr[sweep]`, loaded late and told to keep quiet.

Belongs here: everything about Daft and Ray that has to happen before they are imported. Both report to their makers
unless told not to; nothing in Sitr reports to anybody, so the variables are set here, on every way to either.
"""

import logging
import os
from importlib import import_module
from typing import Any

from sitr.errors import MissingProgram

SILENT = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "1",
    "DAFT_ANALYTICS_ENABLED": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "OPENCV_OPENCL_RUNTIME": "disabled",
}
"""Variables that end reporting; the last three end Daft's own progress bar and two needless look-arounds."""


def daft() -> Any:
    """The module `daft`. Raises MissingProgram("finding.sweep_needs")."""
    return _loaded("daft")


def ray() -> Any:
    """The module `ray`. Raises MissingProgram("finding.sweep_needs")."""
    return _loaded("ray")


def arrow() -> Any:
    """The module `pyarrow`. Raises MissingProgram("finding.sweep_needs")."""
    return _loaded("pyarrow")


def parquet() -> Any:
    """The module `pyarrow.parquet`. Raises MissingProgram("finding.sweep_needs")."""
    return _loaded("pyarrow.parquet")


def _loaded(name: str) -> Any:
    # Its log lines may name addresses; what has to be said is said by our errors.
    logging.getLogger("daft_local_execution").setLevel(logging.CRITICAL)
    os.environ.update(SILENT)  # the one thing of the environment that this room touches: both read nothing else
    try:
        return import_module(name)
    except ImportError:
        raise MissingProgram("finding.sweep_needs", package=name.partition(".")[0]) from None
