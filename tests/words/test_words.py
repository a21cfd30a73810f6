"""The words: both languages have the same keys and blanks in every space, and no template holds words of its own."""

import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from sitr.words import LANGS, Lang, catalogue, isolate, one_line

WORDS = Path(str(files("sitr.words")))
WEB = Path(str(files("sitr.web")))
SPACES = sorted({path.stem for lang in LANGS for path in (WORDS / lang).glob("*.toml")})
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SOURCES = [*TEMPLATES, *WEB.rglob("*.py")]

_SCRIPT = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_READ_ALOUD = re.compile(r'(?:alt|aria-label|title|placeholder|content)="([^"]*)"')
_MACHINE_CONTENT = {"width=device-width, initial-scale=1", "light dark", "noindex"}
# Families whose last part is a state, a kind or an answer, put together where it is shown.
_FAMILIES = (
    *("sighting", "submission", "notice", "level", "to", "kind", "entry"),
    *("content", "rung", "problem", "save_child", "missing", "verb"),
    *("file_form", "file_group", "file_tongue", "diff", "save_viewport"),
)


def _sentences(lang: Lang, space: str) -> Iterator[tuple[str, str]]:
    for key, entry in catalogue(lang, space).items():
        yield from ((key, form) for form in entry.values()) if isinstance(entry, dict) else ((key, entry),)


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _blanks_of(lang: Lang, space: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key, sentence in _sentences(lang, space):
        found.setdefault(key, set()).update(_blanks(sentence))
    return found


@pytest.mark.parametrize("space", SPACES)
def test_both_languages_have_the_same_keys_with_the_same_blanks(space: str) -> None:
    arabic, english = _blanks_of("ar", space), _blanks_of("en", space)
    assert arabic.keys() == english.keys()
    assert {key: (arabic[key], english[key]) for key in arabic if arabic[key] != english[key]} == {}


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("lang", LANGS)
def test_a_plural_has_every_form_of_its_language(lang: Lang, space: str) -> None:
    forms = set(Locale(lang).plural_form.tags) | {"other"}
    for key, entry in catalogue(lang, space).items():
        if isinstance(entry, dict):
            assert entry.keys() == forms, key


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("lang", LANGS)
def test_no_sentence_is_empty_or_has_loose_ends(lang: Lang, space: str) -> None:
    for key, sentence in _sentences(lang, space):
        assert sentence.strip(), key
        assert all(name.isidentifier() for name in _blanks(sentence)), key
        # Only isolates, never overrides or embeddings; no tatweel inside a word (it may join a letter to a Latin word).
        assert not re.search("[\u202a-\u202e]|\u0640[\u0600-\u06ff]", sentence), key


@pytest.mark.parametrize("space", SPACES)
def test_arabic_is_written_in_arabic_and_english_in_english(space: str) -> None:
    arabic, english = dict(_sentences("ar", space)), dict(_sentences("en", space))
    for key, sentence in arabic.items():
        # The same in both is a command or a name; the switch names the other language in that language.
        if key not in english or sentence == english[key] or key == "other_language":
            continue
        assert not re.search("[\u0600-\u06ff]", english[key]), key
        assert re.search("[\u0600-\u06ff]", sentence), key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_holds_no_words_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    bare = _SCRIPT.sub("", text)
    aloud = [words for words in _READ_ALOUD.findall(bare) if words not in _MACHINE_CONTENT]
    between = re.sub(r"<[^>]*>", " ", bare)
    assert not re.findall(r"[^\W\d_]+", " ".join([between, *aloud]))


def test_every_word_of_the_pages_is_used_and_every_used_word_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    used = set(re.findall(r"""["']web\.([a-z_]+)["']""", text)) | set(re.findall(r'"(problem_[a-z_]+)"', text))
    known = set(catalogue("en", "web"))
    families = tuple(f"{family}_" for family in _FAMILIES)
    assert used - known == set()
    assert {name for name in known - used if not name.startswith(families)} == set()


# What ends an isolate is a paragraph separator (class B of Unicode Annex 9); marks of direction can end one, too.
_ENDS = [
    chr(c)
    for c in range(0x3000)
    if unicodedata.bidirectional(chr(c)) in {"B", "LRI", "RLI", "FSI", "PDI", "LRO", "RLO"}
]


@given(st.text(st.one_of(st.sampled_from([*_ENDS, "\u2028", "\x0b", "\x0c"]), st.characters())))
def test_nothing_that_somebody_wrote_gets_out_of_its_isolate(text: str) -> None:
    shown = isolate(text)
    assert shown[0] + shown[-1] == "\u2066\u2069"
    assert shown[1:-1] == one_line(text)
    assert not set(shown[1:-1]) & set(_ENDS)
    assert len(one_line(text).splitlines()) <= 1
