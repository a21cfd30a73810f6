"""`sitr doctor` on the browser's age: an old one is a warning, since pages that mean harm are opened in it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.doctor_call import DoctorCall

from sitr.cli.doctor import Check, _browsers_age


def _found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int | None) -> list[Check]:
    if days is not None:
        binary = tmp_path / "chromium"
        binary.write_bytes(b"\x7fELF")
        binary.chmod(0o755)
        built = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(binary, (built, built))
    monkeypatch.setenv("PATH", str(tmp_path))
    return list(_browsers_age(DoctorCall()))  # type: ignore[arg-type]


def test_a_browser_of_this_month_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (check,) = _found(tmp_path, monkeypatch, 20)
    assert (check.ok, check.warning, check.fix) == (True, False, "")


def test_one_of_last_season_is_a_warning_with_its_day_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (check,) = _found(tmp_path, monkeypatch, 100)
    assert (check.ok, check.warning) == (False, True)
    assert abs(datetime.fromisoformat(check.detail).replace(tzinfo=UTC) - datetime.now(UTC)) > timedelta(days=98)
    assert check.fix.startswith("apt-get update && apt-get install")


def test_none_at_all_is_told_by_another_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _found(tmp_path, monkeypatch, None) == []
