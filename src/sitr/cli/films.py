"""Films in `sitr fingerprint` and `sitr compare`: hashes a second, one film in another, a photo in a film."""

from typing import Any

from sitr.cli.call import Call
from sitr.cli.files import existing
from sitr.errors import BadInput
from sitr.evidence.imports.film_readers import FilmReader
from sitr.fingerprint import Fingerprint
from sitr.fingerprint.films import Film, compare_films, film, find_photo, looks_like_film, pictures
from sitr.words import say


def is_film(name: str) -> bool:
    """Whether the first bytes of this file are a film's. Raises BadInput `cli.no_file` or `cli.not_a_file`."""
    with existing(name).open("rb") as file:
        return looks_like_film(file.read(16))


def read_film(name: str) -> Film:
    """The fingerprint of the film in this file."""
    with existing(name).open("rb") as file:
        return film(file, FilmReader())


def film_in(call: Call, reference: Film, name: str) -> dict[str, Any]:
    """The result of comparing a film with a film. Raises BadInput("fingerprint.film_and_photo") for anything else."""
    if not is_film(name):
        raise BadInput("fingerprint.film_and_photo")
    verdict = compare_films(reference.frames, read_film(name).frames)
    return {
        "candidate": name, "match": verdict.match, "score": round(verdict.score, 4), "region": None,
        "candidate_share": round(verdict.candidate_share, 4), "reference_share": round(verdict.reference_share, 4),
        "why": say(verdict.why.code, call.lang, **verdict.why.data), "why_code": verdict.why.code,
    }  # fmt: skip


def photo_in(call: Call, reference: Fingerprint, name: str) -> dict[str, Any]:
    """The result of looking for a photo in a film: the second that shows it, and why."""
    with existing(name).open("rb") as file:
        shown = find_photo(reference, pictures(file, FilmReader()))
    if shown is None:
        code, data, second = "fingerprint.why_nothing", {}, None
    else:
        code, data, second = shown.verdict.why.code, shown.verdict.why.data, round(shown.second, 3)
    found = shown is not None and shown.verdict.match
    why = say(code, call.lang, **data)
    if shown is not None and found:
        why = say("fingerprint.why_at_second", call.lang, second=f"{shown.second:.0f}") + " " + why
    return {
        "candidate": name, "match": found, "score": shown.verdict.score if shown else 0.0,
        "region": shown.verdict.region if shown and found else None, "second": second if found else None,
        "why": why, "why_code": code,
    }  # fmt: skip
