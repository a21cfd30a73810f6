"""The doors of a place and what became of notices, in a phone-width browser, in both languages: figures with n."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.journeys.drawn_pages import BASE, drawn, fits, phone, shoot, unfold
from tests.journeys.phones import held_to_the_rules

from sitr.cases import ledgers, notices, openings, outcomes, sightings
from sitr.takedown import LedgerRow, Outcome, Result, Span, write_ledger
from sitr.words import LANGS, Lang, say

if TYPE_CHECKING:
    from tests.web.web_cast import Cast

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]  # fmt: skip
SAID = {"age": ["adult"], "status": ["public"], "content": ["ordinary"], "author": ["me"], "helping": ["self"]}
DOOR = ("x", "x_private_form", "platform_ncii_policy")


@pytest.fixture
def cast(transactional_db: None, home: Path) -> Any:
    """The holder's browser, unlocked."""
    from tests.web.web_cast import gathered

    yield from gathered(home)


def _case(cast: "Cast", file: Path) -> dict[str, str]:
    """A case with a place on X, a letter that was sent and refused, and a ledger with fifteen outcomes; its pages."""
    case = openings.open_case(cast.keeper, country="EG", answers=SAID, time_proof=False)
    (place,) = sightings.add_sighting(cast.keeper, case, "https://x.com/someone/status/1712345678901234567")
    made = notices.draft(cast.keeper, case, place.id, basis=DOOR[2], channel=DOOR[1], fields=_fields(cast))
    notices.approve(cast.keeper, case, made.id)
    notices.mark_sent(cast.keeper, case, made.id, "1", cast.services.now())
    notices.mark_refused(cast.keeper, case, made.id)
    rows = [_row(n, Result.REMOVED if n < 12 else Result.REFUSED) for n in range(15)]
    file.write_bytes(b"".join(write_ledger(rows)))
    ledgers.import_ledger(cast.keeper, file)
    outcomes.consent(cast.keeper, case, given=True)
    inside = f"/n/{case}"
    return {
        "place": f"{inside}/places/{place.id}", "outcomes": f"{inside}/outcomes", "letters": f"{inside}/letters",
        "letter": f"{inside}/letters/{made.id}",
    }  # fmt: skip


def _fields(cast: "Cast") -> dict[str, str]:
    basis = cast.services.knowledge.basis(DOOR[2])
    ticked = dict.fromkeys(basis.statements, "yes")
    return {**{field.id: "S. Demo" for field in basis.required_fields}, **ticked, "content": "private"}


def _row(number: int, result: Result) -> LedgerRow:
    removal = Span(12, 48) if result is Result.REMOVED else Span(48, None)
    return LedgerRow(f"{number:032x}", Outcome(*DOOR, answer=None, removal=removal, result=result))


@pytest.mark.parametrize("lang", LANGS)
def test_doors_say_what_to_expect_on_a_phone(cast: "Cast", lang: Lang, tmp_path: Path) -> None:
    paths = _case(cast, tmp_path / "ledger")
    said: dict[str, str] = {}
    with phone(drawn(cast.in_language(lang), paths.values()), lang) as page:
        for name, path in paths.items():
            page.goto(BASE + path)
            unfold(page)
            shoot(page, "routes", lang, name)
            fits(page, lang, path)
            held_to_the_rules(page, path)
            said[name] = page.inner_text("main")
    assert say("takedown.own_none", lang, of=1) in said["place"]
    assert say("takedown.pooled_days", lang, n=2, removed=12, of=15) in said["place"]
    assert say("takedown.counted", lang, own=1, pooled=15, study=0) in said["place"]
    assert say("takedown.not_a_promise", lang) in said["place"]
    assert say("web.share_on", lang) in said["outcomes"]
    assert say("cli.outcome_refused", lang) in said["outcomes"]
