"""What stands behind an address: the service, what kind of page, its identifiers, one canonical form.

Here belongs taking one address apart and matching it; finding addresses in text is `pasted`, facts are data. Nothing
here raises for what a person may paste. No network: a short link stays a short link, and says so.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from sitr.knowledge.addresses import Addresses, Index, Pattern
from sitr.knowledge.lookalikes import LONGEST_HOST, Brands
from sitr.knowledge.pasted import LONGEST, addresses_in
from sitr.knowledge.suffixes import registrable_domain

DEEPEST = 3  # an archive of a cache of a page; deeper nesting is somebody's game

# The ladder for a host that nobody knows (knowledge: generic_host), in the order in which to write.
# The entry whose channels every host has.
ANY_HOST = "generic_host"
RUNGS = ("site", "host", "cdn", "registrar", "search")

_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):/*(?:(?P<before>[^/?#@]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^/:?#]*)(?::(?P<port>\d*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)
_PORT = re.compile(r":\d{0,5}(?:[/?#]|$)(?!/)")
_HOST_NAME = re.compile(r"[a-z0-9._-]*|\[[0-9a-f:.]+\]")
_NOT_PLAIN = re.compile(r"[^!-~]+")
_PLAIN = re.compile(
    r"([hH][tT]{2}[pP][sS]?)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*)+)"
    r"(/[!-\"$->@-~]*)?(\?[!-\"$-~]*)?(#[!-~]*)?"
)
_TRACKING_STARTS = frozenset("ufgdwmytiov_")
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|heic|avif|bmp|mp4|webm|mov|m3u8)(?:$|[:!@])", re.IGNORECASE)
_WRAPPED = re.compile(r"(?:[?&#][^=&#]+=|/)(?P<inner_url>https?(?::|%3A)(?:/|%2F){1,2}[^&#\s]+)", re.IGNORECASE)
_INTENT = re.compile(r"#Intent;(?P<options>.*)", re.DOTALL)
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid?|mc_[ce]id|_hs(?:enc|mi)|mkt_tok|vero_id|oly_\w+_id"
)


class Identified(NamedTuple):
    """One address and what is known of it.

    `url` is the address as pasted, `canonical_url` the same place in one form (keys never stripped). `service` is None
    for a host that nobody knows: `rungs` then says whom to try, in order. `confidence` is that of the fact it rests on:
    found, recalled, or unknown. `inner` is the address inside an archive, cache, redirect or search result;
    `lookalike_of` the service that the host imitates.
    """

    url: str
    service: str | None
    kind: str
    ids: dict[str, str]
    canonical_url: str
    confidence: str
    host: str
    registrable_domain: str | None
    rungs: tuple[str, ...] = ()
    inner: "Identified | None" = None
    lookalike_of: str | None = None
    channels: tuple[str, ...] = ()


class _Parts(NamedTuple):
    """An address taken apart; `host` lower case and ASCII, `rest` path, query and fragment."""

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str
    before: str


class _Host:
    """What follows from a host name alone; kept, because pages of one site come in crowds."""

    __slots__ = ("domain", "fallback", "imitates", "tries")

    def __init__(self, owners: tuple[Addresses, ...], domain: str | None) -> None:
        self.domain = domain
        self.tries = tuple((pattern.search, pattern) for owner in owners for pattern in owner.patterns)
        self.imitates: str | None = ""  # not asked yet
        self.fallback = next((owner for owner in owners if not owner.only_by_pattern), None)


class Identifier:
    """Identifies addresses against one index of services."""

    def __init__(self, index: Index, channels: Callable[[str], tuple[str, ...]]) -> None:
        """`channels` gives the ids of the channels of a service."""
        self.index = index
        self._channels = cache(channels)
        self._hosts: dict[str, _Host] = {}

    @cached_property
    def brands(self) -> Brands:
        """The names that other hosts may imitate."""
        services = self.index.services.items()
        return Brands({name: each.domains for name, each in services if not each.only_by_pattern})

    def in_text(self, text: str) -> list[Identified]:
        """Every address in the pasted text, in order; an empty list where there is none."""
        found = (self.one(address) for address in addresses_in(text, self._is_known))
        return [each for each in found if each.host or each.service or each.kind == "app_link"]

    def one(self, url: str, depth: int = 0) -> Identified:
        """One address, with or without a scheme."""
        parts = _parts(url)
        scheme, name, port, path, query, fragment, _ = parts
        if scheme not in ("http", "https"):
            return self._app_link(url, scheme, depth)
        host = self._hosts.get(name) or self._met(name)
        colon = ":" + port if port else ""
        plain = f"https://{name}{colon}{path}{query}{fragment}"
        for search, pattern in host.tries:
            if match := search(plain):
                return self._matched(url, parts, pattern, match, depth=depth)
        return self._unmatched(url, parts, host, plain, depth)

    def _is_known(self, name: str) -> bool:
        host = self._hosts.get(name) or self._met(name)
        return bool(host.tries or host.fallback)

    def _met(self, name: str) -> _Host:
        if len(self._hosts) > 50_000:
            self._hosts.clear()
        real = len(name) <= LONGEST_HOST
        host = _Host(self.index.owners(name), registrable_domain(name)) if real else _Host((), None)
        self._hosts[name] = host
        return host

    def _matched(self, url: str, parts: _Parts, pattern: Pattern, match: Any, *, depth: int) -> Identified:
        ids: dict[str, str] = match.groupdict("")
        if "" in ids.values():
            ids = {name: value for name, value in ids.items() if value}
        return Identified(
            url,
            pattern.service,
            pattern.kind,
            ids,
            _canonical(parts, self.index.services[pattern.service], match.string),
            pattern.confidence,
            parts.host,
            self._hosts[parts.host].domain,
            (),
            self._inner(ids, depth) if pattern.holds_address else None,
            None,
            self._channels(pattern.service),
        )

    def _unmatched(self, url: str, parts: _Parts, host: _Host, plain: str, depth: int) -> Identified:
        owner = host.fallback
        if owner is None:
            for pattern in self.index.any_domain:
                if match := pattern.search(plain):
                    return self._matched(url, parts, pattern, match, depth=depth)
        kind = "media" if _PICTURE.search(parts.path) else "page"
        wrapped = _WRAPPED.search(parts.path + parts.query + parts.fragment)
        inner = self._inner(wrapped.groupdict(), depth) if wrapped else None
        canonical = _canonical(parts, owner, plain)
        named, domain, channels = parts.host, host.domain, self._channels(owner.service if owner else ANY_HOST)
        if owner:
            certain = owner.confidence
            return Identified(
                url, owner.service, kind, {}, canonical, certain, named, domain, (), inner, None, channels
            )
        like = self._imitated(host, parts)
        return Identified(url, None, kind, {}, canonical, "unknown", named, domain, RUNGS, inner, like, channels)

    def _imitated(self, host: _Host, parts: _Parts) -> str | None:
        if parts.before:
            return self.brands.imitated_by(parts.host, host.domain, parts.before)
        if host.imitates == "":
            host.imitates = self.brands.imitated_by(parts.host, host.domain)
        return host.imitates

    def _app_link(self, url: str, scheme: str, depth: int) -> Identified:
        """A link that opens an app: matched as it is, and canonical as the web address that shows the same."""
        web = _intent_target(url) if scheme == "intent" else self._web_form(url, scheme)
        owners = self.index.by_scheme.get(scheme, [])
        for owner in owners:
            for pattern in owner.patterns:
                if match := pattern.search(url):
                    ids = {name: value for name, value in match.groupdict().items() if value}
                    canonical = self.one(web, depth + 1).canonical_url if web and depth < DEEPEST else _ascii(url)
                    found = Identified(url, owner.service, pattern.kind, ids, canonical, pattern.confidence, "", None)
                    return found._replace(channels=self._channels(owner.service))
        if web and depth < DEEPEST:
            return self.one(web, depth + 1)._replace(url=url)
        if owners:
            owner = owners[0]
            found = Identified(url, owner.service, "app_link", {}, _ascii(url), owner.confidence, "", None)
            return found._replace(channels=self._channels(owner.service))
        return Identified(url, None, "app_link", {}, _ascii(url), "unknown", "", None, RUNGS)

    def _web_form(self, url: str, scheme: str) -> str | None:
        for owner in self.index.by_scheme.get(scheme, ()):
            for regex, to in owner.app_links:
                if match := regex.search(url):
                    return str(to).format(**{name: value or "" for name, value in match.groupdict().items()})
        return None

    def _inner(self, groups: dict[str, Any], depth: int) -> Identified | None:
        if depth >= DEEPEST:
            return None
        for name, value in groups.items():
            if name.endswith("_url") and value:
                address = unquote(value) if "%" in value[:12] and "/" not in value[:8] else value
                return self.one(address[:LONGEST], depth + 1)
        return None


def _parts(url: str) -> _Parts:
    if found := _PLAIN.fullmatch(url if ":" in url else "http://" + url):
        scheme, name, path, query, fragment = found.groups("")
        if len(fragment) < 2 or ":~:" in fragment:
            fragment = _fragment(fragment)
        return _Parts(scheme.lower(), name.lower(), "", path or "/", query, fragment, "")
    return _odd_parts(url)


def _fragment(text: str) -> str:
    """Without a bare # and without the words that a browser was told to scroll to."""
    kept = text.partition(":~:")[0]
    return _ascii(kept) if len(kept) > 1 else ""


