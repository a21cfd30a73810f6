"""Routes: the doors for one sighting that the person may use, hard rules first, and what each of them costs.

Which basis may be invoked when, for what, and at what cost is data (`bases/*/facts.toml`, table `routing`); here is
only the reckoning. Nothing here knows a service by name. The order given here is that of the facts alone; what became
of earlier notices, studies included, is weighed by `sitr.takedown.ranking`, which makes the order that is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from sitr.knowledge.conditions import answered, derived, holds
from sitr.knowledge.identifying import ANY_HOST, Identified
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.schema.base import Confidence, Words
from sitr.knowledge.schema.bases import Basis, Need
from sitr.knowledge.schema.services import Channel, Fact, Service
from sitr.knowledge.schema.studies import Study
from sitr.words import say

# Hours that are added for a cost, so that unlike things can stand in one order. They are judgements, written down here:
# a name that reaches the uploader or the public weighs as much as three weeks of waiting.
EXPOSED_HOURS = 500
AUTHORITY_HOURS = 24
RECALLED_HOURS = 24
SEARCH_RUNG_HOURS = 300
ACCOUNT_HOURS = 12  # a door that needs no account stands before one that does
MENU_HOURS = 6  # a path through menus needs the account and the page open
ACCOUNT_RISK_HOURS = 100  # who can see the account sees the report, or the account is not the person's own just now
OPERATOR_HOURS = 48  # a mail to the site itself may be read by whoever put the picture there

_ACCOUNT_AT_RISK = frozenset({"is.watched", "is.open_phone", "is.intruder_now"})
_MAY_BE_OPERATOR = frozenset({"is.threatened", "is.guarded", "is.watched"})

_NO_DOOR = ("lookup", "api")
_COVERED = ("covered", "yes", "partly")
# Reasons of a menu that are doors of their own, also where the channel is not listed for them.
_BY_REASON = ("privacy", "impersonation")


class Signer(StrEnum):
    """Who signs: the person, or somebody authorised (a lawyer, an organisation), whose name then stands there."""

    SELF = "self"
    AGENT = "agent"


@dataclass(frozen=True)
class Route:
    """One door: write to `service` through `channel` (its id), invoking `basis`, signed by `signer`.

    `channel` is None where the notice goes to an authority's own form. `address` is where to write (a page, a mailbox
    or a path through menus), with the blanks of the channel filled. `exposes` says who learns the signer's name:
    service, uploader, public, authority. `hours` is the time to reckon with by the law (`lawful`) or an editor's
    estimate, `studies` what was published about this door, `penalty` what it costs, in hours; `verified` is False
    where the channel is known from memory only. `why` are whole sentences. `unverified` names every part that is from
    memory (channel, basis, access), `checked` the day on which the facts behind the door were last compared.
    """

    service: str
    channel: str | None
    basis: str
    signer: Signer
    rank: int
    why: tuple[Words, ...]
    exposes: tuple[str, ...]
    hours: float
    address: str
    kind: str
    verified: bool
    lawful: bool = False
    penalty: float = 0.0
    studies: tuple[Study, ...] = ()
    unverified: tuple[str, ...] = ()
    checked: date | None = None

    @property
    def warnings(self) -> tuple[Words, ...]:
        """A sentence with the day for each part that is from memory."""
        return unverified_words(self.unverified, self.checked)


def from_memory(basis: Basis, channel: Channel | None) -> tuple[str, ...]:
    """The parts of a door that no source carries: `channel`, `basis`, `access`. Without a channel the notice goes to
    the recipient that the basis names.
    """
    reached = channel.confidence is Confidence.FOUND if channel else basis.recipient.verified
    access = channel is None or channel.account_needed == "unknown" or channel.access_confidence is Confidence.FOUND
    known = {"channel": reached, "basis": basis.verified, "access": access}
    return tuple(part for part, verified in known.items() if not verified)


def known_from_memory(
    knowledge: Knowledge, service: str | None, channel: str | None, basis: Basis, address: str
) -> tuple[str, ...]:
    """As `from_memory`, for a notice that was written through a door: an address that the person typed instead of the
    door's own is theirs, and not from our memory. A service or channel that is gone leaves the basis alone.
    """
    known = service if service in knowledge.identifier.index.services else None
    listed = knowledge.service(known).reporting.channels if known else ()
    found = next((each for each in listed if each.id == channel), None)
    own = found.value if found else basis.recipient.form_url or basis.recipient.url or ""
    typed = bool(address) and address != own and "{" not in own
    return tuple(part for part in from_memory(basis, found) if not (typed and part == "channel"))


def unverified_words(parts: Sequence[str], checked: date | None) -> tuple[Words, ...]:
    """What is said of parts from memory, each with the day of the last check."""
    on = checked.isoformat() if checked else "-"
    return tuple(_sentence(f"unverified_{part}", on=on) for part in parts)


def routes(
    found: Identified,
    answers: Mapping[str, Sequence[str]],
    knowledge: Knowledge,
    country: str | None = None,
    has_account: bool | None = None,
) -> list[Route]:
    """All valid doors for the address `found`, the best first.

    `has_account` says whether the person has an account of the service; None where it is not known. Nobody under 18,
    or of unknown age, is led to a site's operator, to a copyright notice or to an upload: only doors for minors remain.
    """
    playbook = knowledge.playbook
    given = derived(answered(answers, playbook.questions), playbook.book.terms)
    person = _Person(frozenset(given), (country or "").upper() or None, has_account)
    doors = list(_Doors(found, person, knowledge).all())
    doors.sort(key=lambda door: (door[0], door[1].service, door[1].channel or "", door[1].basis, door[1].signer))
    return [replace(route, rank=rank) for rank, (_, route) in enumerate(doors, start=1)]


@dataclass(frozen=True)
class _Person:
    given: frozenset[str]
    country: str | None
    has_account: bool | None


@dataclass(frozen=True)
class _Served:
    """The need that a channel serves, and the reason in its menu where only that says so."""

    need: Need
    reason: Fact | None = None


def _is_named(reason: Fact | None) -> bool:
    """Whether the wording of a menu is known; some entries only say that there is none."""
    return reason is not None and not str(reason.value).startswith(("unknown", "no ", "none"))


def _with_reason(unverified: tuple[str, ...], reason: Fact | None) -> tuple[str, ...]:
    recalled = reason is not None and reason.confidence is not Confidence.FOUND
    return ("channel", *unverified) if recalled and "channel" not in unverified else unverified


def _menu(reason: Fact | None) -> list[Words]:
    return [_sentence("why_reason", reason=str(reason.value))] if reason else []


class _Doors:
    """The doors of one sighting for one person."""

    def __init__(self, found: Identified, person: _Person, knowledge: Knowledge) -> None:
        self.found, self.person, self.knowledge = found, person, knowledge
        self.needs = {need.id: need for need in knowledge.bases_book.needs if holds(need.when, person.given)}

    def all(self) -> Iterator[tuple[float, Route]]:
        """Each door with its cost in hours."""
        service = self.knowledge.service(self.found.service or ANY_HOST)
        yield from self._of(service, 0)
        if service.reporting.fallback and service.reporting.fallback != service.id:
            yield from self._of(self.knowledge.service(service.reporting.fallback), 0)
        for engine in self.knowledge.bases_book.search_engines:
            if engine not in (service.id, self.found.service) and self._is_page():
                yield from self._of(self.knowledge.service(engine), SEARCH_RUNG_HOURS)

    def _is_page(self) -> bool:
        return bool(self.found.host)

    def _of(self, service: Service, rung: int) -> Iterator[tuple[float, Route]]:
        for basis in self.knowledge.bases.values():
            if self._may_invoke(basis, service):
                if basis.routing.authority:
                    yield from self._authority(basis, rung)
                else:
                    yield from self._through_channels(basis, service, rung)

    def _may_invoke(self, basis: Basis, service: Service) -> bool:
        rule = basis.routing
        if not holds(rule.when, self.person.given):
            return False
        if rule.countries and self.person.country not in rule.countries:
            return False
        if service.category in rule.not_categories or (rule.categories and service.category not in rule.categories):
            return False
        return rule.programme is None or self._in_programme(service, rule.programme)

    @staticmethod
    def _in_programme(service: Service, programme: str) -> bool:
        fact = getattr(service.programmes, programme)
        return fact is not None and fact.value in _COVERED

    def _through_channels(self, basis: Basis, service: Service, rung: int) -> Iterator[tuple[float, Route]]:
        for channel in service.reporting.channels:
            served = self._served(basis, service, channel)
            if served and channel.kind in basis.routing.kinds and self._may_use(channel):
                for signer in self._signers(basis):
                    yield self._door(basis, service, channel, served, signer, rung)

    def _served(self, basis: Basis, service: Service, channel: Channel) -> "_Served | None":
        """The first need that the channel serves: by what it is for, or by a reason that its menu is known to have."""
        needs = [self.needs[name] for name in basis.routing.needs if name in self.needs]
        for need in needs:
            if set(need.purposes).intersection(channel.purpose):
                return _Served(need)
        for need in needs if channel.kind == "in_app" else ():
            for name in _BY_REASON:
                reason = getattr(service.reporting.reasons, name)
                if name in need.purposes and _is_named(reason):
                    return _Served(need, reason)
        return None

    def _may_use(self, channel: Channel) -> bool:
        if channel.kind in _NO_DOOR or not self._in_region(channel.region):
            return False
        return not (channel.account_needed == "yes" and self.person.has_account is False)

    def _in_region(self, region: str) -> bool:
        """Regions are `global`, a country, or several with strokes between; EU stands for its members."""
        if region == "global":
            return True
        members = self.knowledge.bases["dsa_art16"].routing.countries if "dsa_art16" in self.knowledge.bases else ()
        allowed = set(region.replace("UK", "GB").split("/"))
        return self.person.country in allowed or ("EU" in allowed and self.person.country in members)

    @staticmethod
    def _signers(basis: Basis) -> tuple[Signer, ...]:
        """Somebody else's signature is a door of its own only where it keeps a name from those who did harm."""
        return (Signer.SELF, Signer.AGENT) if "uploader" in basis.routing.exposes else (Signer.SELF,)

    def _door(
        self, basis: Basis, service: Service, channel: Channel, served: "_Served", signer: Signer, rung: int
    ) -> tuple[float, Route]:
        exposes = basis.routing.exposes if signer is Signer.SELF else ("service",)
        risks = list(self._risks(channel))
        unverified = _with_reason(from_memory(basis, channel), served.reason)
        verified = "channel" not in unverified
        why = [served.need.why, *_menu(served.reason), *_about(basis), *_access(channel), *(why for _, why in risks)]
        why += _cost(exposes, signer)
        if not verified:
            why.append(_sentence("why_unverified"))
        if rung:
            why.append(_sentence("why_search_rung"))
        penalty = _exposed(exposes) + (0 if verified else RECALLED_HOURS) + rung + sum(hours for hours, _ in risks)
        penalty += ACCOUNT_HOURS if channel.account_needed == "yes" else 0
        penalty += MENU_HOURS if channel.kind in ("in_app", "in_results") else 0
        route = Route(
            service.id, channel.id, basis.id, signer, 0, tuple(why), exposes, expected_hours(basis),
            self._filled(channel.value), channel.kind, verified, lawful=basis.deadline.value is not None,
            penalty=float(penalty), studies=self._studies(basis, served.need, service.id), unverified=unverified,
            checked=min(service.checked.on, basis.checked.on),
        )  # fmt: skip
        return route.hours + route.penalty, route

    def _risks(self, channel: Channel) -> Iterator[tuple[int, Words]]:
        """What using the channel may show to somebody near the person, and its weight in hours."""
        if channel.account_needed == "yes" and not _ACCOUNT_AT_RISK.isdisjoint(self.person.given):
            yield ACCOUNT_RISK_HOURS, _sentence("why_account_risk")
        if "{domain}" in channel.value and not _MAY_BE_OPERATOR.isdisjoint(self.person.given):
            yield OPERATOR_HOURS, _sentence("why_operator")

    def _studies(self, basis: Basis, need: Need, service: str | None) -> tuple[Study, ...]:
        return tuple(
            study
            for study in self.knowledge.studies
            if study.basis == basis.id and study.service in (None, service) and need.id in study.needs
        )

    def _authority(self, basis: Basis, rung: int) -> Iterator[tuple[float, Route]]:
        need = next((self.needs[name] for name in basis.routing.needs if name in self.needs), None)
        if need is None or rung:
            return
        exposes = basis.routing.exposes
        route = Route(
            basis.id, None, basis.id, Signer.SELF, 0, (need.why, *_about(basis), *_cost(exposes, Signer.SELF)), exposes,
            expected_hours(basis), basis.recipient.form_url or basis.recipient.url or "", "web_form",
            basis.recipient.verified, lawful=basis.deadline.value is not None, penalty=float(_exposed(exposes)),
            studies=self._studies(basis, need, None), unverified=from_memory(basis, None), checked=basis.checked.on,
        )  # fmt: skip
        yield route.hours + route.penalty, route

    def _filled(self, address: str) -> str:
        blanks = {
            "{domain}": self.found.host,
            "{registrable_domain}": self.found.registrable_domain or self.found.host,
            "{page_url}": self.found.canonical_url,
            "{media_url}": self.found.canonical_url,
        }
        for blank, value in blanks.items():
            address = address.replace(blank, value)
        return address


