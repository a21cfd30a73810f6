"""The how-to for editors stays true: files, example, commands and the messages of the checker."""

import re
import tomllib
from pathlib import Path

import pytest

from sitr.knowledge.schema.jurisdictions import Support
from sitr.words import LANGS, Lang, catalogue, say

ROOT = Path(__file__).parents[2]
PAGES: dict[Lang, Path] = {
    "en": ROOT / "docs/how-to/edit-the-facts.md",
    "ar": ROOT / "docs/how-to/edit-the-facts.ar.md",
}


def page(lang: Lang) -> str:
    return PAGES[lang].read_text(encoding="utf-8")


def blocks(lang: Lang, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(lang), re.DOTALL)


@pytest.mark.parametrize("lang", LANGS)
def test_every_file_that_is_named_exists(lang: Lang) -> None:
    named = re.findall(r"`((?:knowledge|tests)/[\w./-]+)`", page(lang))
    assert len(named) >= 7
    for name in named:
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("lang", LANGS)
def test_every_message_that_is_explained_is_one_of_the_checker(lang: Lang) -> None:
    sentences = " ".join(str(one) for one in catalogue(lang, "knowledge").values())
    sentences += say("cli.mark_warning", lang) + say("cli.check_bad", lang)
    said = re.sub(r"[“”«»\"]", "", re.sub(r"\{\w+\}", "", sentences))
    said = re.sub(r"\s+", " ", said)
    table = page(lang).split("| --- | --- | --- |")[1].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.strip().splitlines()]
    assert len(rows) >= 15
    for row in rows:
        for piece in re.split(r"\.\.\.|…|;|؛| / |: |\(.*?\)|\"", row):
            words = piece.strip(" ,،.")
            if len(words) > 3 and not words.startswith("Input should"):
                assert words in said, (row, words)


@pytest.mark.parametrize("lang", LANGS)
def test_the_example_is_what_the_schema_takes(lang: Lang) -> None:
    entry, checked, words = (tomllib.loads(block) for block in blocks(lang, "toml"))
    (example,) = entry["support"]
    assert set(example) <= set(Support.model_fields)
    assert checked["checked"]["on"]
    assert set(words["support"][example["id"]]) <= set(Support.model_fields)
    facts = tomllib.loads((ROOT / "knowledge/jurisdictions/eg/facts.toml").read_text(encoding="utf-8"))
    assert example["id"] in {one["id"] for one in facts["support"]}


def test_both_pages_show_the_same_commands() -> None:
    english, arabic = (" ".join(blocks(lang, "sh")).replace(" --lang en", "") for lang in ("en", "ar"))
    assert english == arabic


@pytest.mark.parametrize("lang", LANGS)
def test_what_the_app_calls_it_is_what_the_page_says(lang: Lang) -> None:
    assert say("law.link", lang) in page(lang)
    assert say("facts.show_all", lang) in page(lang)
    assert say("facts.title", lang) in page(lang)
    assert say("cli.knowledge_fine", lang) in page(lang)
