"""The text of a notice, with every field that its basis requires, and the names of those that were not given.

Nothing is invented: names, contacts and declarations come only from what the person gave and ticked. No picture and no
description of a body is ever part of a notice. What a basis requires is data (knowledge); this file knows how each kind
of field is filled.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

from sitr.errors import BadInput
from sitr.words import Lang, plain, say

_LONGEST = 20_000  # characters of one given field; a notice is a letter


class Content(StrEnum):
    """What the person chose to call the material. Never a description of what is seen."""

    INTIMATE = "intimate"
    PRIVATE = "private"
    ALTERED = "altered"
    CHAT = "chat"
    PERSONAL_DATA = "personal_data"
    IMPERSONATION = "impersonation"


class Need(Protocol):
    """A field that a basis asks for."""

    @property
    def id(self) -> str: ...
    @property
    def required(self) -> bool: ...


class Basis(Protocol):
    """What `compose` needs to know of a legal basis; `sitr.knowledge` has the real one."""

    @property
    def id(self) -> str: ...
    @property
    def legal_basis(self) -> str: ...
    @property
    def required_fields(self) -> Sequence[Need]: ...
    @property
    def statements(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class CaseFacts:
    """What the person gave for this notice.

    `given` maps field ids of the basis, and `name`, `email`, `phone`, `address`, `facts`, to the person's own words;
    `ticked` are ids of statements that the person declared
    (a field of declarations may also be given as "yes", or in the person's own words).
    `agent` is True when somebody writes for the person shown.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    content: Content | None = None
    agent: bool = False


@dataclass(frozen=True)
class SightingFacts:
    """Where it stands: addresses of pages, exact addresses of image files, the account, ids such as a post's."""

    pages: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    account: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A notice as it would go out. `missing` holds ids of required fields and statements that were not given."""

    basis: str
    lang: Lang
    subject: str
    text: str
    fields: dict[str, str]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Letter:
    basis: Basis
    case: CaseFacts
    sighting: SightingFacts
    lang: Lang
    today: str

    def say(self, name: str, **blanks: object) -> str:
        return say(f"takedown.{name}", self.lang, **blanks)

    def given(self, *names: str) -> str:
        """The first of these that the person gave."""
        return next((clean(self.case.given[n]) for n in names if self.case.given.get(n, "").strip()), "")


def compose(basis: Basis, case: CaseFacts, sighting: SightingFacts, lang: Lang, now: datetime) -> Draft:
    """The notice under `basis` about `sighting`, in the recipient's language `lang`, dated by `now` (aware).

    Raises BadInput `takedown.bad_address` for an address that holds blanks or control characters, and
    `takedown.too_long` for a field beyond 20,000 characters.
    """
    letter = _Letter(basis, case, sighting, lang, now.astimezone(UTC).date().isoformat())
    values = {need.id: _value(need.id, letter) for need in basis.required_fields}
    missing = [need.id for need in basis.required_fields if _is_required(need, case) and not values[need.id]]
    missing += [s for s in _free_statements(basis) if s not in case.ticked]
    fields = {name: value for name, value in values.items() if value}
    subject = letter.say("subject", basis=basis.legal_basis)
    return Draft(basis.id, lang, subject, _text(letter, fields), fields, tuple(missing))


def clean(text: str) -> str:
    """The person's words without control characters; bidi controls are made visible. BadInput when far too long."""
    if len(text) > _LONGEST:
        raise BadInput("takedown.too_long", limit=_LONGEST)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return plain("".join(c for c in lines if c == "\n" or unicodedata.category(c) != "Cc"))


def clean_address(address: str) -> str:
    """An address as it can be copied from a letter: invisible characters percent-encoded, nothing else changed."""
    text = address.strip()
    if not text or len(text) > 8_192 or any(c.isspace() or unicodedata.category(c) == "Cc" for c in text):
        raise BadInput("takedown.bad_address")
    return "".join(quote(c) if unicodedata.category(c) == "Cf" else c for c in text)


# --- fields -----------------------------------------------------------------------------------------------------------

# Which declarations stand behind a field. A field is filled only when each of them that the basis names was ticked.
_DECLARED: dict[str, tuple[str, ...]] = {
    "good_faith": ("good_faith_non_consensual", "good_faith_not_authorised"),
    "bona_fide": ("bona_fide_accurate_complete",),
    "perjury": ("accuracy", "penalty_of_perjury_authority"),
    "no_consent": ("no_consent",),
    "depicts_me": ("depicts_me",),
    "declares_intimate": ("is_intimate_image",),
    "declares_subject": ("is_subject_or_agent",),
    "good_faith_true": ("good_faith_and_true",),
}
_YES = frozenset({"yes", "true", "نعم"})
# 17 U.S.C. 512(c)(3)(A)(vi): the authority is declared "under penalty of perjury".
_FORMULAS = {"perjury": ("perjury", "شهادة الزور")}
_BY_ROLE = frozenset({"depicts_me", "is_subject_or_agent", "penalty_of_perjury_authority"})


def _is_required(need: Need, case: CaseFacts) -> bool:
    return need.required or (need.id == "authority" and case.agent)


def _value(name: str, letter: _Letter) -> str:
    if name in _DECLARED:
        return _declaration(name, letter)
    fill = _FILLED_BY.get(name)
    return fill(letter) if fill else letter.given(name)


def _declaration(name: str, letter: _Letter) -> str:
    behind = [s for s in _DECLARED[name] if s in letter.basis.statements] or list(_DECLARED[name][:1])
    own = letter.given(name)
    said_yes = own.casefold() in _YES
    told = "" if said_yes else own
    if said_yes or set(behind) <= letter.case.ticked:
        facts = letter.given("facts") if name == "good_faith" else ""
        return _paragraph(*(_statement(s, letter) for s in behind), told, facts)
    # Not ticked, but declared in the person's own words; where a law wants its formula, the words must hold it.
    formula = _FORMULAS.get(name)
    return told if told and (formula is None or any(f in told.casefold() for f in formula)) else ""


def _statement(name: str, letter: _Letter) -> str:
    role = "_agent" if letter.case.agent and name in _BY_ROLE else ""
    return letter.say(f"statement_{name}{role}")


def _free_statements(basis: Basis) -> list[str]:
    """Statements of the basis that no field of it carries."""
    carried = {s for need in basis.required_fields for s in _DECLARED.get(need.id, ())}
    return [s for s in basis.statements if s not in carried]


def _locations(letter: _Letter) -> str:
    where = letter.sighting
    lines = [*_unique(clean_address(a) for a in (*where.pages, *where.images))]
    lines += [f"{clean(name)}: {clean(value)}" for name, value in where.ids.items() if value.strip()]
    return "\n".join(lines) if where.pages or where.images else ""


def _content(letter: _Letter) -> str:
    role = "_agent" if letter.case.agent else ""
    return letter.say(f"content_{letter.case.content}{role}") if letter.case.content else ""


def _identification(letter: _Letter) -> str:
    content, own, where = _content(letter), letter.given("identification"), _locations(letter)
    return _paragraph(content, own, where) if (content or own) and where else ""


def _what(letter: _Letter) -> str:
    return _paragraph(_content(letter), letter.given("what"))


def _nature(letter: _Letter) -> str:
    content, own = _content(letter), letter.given("nature")
    if own:
        return _paragraph(content, own)
    return (
        _paragraph(content, _statement("depicts_me", letter)) if content and "depicts_me" in letter.case.ticked else ""
    )


def _explanation(letter: _Letter) -> str:
    content, law = _content(letter), letter.given("law")
    own = letter.given("explanation")
    if own or not (content and law):
        return own
    return _paragraph(content, letter.say("breaks"), law)


def _name_email(letter: _Letter) -> str:
    name, email = letter.given("name"), letter.given("email")
    return f"{name}\n{email}" if name and email else letter.given("name_email")


def _contact(letter: _Letter) -> str:
    return letter.given("contact") or "\n".join(
        filter(None, (letter.given("email"), letter.given("phone"), letter.given("address")))
    )


def _demand(letter: _Letter) -> str:
    return letter.given("demand") or _paragraph(
        *(letter.say(f"ask_{a}") for a in ("remove", "copies", "keep", "silence"))
    )


_FILLED_BY: dict[str, Callable[[_Letter], str]] = {
    "locations": _locations,
    "infringing": _locations,
    "result_urls": _locations,
    "identification": _identification,
    "what": _what,
    "nature": _nature,
    "explanation": _explanation,
    "name_email": _name_email,
    "contact": _contact,
    "identity": lambda one: one.given("identity", "name"),
    "account": lambda one: one.given("account") or clean(one.sighting.account),
    "demand": _demand,
    "date": lambda one: one.given("date") or one.say("dated", date=one.today),
}

_FROM_SIGHTING = frozenset({"locations", "infringing", "result_urls", "identification"})


def is_asked(name: str) -> bool:
    """Whether a form has to ask for this field of a basis: others come from the sighting, or from a ticked statement.

    `good_faith` is asked for all the same: there the person's own facts stand beside the declaration.
    """
    return name not in _FROM_SIGHTING and (name == "good_faith" or name not in _DECLARED)


# --- the letter -------------------------------------------------------------------------------------------------------

_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("where", ("locations", "identification", "infringing", "result_urls", "queries", "account")),
    ("what", ("work", "what", "nature", "link", "harm")),
    ("why", ("explanation", "law", "ground", "regulations")),
    ("declared", tuple(_DECLARED)),
    ("asked", ("demand", "recipients")),
    ("from", ("identity", "name_email", "contact", "authority", "signature", "date")),
)
_NAMED_IN = {name: part for part, names in _PARTS for name in names}


