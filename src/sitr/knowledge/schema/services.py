"""Services: whoever can act on an address, the doors they have, and what is known of each."""

from typing import Annotated, Literal

from pydantic import Field

from sitr.knowledge.schema.base import Checked, Confidence, Entry, Id, Line, PartDate, Prose, Words

Purpose = Literal[
    "ncii", "privacy", "blackmail", "impersonation", "minor", "hacked", "copyright", "contact", "deepfake",
    "doxing", "illegal", "legal", "escalation", "appeal", "account", "tracking", "outdated_content",
    "search_terms", "right_to_be_forgotten", "find_contact", "find_copyright_agent", "find_host_abuse",
    "find_registrar_abuse",
]  # fmt: skip
ChannelKind = Literal["in_app", "in_results", "web_form", "web_page", "email", "bot", "api", "lookup", "other"]
YesNo = Literal["yes", "no", "unknown"]


class Fact(Entry):
    """A statement that ages. `source` names an entry of `sources.toml`; recalled facts have none."""

    value: Line | tuple[Line, ...]
    confidence: Confidence
    source: Id | None = None
    date: PartDate | None = None
    note: Line | None = None


class Remark(Entry):
    """A sentence about a service that a person reads."""

    id: Id
    text: Prose
    confidence: Confidence
    source: Id | None = None
    note: Line | None = None


class Channel(Entry):
    """A door: where to write, for what, and who may use it. `value` is an address or a path through menus."""

    id: Id
    kind: ChannelKind
    value: Line
    purpose: tuple[Purpose, ...]
    account_needed: YesNo
    non_users: YesNo
    region: Line
    confidence: Confidence
    source: Id | None = None
    access_confidence: Confidence
    note: Line | None = None
    added: bool = False


class Reasons(Entry):
    """The wording of the menu for each reason, in English; menus drift."""

    ncii: Fact | None = None
    privacy: Fact | None = None
    blackmail: Fact | None = None
    impersonation: Fact | None = None
    minor: Fact | None = None
    hacked: Fact | None = None


class Acknowledgement(Entry):
    """What comes back after a report, and when."""

    form: Fact | None = None
    usual_time: Fact | None = None


class Reporting(Entry):
    """How to report. `fallback` is the service whose channels apply when there is no own one, or beside it."""

    channels: tuple[Channel, ...]
    fallback: Id | None = None
    reasons: Reasons = Reasons()
    asks_for: Fact | None = None
    acknowledgement: Acknowledgement = Acknowledgement()
    escalation: tuple[Remark, ...] = ()


class Programmes(Entry):
    """Whether the service takes part: yes, no, partly, not_listed, announced, covered, disputed, unknown."""

    stopncii: Fact | None = None
    ncmec_take_it_down: Fact | None = None
    us_take_it_down_act: Fact | None = None


class Account(Entry):
    """Where the settings of an account are."""

    privacy: Fact | None = None
    two_step: Fact | None = None
    two_step_help: Fact | None = None
    sessions: Fact | None = None
    recovery: Fact | None = None
    data_download: Fact | None = None
    delete_account: Fact | None = None


class Service(Entry):
    """One service. `status` stands only for closed ones, whose old links can still be explained."""

    id: Id
    name: Words
    category: Line
    owner: Line | None = None
    checked: Checked
    status: Fact | None = None
    reporting: Reporting
    programmes: Programmes = Programmes()
    account: Account = Account()
    notes: tuple[Remark, ...] = ()


class DomainsConfidence(Entry):
    """The certainty of the list of domains."""

    confidence: Confidence
    source: Id | None = None
    note: Line | None = None


class UrlPattern(Entry):
    """One shape of address; tried in file order. `added` marks what this project added from memory."""

    kind: Id
    regex: Line
    extracts: tuple[Id, ...]
    example: Line
    confidence: Confidence
    source: Id | None = None
    note: Line | None = None
    any_domain: bool = False
    added: bool = False


class AppLink(Entry):
    """A link that opens an app, and the web address that shows the same (blanks are groups of the regex)."""

    regex: Line
    to: Line


Domain = Annotated[str, Field(pattern=r"^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(\.\*)?)$")]


class ServiceAddresses(Entry):
    """`addresses.toml`: all that `identify` reads of a service. Its head ends at the first list of tables."""

    domains: tuple[Domain, ...]
    more_domains: tuple[Domain, ...] = ()
    domain_notes: dict[str, str] = Field(default_factory=dict)
    tracking: tuple[Line, ...] = ()
    schemes: tuple[Line, ...] = ()
    only_by_pattern: bool = False
    any_domain: bool = False
    domains_confidence: DomainsConfidence
    canonical_hosts: dict[str, str] = Field(default_factory=dict)
    app_links: tuple[AppLink, ...] = ()
    url_patterns: tuple[UrlPattern, ...]


class Programme(Entry):
    """A programme such as StopNCII: what it does, for whom, with whom."""

    id: Id
    name: Words
    url: Line | None = None
    checked: Checked
    facts: dict[str, Fact]


class Warnings(Entry):
    """Traps found in public lists: wrong forms, harmful advice."""

    checked: Checked
    warnings: tuple[Remark, ...]


class InfrastructureContact(Entry):
    """The abuse contact of a registrar, a host, a shortener or a paste site: an address or a page."""

    name: Line
    kind: Literal["registrar", "host", "shortener", "paste"]
    contact: Line
    note: Line | None = None


class Infrastructure(Entry):
    """All such contacts; one list was their source."""

    checked: Checked
    confidence: Confidence
    source: Id
    note: Line
    contacts: tuple[InfrastructureContact, ...]


class FactSource(Entry):
    """A page that service facts were read on. `url` is absent where only a copy was read."""

    id: Id
    url: Line | None = None
    title: Line
    kind: Line
    date: PartDate | None = None
    trust: Literal["high", "medium", "low"]
    note: Line | None = None


class FactSources(Entry):
    """`sources.toml`. `further` were read but are cited by no fact."""

    sources: tuple[FactSource, ...]
    further: tuple[FactSource, ...]
