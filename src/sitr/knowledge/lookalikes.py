"""Names that imitate a known service: other scripts, digits for letters, the known name in the wrong place.

A person who pastes such an address has to learn that it is not the service it looks like, before giving it a password.
Pure string work on host names; a host that belongs to the service is never asked about.
"""

import unicodedata
from collections.abc import Iterable, Mapping

from sitr.knowledge.suffixes import decoded_label

# Letters of other scripts and signs that read as Latin ones (after Unicode TR 39, the ones met in host names).
_CONFUSABLE = str.maketrans(
    "аеорсухѕіјӏԁԛԝһкмтвнгпзбοαεικνρτυχωµɡɩıłøđħŧŀḷạọẹịụṃṇṛṣṭẓ",
    "aeopcyxsijldqwhkmtbhrnsboaeikvptuxwugiiloohtllaoeiumnrstz",
)
_DIGITS = str.maketrans("01345789", "oleastbg")

_SHORTEST_LABEL = 6  # a brand of fewer letters (x, box, kick) is part of too many honest names
_SHORTEST_FOR_TYPOS = 7
_SHORTEST_FOR_SWAPS = 8  # one letter replaced by another, or one too many
_END = 3  # at most half of the shortest label with a typo
LONGEST_HOST = 253  # of DNS; nothing longer can be looked up


def skeleton(label: str) -> str:
    """The label as it reads at a glance: one script, no marks, digits as the letters they stand for."""
    if label.startswith("xn--") or not label.isascii():
        marked = unicodedata.normalize("NFKD", decoded_label(label).casefold().translate(_CONFUSABLE))
        label = "".join(c for c in marked if not unicodedata.combining(c)).translate(_CONFUSABLE)
    text = label.translate(_DIGITS)
    return text.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("i", "l")


class Brands:
    """The names of known services, ready to compare with."""

    def __init__(self, domains: Mapping[str, Iterable[str]]) -> None:
        """`domains` maps each service to its domains."""
        self.domains: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        for service, names in domains.items():
            for name in names:
                label = name.split(".")[-2] if name.count(".") else ""
                if "*" not in name:
                    self.domains.setdefault(name, service)
                if len(label) >= 3 and "*" not in label:
                    self.labels.setdefault(skeleton(label), service)
        self.typos = {
            typo: service
            for label, service in self.labels.items()
            if len(label) >= _SHORTEST_FOR_TYPOS
            for typo in _without_one(label)
        }
        known = [label for label in self.labels if len(label) >= _SHORTEST_FOR_TYPOS]
        self._heads, self._tails = {label[:_END] for label in known}, {label[-_END:] for label in known}

    def imitated_by(self, host: str, registrable: str | None, before_at: str = "") -> str | None:
        """The service that an unknown `host` imitates, or None. `before_at` stood before an @ in the address."""
        if before_at and (service := self.domains.get(before_at.split(":", maxsplit=1)[0].removeprefix("www."))):
            return service
        if len(host) > LONGEST_HOST:
            return None
        own = registrable or host
        return self._in_front(host, own) or self._by_label(own.partition(".")[0])

    def _in_front(self, host: str, own: str) -> str | None:
        """A known domain as the beginning of another host: `instagram.com.login.example`."""
        if host.count(".") < 2:
            return None
        front = host.removesuffix(own).rstrip(".")
        labels = f"{front}.{own}".split(".") if front else own.split(".")
        for start in range(len(labels) - 2):
            for end in range(start + 2, len(labels)):
                if service := self.domains.get(".".join(labels[start:end])):
                    return service
        return None

    def _by_label(self, label: str) -> str | None:
        shape = skeleton(label)
        service = self.labels.get(shape)
        if service and (len(label) >= _SHORTEST_LABEL or not decoded_label(label).isascii()):
            return service
        for part in label.split("-") if "-" in label else ():
            if len(part) >= _SHORTEST_LABEL and (service := self.labels.get(skeleton(part))):
                return service
        return self._by_typo(shape)

    def _by_typo(self, shape: str) -> str | None:
        if not _SHORTEST_FOR_TYPOS <= len(shape) <= 24:
            return None
        if shape[:_END] not in self._heads and shape[-_END:] not in self._tails:
            return None  # one changed letter leaves the beginning or the end as it is
        if shape in self.typos:
            return self.typos[shape]
        if len(shape) < _SHORTEST_FOR_SWAPS:
            return None
        shorter = _without_one(shape)
        if added := shorter & self.labels.keys():
            return self.labels[min(added)]
        swapped = shorter & self.typos.keys()
        return self.typos[min(swapped)] if swapped else None


def _without_one(label: str) -> set[str]:
    return {label[:place] + label[place + 1 :] for place in range(len(label))}
