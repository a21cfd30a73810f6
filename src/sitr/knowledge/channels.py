"""The channels of a service by their ids, read without the schema: what a cold `identify` adds to its answer."""

from pathlib import Path

from sitr.knowledge.folders import broken, read_toml


def channels_of(root: Path, service: str) -> tuple[str, ...]:
    """The ids of the service's channels, then those of the service that it falls back to. Raises BadInput."""
    file = f"services/{service}/facts.toml"
    reporting = read_toml(root, file).get("reporting", {})
    try:
        own = tuple(str(channel["id"]) for channel in reporting.get("channels", ()))
    except (KeyError, TypeError) as error:
        raise broken(file, "reporting.channels", "field_missing") from error
    fallback = reporting.get("fallback")
    return own + (channels_of(root, fallback) if fallback and fallback != service else ())