def _odd_parts(url: str) -> _Parts:
    match = _PARTS.fullmatch(url)
    if match is None or not (match["host"] or match["path"]) or _is_bare(match):
        match = _PARTS.fullmatch("http://" + url.lstrip("/"))
    if match is None:
        return _Parts("http", "", "", "", "", "", "")
    scheme = match["scheme"].lower()
    if scheme in ("ttps", "tps", "ttp", "tp"):
        scheme = "https" if scheme.endswith("s") else "http"
    port = match["port"] or ""
    if (scheme, port) in (("http", "80"), ("https", "443")):
        port = ""
    return _Parts(
        scheme, _host(match["host"]), port, "/" + _ascii(match["path"]).removeprefix("/"), _ascii(match["query"] or ""),
        _fragment(match["fragment"] or ""), (match["before"] or "").lower(),
    )  # fmt: skip


def _is_bare(match: Any) -> bool:
    """`example.com:8080/a` and `name.com:` read like a scheme, but what follows is a port or nothing."""
    return "." in match["scheme"] and bool(_PORT.match(match.string, match.end("scheme")))


def _host(text: str) -> str:
    host = unquote(text).strip(".").lower() if "%" in text else text.strip(".").lower()
    if not host.isascii():
        host = ".".join(_idna(label) for label in re.split(r"[.。．｡]", host))
    return host if _HOST_NAME.fullmatch(host) else quote(host, safe="", errors="replace")