def _text(letter: _Letter, fields: Mapping[str, str]) -> str:
    blocks = [letter.say("greeting"), letter.say("under", basis=letter.basis.legal_basis)]
    for part, _ in _PARTS:
        lines = _part(part, letter, fields)
        if lines:
            blocks.append("\n".join((letter.say(f"part_{part}"), *lines)))
    return "\n\n".join((*blocks, letter.say("closing"))) + "\n"


def _part(part: str, letter: _Letter, fields: Mapping[str, str]) -> list[str]:
    lines = [value for name, value in fields.items() if _NAMED_IN.get(name, "what") == part]
    if part == "what" and "identification" not in fields and not {"what", "nature"} & fields.keys():
        lines.insert(0, _content(letter))
    if part == "declared":
        lines += [_statement(s, letter) for s in _free_statements(letter.basis) if s in letter.case.ticked]
    if part == "asked" and "demand" not in fields:
        lines.insert(0, _demand(letter))
    if part == "from":
        lines = [letter.given("name"), *lines] if not {"identity", "name_email"} & fields.keys() else lines
        lines += [] if "date" in fields else [letter.say("dated", date=letter.today)]
    return [line for line in _unique(lines) if line]


def _paragraph(*sentences: str) -> str:
    return "\n".join(_unique(s for s in sentences if s))


def _unique(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(lines))
