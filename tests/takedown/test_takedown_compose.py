"""Notices: every required field filled or named, and nothing that the person did not give."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.errors import BadInput
from sitr.takedown import CaseFacts, Content, Draft, SightingFacts, compose
from sitr.takedown.compose import _DECLARED
from sitr.words import LANGS, Lang, catalogue

NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Field:
    id: str
    required: bool


@dataclass(frozen=True)
class Law:
    id: str
    legal_basis: str
    required_fields: tuple[Field, ...]
    statements: tuple[str, ...]


def law(name: str, fields: str, statements: str, optional: str = "") -> Law:
    needs = [Field(f, required=True) for f in fields.split()] + [Field(f, required=False) for f in optional.split()]
    return Law(name, f"Law of {name}", tuple(needs), tuple(statements.split()))


LAWS = {
    one.id: one
    for one in (
        law("take_it_down_act", "signature identification good_faith contact",
            "good_faith_non_consensual", "authority"),
        law("dsa_art16", "explanation locations name_email bona_fide", "bona_fide_accurate_complete"),
        law("gdpr_art17", "identity locations ground contact", "", "recipients"),
        law("dmca_512c3", "signature work infringing contact good_faith perjury",
            "good_faith_not_authorised accuracy penalty_of_perjury_authority"),
        law("au", "locations no_consent link contact", "no_consent"),
        law("uk", "declares_intimate declares_subject good_faith_true locations",
            "is_intimate_image is_subject_or_agent good_faith_and_true", "regulations"),
        law("india", "locations nature contact", ""),
        law("platform", "locations depicts_me no_consent contact", "depicts_me no_consent", "account"),
        law("generic", "identity locations what no_consent law demand date",
            "no_consent true_to_best_knowledge", "harm"),
        law("search", "result_urls depicts_me contact", "depicts_me no_consent", "queries"),
    )
}  # fmt: skip

PAGES = ("https://leaks.example/g/1?x=1",)
IMAGES = ("https://cdn.example/i/9f.jpg",)
SIGHTING = SightingFacts(PAGES, IMAGES, "@someone", {"post": "77"})
GIVEN = {
    "name": "س. م.",
    "email": "me@mail.example",
    "phone": "+961 1 000 000",
    "signature": "س. م.",
    "work": "my own photograph of 2024",
    "explanation": "it breaks my privacy",
    "ground": "17(1)(d)",
    "link": "I live in Australia",
    "law": "قانون 175 لسنة 2018، المادة 25",
    "what": "صورتي الشخصية",
    "identity": "س. م.",
}
ALL = frozenset(s for names in _DECLARED.values() for s in names) | {"true_to_best_knowledge"}


def draft(one: Law, lang: Lang = "en", sighting: SightingFacts = SIGHTING, **changes: object) -> Draft:
    facts: dict[str, object] = {"given": GIVEN, "ticked": ALL, "content": Content.INTIMATE, **changes}
    return compose(one, CaseFacts(**facts), sighting, lang, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "lang"), list(product(LAWS, LANGS)))
def test_a_notice_with_everything_given_lacks_nothing_and_carries_the_exact_addresses(name: str, lang: Lang) -> None:
    made = draft(LAWS[name], lang)
    assert made.missing == ()
    lines = made.text.splitlines()
    for address in (*PAGES, *IMAGES):
        assert address in lines  # alone on its line: it can be copied
    assert {f.id for f in LAWS[name].required_fields if f.required} <= made.fields.keys()
    assert "{" not in made.text
    assert "None" not in made.text


@pytest.mark.parametrize(("name", "lang"), list(product(LAWS, LANGS)))
def test_with_nothing_given_each_required_field_is_named_and_nothing_is_invented(name: str, lang: Lang) -> None:
    made = draft(LAWS[name], lang, SightingFacts(), given={}, ticked=frozenset(), content=None)
    required = [f.id for f in LAWS[name].required_fields if f.required]
    own = {"demand", "date"}  # what is asked and the day are the notice's own words
    carried = {s for f in LAWS[name].required_fields for s in _DECLARED.get(f.id, ())}
    free = [s for s in LAWS[name].statements if s not in carried]
    assert list(made.missing) == [f for f in required if f not in own] + free
    words = catalogue(lang, "takedown")
    for key, sentence in words.items():
        if key.startswith(("statement_", "content_")):
            assert str(sentence) not in made.text


@pytest.mark.parametrize("statement", sorted(ALL))
@pytest.mark.parametrize("name", LAWS)
def test_a_declaration_stands_in_the_text_only_when_it_was_ticked(name: str, statement: str) -> None:
    sentence = str(catalogue("en", "takedown")[f"statement_{statement}"])
    made = draft(LAWS[name], ticked=ALL - {statement})
    assert sentence not in made.text
    if statement in LAWS[name].statements:
        fields = {f.id for f in LAWS[name].required_fields if statement in _DECLARED.get(f.id, ())}
        assert (fields or {statement}) & set(made.missing)
        assert sentence in draft(LAWS[name]).text


def test_perjury_needs_both_of_its_declarations() -> None:
    for one in ("accuracy", "penalty_of_perjury_authority"):
        assert "perjury" in draft(LAWS["dmca_512c3"], ticked=ALL - {one}).missing


def test_a_field_of_declarations_may_be_given_by_a_yes_or_in_the_persons_own_words() -> None:
    own = {**GIVEN, "good_faith": "I say in good faith that nobody allowed this"}
    made = draft(LAWS["take_it_down_act"], given=own, ticked=frozenset())
    assert made.missing == ()
    assert made.fields["good_faith"] == own["good_faith"]
    yes = draft(LAWS["take_it_down_act"], "ar", given={**GIVEN, "good_faith": "نعم"}, ticked=frozenset())
    assert yes.missing == ()
    assert yes.fields["good_faith"] == catalogue("ar", "takedown")["statement_good_faith_non_consensual"]
    for words, missing in (("it is mine", True), ("I declare under penalty of perjury that it is mine", False)):
        other = draft(LAWS["dmca_512c3"], given={**GIVEN, "perjury": words}, ticked=ALL - {"accuracy"})
        assert ("perjury" in other.missing) is missing


def test_an_agent_needs_authority_and_never_says_that_the_picture_is_of_them() -> None:
    made = draft(LAWS["take_it_down_act"], agent=True)
    assert made.missing == ("authority",)
    assert "of the person whom I represent" in made.text
    assert "image of me" not in made.text
    with_it = draft(LAWS["take_it_down_act"], agent=True, given={**GIVEN, "authority": "by letter of 2026-11-01"})
    assert with_it.missing == ()
    platform = draft(LAWS["platform"], "ar", agent=True)
    assert "أمثّله" in platform.text


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_of_notices_describe_no_body_and_promise_nothing(lang: Lang) -> None:
    words = " ".join(str(v) for v in catalogue(lang, "takedown").values()).lower()
    for word in ("face", "nude", "naked", "breast", "وجه", "عار", "عري", "فضيح", "إباحي", "victim", "ضحي"):
        assert word not in words.replace("surface", "")


@pytest.mark.parametrize("address", ["", "  ", "http://a b.example/", "http://a.example/\nBcc: x@y.example", "x\x00y"])
def test_an_address_that_is_none_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput) as error:
        draft(LAWS["platform"], sighting=SightingFacts((address,)))
    assert error.value.code == "takedown.bad_address"
    assert "example" not in str(error.value)


def test_bidi_controls_cannot_hide_in_a_notice() -> None:
    evil = SightingFacts(("https://a.example/\u202egpj.exe",), account="\u2067someone")
    made = draft(LAWS["platform"], "ar", evil, given={**GIVEN, "contact": "me\u202e@mail.example"})
    assert "https://a.example/%E2%80%AEgpj.exe" in made.text
    assert "\u202e" not in made.text
    assert "\u2067" not in made.text


def test_a_field_far_too_long_is_refused_not_cut() -> None:
    with pytest.raises(BadInput) as error:
        draft(LAWS["generic"], given={**GIVEN, "what": "x" * 20_001})
    assert error.value.code == "takedown.too_long"


@given(name=st.sampled_from(sorted(LAWS)), text=st.text(max_size=300), lang=st.sampled_from(LANGS))
def test_any_words_of_a_person_are_taken_and_stand_in_the_field(name: str, text: str, lang: Lang) -> None:
    made = draft(LAWS[name], lang, given=dict.fromkeys(GIVEN, text))
    assert all(c == "\n" or c.isprintable() or ord(c) > 127 for c in made.text)
    if not text.strip():
        assert set(made.missing) >= {f.id for f in LAWS[name].required_fields if f.id in {"signature", "work", "link"}}
