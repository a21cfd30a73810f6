"""What an issuer says about an authority, kept with a case's stamps and handed on in its dossier."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cases.case_world import ADULT, World
from tests.journal.test_journal_revoking import Made, _good_again, made

from sitr.cases import dossiers, journals, openings, releases
from sitr.cases.models import Renewal
from sitr.cases.models import Stamp as Row
from sitr.cases.work import look
from sitr.dossier import build_opened, verify
from sitr.dossier.building import _renewals, _stamps
from sitr.journal import Stamp, read_stamp

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]
__all__ = ["_good_again", "made"]  # fixtures, used by their names


class _Authority:
    """The issuer's authority, as the port wants it."""

    def __init__(self, made: Made) -> None:
        self.issuer = made[0]

    def stamp(self, digest: bytes, now: datetime, nonce: int) -> Stamp:  # noqa: ARG002  the port has them
        """A real reply."""
        tsr = self.issuer.stamp(digest.hex())
        said = read_stamp(tsr)
        return Stamp(tsr, said.time, said.serial, "1.2.3", "memory", proven=True)


def test_an_answer_is_asked_for_again_until_it_is_of_after_the_stamp_and_goes_along(world: World, made: Made) -> None:
    issuer, door, _, _ = made
    world.clock.time = datetime.now(UTC)
    keeper = world.with_services(
        world.holder, authorities=(_Authority(made),), authority_roots=issuer.root, door=door,
        authority_names=("memory",),
    )  # fmt: skip
    case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=True)
    issuer.ocsp = issuer.crl = False
    journals.stamp_pending(keeper.services)
    rows = Row.objects.filter(checkpoint__case=case)
    assert [(bytes(row.revocation or b""), row.revocation_tries) for row in rows] == [(b"", 1)]
    assert journals.verify(keeper, case).check("revocation").state == "absent"

    issuer.ocsp = issuer.crl = True
    journals.stamp_pending(keeper.services)
    assert [row.revocation_tries for row in rows.all()] == [1], "not due yet"
    world.clock.forward(days=1, minutes=1)
    journals.stamp_pending(keeper.services)
    assert [(row.revocation_tries, row.revocation_next) for row in rows.all()] == [(2, None)]
    assert journals.verify(keeper, case).check("revocation").state == "ok"
    release = releases.decide(look(keeper, case), keeper.services.knowledge, "lawyer", {})
    contents = dossiers._contents(keeper, look(keeper, case), release, "en")
    assert {Path(name).suffix for name in _stamps(contents.proofs)} == {".tsr", ".pem", ".ocsp", ".checkpoint"}


def test_a_stamp_of_a_revoked_authority_fails_the_case_and_is_named(world: World, made: Made) -> None:
    issuer, door, _, _ = made
    world.clock.time = datetime.now(UTC)
    issuer.register(world.clock.time - timedelta(days=1), "keyCompromise")
    keeper = world.with_services(
        world.holder, authorities=(_Authority(made),), authority_roots=issuer.root, door=door
    )  # fmt: skip
    case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=True)
    journals.stamp_pending(keeper.services)
    report = journals.verify(keeper, case)
    assert (report.ok, report.check("revocation").state) == (False, "failed")
    assert {problem.code for problem in report.problems} == {"stamp_revoked"}


def test_what_is_said_about_the_authority_of_a_renewal_is_kept_judged_and_goes_along(
    world: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, door, _, _ = made
    world.clock.time = datetime.now(UTC)
    monkeypatch.setattr(journals, "RENEW_BEFORE", timedelta(days=900))  # its certificate is good for 800
    keeper = world.with_services(
        world.holder, authorities=(_Authority(made),), authority_roots=issuer.root, door=door,
        authority_names=("memory",),
    )  # fmt: skip
    case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=True)
    journals.stamp_pending(keeper.services)
    journals.stamp_pending(keeper.services)
    assert [bool(row.revocation) for row in Renewal.objects.filter(case=case)] == [True]
    told = journals.verify(keeper, case).check("revocation")
    assert (told.state, told.data["good"], told.data["unknown"]) == ("ok", 2, 0)
    release = releases.decide(look(keeper, case), keeper.services.knowledge, "lawyer", {})
    contents = dossiers._contents(keeper, look(keeper, case), release, "en")
    assert {Path(name).name for name in _renewals(contents)} == {
        "01.txt", "01.tsr", "renewal-01.pem", "renewal-01.ocsp",
    }  # fmt: skip
    build_opened(contents, world.folder / "d.zip", signer=keeper.services.signer, now=world.clock())
    report = verify(world.folder / "d.zip", workdir=world.services.memory, tsa_ca=issuer.root)
    said = {one.name: one.state for one in report.checks}
    assert (report.ok, said["time"], said["revocation"]) == (True, "ok", "ok")