def expected_hours(basis: Basis) -> float:
    """Hours to reckon with before anything was seen: the law's figure before the editor's estimate."""
    return lawful_hours(basis.deadline.value) if basis.deadline.value else float(basis.routing.hours)


def lawful_hours(duration: str) -> float:
    """An ISO 8601 duration of one unit as hours; a month counts 30 days here, clocks reckon it exactly."""
    unit, number = duration[-1], int("".join(c for c in duration if c.isdigit()))
    if "T" in duration:
        return number if unit == "H" else number / 60
    return number * 24.0 * {"D": 1, "W": 7, "M": 30, "Y": 365}[unit]


def _exposed(exposes: Sequence[str]) -> int:
    cost = EXPOSED_HOURS * sum(each in ("uploader", "public") for each in exposes)
    return cost + (AUTHORITY_HOURS if "authority" in exposes else 0)


def _about(basis: Basis) -> list[Words]:
    if basis.deadline.value:
        return [_sentence("why_deadline", basis=basis.name, hours=round(lawful_hours(basis.deadline.value)))]
    if basis.deadline.duration is None:
        return []
    name = "why_deadline_open" if basis.deadline.verified else "why_deadline_recalled"
    return [_sentence(name, basis=basis.name)]


def _access(channel: Channel) -> list[Words]:
    known = {"yes": "why_account_needed", "no": "why_no_account"}.get(channel.account_needed)
    return [_sentence(known)] if known else []


def _cost(exposes: Sequence[str], signer: Signer) -> list[Words]:
    said = [_sentence(f"exposes_{each}") for each in exposes]
    return [*said, _sentence("why_agent")] if signer is Signer.AGENT else said


def _sentence(name: str, **blanks: object) -> Words:
    def filled(lang: str) -> dict[str, object]:
        return {k: getattr(v, lang) if isinstance(v, Words) else v for k, v in blanks.items()}

    return Words(ar=say(f"knowledge.{name}", "ar", **filled("ar")), en=say(f"knowledge.{name}", "en", **filled("en")))
