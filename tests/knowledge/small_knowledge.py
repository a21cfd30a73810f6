"""A small knowledge folder to break: the whole playbook, a handful of services, countries and guides.

Copying and checking it costs a fraction of the whole; what stands in it is what stands in the product.
"""

import shutil
from pathlib import Path

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
# What bases, priors, search engines and fallbacks name, and a shortener beside them.
SERVICES = {"x", "bitly", "generic_host", "google_search", "bing", "yandex", "duckduckgo", "yahoo", "facebook"}
# Guides that lead to nothing but what stays.
GUIDES = {"habits", "others"}
COUNTRIES = {"eg", "tn", "eu", "us", "gb", "in", "au", "international"}


def copy_small(to: Path) -> Path:
    """The small folder at `to`, which does not exist yet; it has no problem of its own."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        kept = {"services": SERVICES, "jurisdictions": COUNTRIES, "guides": GUIDES}.get(Path(folder).name)
        return set() if kept is None or Path(folder).parent != KNOWLEDGE else set(names) - kept

    return Path(shutil.copytree(KNOWLEDGE, to, ignore=left_out))