def _idna(label: str) -> str:
    if label.isascii():
        return label
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        try:
            return "xn--" + label.encode("punycode").decode("ascii")
        except UnicodeError:
            return quote(label, safe="", errors="replace")


def _ascii(text: str) -> str:
    """Letters outside ASCII percent-encoded, everything else as it is: an encoding that is there is not touched."""
    if text.isascii() and not _NOT_PLAIN.search(text):
        return text
    return _NOT_PLAIN.sub(lambda found: quote(found.group(), safe="", errors="replace"), text)


def _canonical(parts: _Parts, owner: Addresses | None, plain: str) -> str:
    """`plain`, the address as it was matched, unless its host, scheme or trackers have to change."""
    scheme, name, port, path, query, fragment, _ = parts
    if owner:
        scheme, name = "https", owner.canonical_hosts.get(name, name)
    kept = _without_tracking(query, owner.tracking if owner else frozenset()) if query else ""
    if kept == query and scheme == "https" and name == parts.host:
        return plain
    colon = ":" + port if port else ""
    return f"{scheme}://{name}{colon}{path}{kept}{fragment}"


def _without_tracking(query: str, own: frozenset[str]) -> str:
    kept = []
    for part in query[1:].split("&"):
        name = part.partition("=")[0]
        if part and name not in own and not (name[:1] in _TRACKING_STARTS and _TRACKING.fullmatch(name)):
            kept.append(part)
    return "?" + "&".join(kept) if kept else ""


def _intent_target(url: str) -> str | None:
    """The web address behind an Android intent link: its fallback, or the same path under the scheme that it names."""
    found = _INTENT.search(url)
    options = dict(option.partition("=")[::2] for option in found["options"].split(";")) if found else {}
    if fallback := options.get("S.browser_fallback_url"):
        return unquote(fallback)
    scheme = options.get("scheme", "https")
    rest = url.partition(":")[2].partition("#Intent")[0].lstrip("/")
    return f"{scheme}://{rest}" if rest and scheme != "intent" else None


def walk(found: Identified) -> Iterator[Identified]:
    """The address and those inside it, outermost first."""
    while found:
        yield found
        if found.inner is None:
            return
        found = found.inner
