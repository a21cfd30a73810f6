"""The guides as texts and as links: both languages alike, short sentences, neutral words, nothing unsafe offered."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sitr.cli.commands import COMMANDS
from sitr.errors import NotFound
from sitr.knowledge import check, json_schemas, load, stats
from sitr.knowledge.guides import Block, blocks, explaining, helplines, sentence
from sitr.knowledge.schema.guides import Guide, Section
from sitr.words import LANGS, Lang

KNOWLEDGE = load(Path(__file__).parents[2] / "knowledge")
GUIDES = KNOWLEDGE.guides
STEPS = {step.id: step for step in KNOWLEDGE.playbook.steps}
LONGEST: dict[Lang, int] = {"en": 35, "ar": 40}
LETTER = r"[\u0600-\u06ff]"

each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)
in_both = pytest.mark.parametrize("lang", LANGS)


def _texts(guide: Guide, lang: Lang) -> Iterator[tuple[str, str]]:
    yield "title", getattr(guide.title, lang)
    yield "answer", getattr(guide.answer, lang)
    for section in guide.sections:
        yield section.id, getattr(section.heading, lang)
        for block in blocks(getattr(section.body, lang)):
            yield from ((section.id, sentence(line)) for line in block.lines)


def _sections() -> Iterator[tuple[Guide, Section]]:
    for guide in GUIDES:
        yield from ((guide, section) for section in guide.sections)


def _whole(words: str) -> str:
    """A pattern for these words when they stand alone; Arabic vowel signs belong to the word."""
    return rf"(?<!{LETTER})(?:{words})(?!{LETTER})"


def test_there_are_the_seven_guides_in_their_order() -> None:
    assert [guide.id for guide in GUIDES] == ["now", "causes", "mind", "reports", "law", "habits", "others"]
    assert [guide.order for guide in GUIDES] == sorted({guide.order for guide in GUIDES})


@each_guide
def test_both_languages_have_the_same_keys_and_nothing_else(guide: Guide) -> None:
    folder = KNOWLEDGE.folder / "guides" / guide.id
    arabic, english = (tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8")) for lang in LANGS)
    assert arabic.keys() == english.keys() == {"title", "answer", "sections"}
    assert list(arabic["sections"]) == list(english["sections"])
    assert list(arabic["sections"]) == [section.id for section in guide.sections]


@each_guide
def test_both_languages_say_the_same_in_the_same_blocks_with_the_same_sources(guide: Guide) -> None:
    for section in guide.sections:
        shapes = [[(block.kind, block.marks) for block in blocks(getattr(section.body, lang))] for lang in LANGS]
        assert shapes[0] == shapes[1], section.id


@in_both
@each_guide
def test_a_guide_is_neither_a_leaflet_nor_a_book(guide: Guide, lang: Lang) -> None:
    words = sum(len(text.split()) for _, text in _texts(guide, lang))
    assert 700 <= words <= 1200


@in_both
@each_guide
def test_sentences_are_short(guide: Guide, lang: Lang) -> None:
    for place, text in _texts(guide, lang):
        for one in re.split(r"(?<=[.!?؟])\s", text):
            assert len(one.split()) <= LONGEST[lang], (place, one)


# What the style of the Arabic rules out: an imperative, a second person of one gender, a slash, a word that judges.
_GENDERED = (
    "احفظ|احفظي|اكتب|اكتبي|افتح|افتحي|أرسلي|اتصلي|انسخ|انسخي|اضغط|اضغطي|اختر|اختاري|تذكري|كوني|تحدثي|توقفي|غيّر|غيري"
    "|تريد|تريدين|ترغب|ترغبين|تستطيع|تستطيعين|تحتاجين|تشعرين|تعرفين|تفعلين|تخافين|أنتِ|أنتَ|عزيزي|عزيزتي|المستخدم"
    "|لا (?:تدفع|ترسل|تحذف|ترد|تفتح|تواجه|تهدد|تخف|تقلق|تنس)ي?"
)
_JUDGING = "فضيحة|عار|العار|انحراف|فاضحة?|مخلة|إباحية?|الضحية|ضحية|خطيئة|ذنبك أن|كان عليك|كان يجب"
_PROMISING = "نضمن|مضمونة?|بالتأكيد|حتما|أبدا لن"


@each_guide
def test_the_arabic_is_neutral_and_neither_judges_nor_promises(guide: Guide) -> None:
    for place, text in _texts(guide, "ar"):
        for words in (_GENDERED, _JUDGING, _PROMISING):
            assert not re.search(_whole(words), text), (place, text)
        assert not re.search(r"/[ةي]|\(ة\)", text), (place, text)


@each_guide
def test_the_english_neither_judges_nor_promises(guide: Guide) -> None:
    ruled_out = (
        r"\b(?:victims?|revenge porn|guarantee\w*|shameful|scandal\w*|you should have|don't|can't|won't|isn't|it's)\b"
    )
    for place, text in _texts(guide, "en"):
        assert not re.search(ruled_out, text, re.IGNORECASE), (place, text)


@in_both
@each_guide
def test_the_letters_are_plain(guide: Guide, lang: Lang) -> None:
    for place, text in _texts(guide, lang):
        assert not re.search("[٠-٩۰-۹\u0640\u200e\u200f\u202a-\u202e\u2066-\u2069!]", text), (place, text)
        assert bool(re.search(LETTER, text)) == (lang == "ar"), (place, text)


def test_a_body_is_read_as_paragraphs_lists_and_marks() -> None:
    made = blocks("one\nline. [a-1] Two.\n\n- first [b]\n- second\n  goes on\n\n")
    assert [block.kind for block in made] == ["text", "list"]
    assert made[0].marks == (("a-1",),)
    assert sentence(made[0].lines[0]) == "one line. Two."
    assert made[1] == Block("list", made[1].lines)
    assert [sentence(line) for line in made[1].lines] == ["first", "second goes on"]
    assert made[1].marks == (("b",), ())


def test_every_tool_is_a_command_that_exists() -> None:
    known = {command.name for command in COMMANDS}
    assert {tool.command for tool in KNOWLEDGE.tools.values()} <= known
    named = {name for _, section in _sections() for name in section.tools}
    assert named == set(KNOWLEDGE.tools)


def test_no_number_to_call_stands_in_a_text() -> None:
    for guide, section in _sections():
        numbers = {c.value for each in helplines(KNOWLEDGE, section) for c in each.body.contacts if c.kind == "phone"}
        for lang in LANGS:
            for _, text in _texts(guide, lang):
                assert not numbers & set(re.findall(r"\d{3,}", text)), (guide.id, text)


def test_a_number_from_memory_is_never_the_first_to_call() -> None:
    for guide, section in _sections():
        found = helplines(KNOWLEDGE, section)
        for country in {each.country for each in found}:
            sure = [each.verified for each in found if each.country == country]
            assert sure == sorted(sure, reverse=True), (guide.id, section.id, country)
            for each in (one for one in found if one.country == country):
                contacts = [contact.verified for contact in each.body.contacts]
                assert contacts == sorted(contacts, reverse=True)


def test_where_thoughts_of_death_are_spoken_of_a_line_is_named_that_was_found_in_a_source() -> None:
    for name, place in (("now", "calm"), ("mind", "night")):
        section = next(one for one in KNOWLEDGE.guide(name).sections if one.id == place)
        assert "s-self-harm" in section.steps
        found = helplines(KNOWLEDGE, section)
        assert found[0].country is None
        assert found[0].verified
        assert sum(each.verified for each in found) >= 4


def test_whoever_may_take_a_picture_in_is_told_the_rule_of_minors_first() -> None:
    pictures = {"p-capture-page", "p-quick-preserve", "p-own-fingerprint", "r-fingerprint-adult"}
    for guide in GUIDES:
        offered = {name for section in guide.sections for name in section.steps}
        tools = {name for section in guide.sections for name in section.tools}
        if pictures & offered or {"save", "fingerprint"} & tools:
            assert "never_store_minor" in guide.cautions, guide.id


def test_no_step_to_police_or_family_stands_without_its_question_of_risk_before_it() -> None:
    for guide, section in _sections():
        for step, risk in (("g-police", "g-exposure-check"), ("t-family-choice", "s-family-risk")):
            if step in section.steps:
                assert risk in section.steps[: section.steps.index(step)], (guide.id, section.id)


def test_composite_lessons_are_called_so_and_nobody_is_quoted() -> None:
    lessons = next(one for one in KNOWLEDGE.guide("others").sections if one.id == "lessons")
    for lang, label in (("ar", "درس مركب، وليس قصة شخص بعينه:"), ("en", "Composite lesson, no one person's story:")):
        made = blocks(getattr(lessons.body, lang))
        assert len(made) == 4
        assert all(sentence(line).startswith(label) for block in made for line in block.lines)


def test_every_situation_has_steps_that_a_guide_explains() -> None:
    explained = explaining(GUIDES)
    for situation in KNOWLEDGE.playbook.situations:
        assert explained.keys() & set(situation.lead_steps), situation.id


def test_what_is_recalled_has_no_address_and_what_was_found_has_one() -> None:
    for guide in GUIDES:
        for source in guide.sources:
            assert (source.url is None) == (source.confidence == "recalled"), (guide.id, source.id)


def test_the_checker_counts_guides_and_tells_when_they_are_old() -> None:
    assert stats(KNOWLEDGE.folder)["entries"]["guides"] == len(GUIDES)
    assert {"guides", "tools"} <= json_schemas().keys()
    old = [problem for problem in check(KNOWLEDGE.folder, date(2028, 1, 1)) if problem.kind == "fact_old"]
    assert {f"guides/{guide.id}/facts.toml" for guide in GUIDES} <= {problem.file for problem in old}


@pytest.mark.parametrize("name", ["no_such", "../law", "", "NOW"])
def test_an_unknown_guide_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        KNOWLEDGE.guide(name)
