"""Words in templates: sentences of the catalogue, words of knowledge, machine values, times and sizes."""

import functools
from collections.abc import Mapping, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from babel import Locale
from babel.dates import format_date, format_timedelta
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sitr.words import Lang, catalogue, plain, say

register = template.Library()


@register.simple_tag(takes_context=True, name="say")
def say_tag(context: dict[str, Any], key: str, **blanks: Any) -> str:
    """`{% say "web.found_title" n=3 %}`: the sentence in the page's language. Escaped like any other value."""
    return say(key, context["lang"], **blanks)


@register.simple_tag(takes_context=True)
def words(context: dict[str, Any], value: Any) -> str:
    """`{% words step.title %}`: the words of a fact, which come in both languages."""
    return "" if value is None else str(getattr(value, context["lang"]) or value.en)


@register.simple_tag(takes_context=True)
def prose(context: dict[str, Any], value: Any, lead: str = "") -> SafeString:
    """`{% prose law.covers lead="law.hours" %}`: an explanation as a paragraph, after a word of the catalogue. One that
    waits for its Arabic stands in English, marked as English: it runs in its own direction and is read out as English.
    """
    if value is None:
        return SafeString("")
    first = format_html('<span class="small">{}</span> ', say(lead, context["lang"])) if lead else SafeString("")
    text = getattr(value, context["lang"])
    if text:
        return format_html("<p>{}{}</p>", first, text)
    return format_html('<p>{}<span lang="en" dir="ltr">{}</span></p>', first, value.en)


@register.filter
def in_lang(value: Any, lang: Lang) -> str:
    """The words of a fact in this language, for comparing."""
    return str(getattr(value, lang))


@register.simple_tag(takes_context=True)
def mark(context: dict[str, Any], source: str, numbers: Mapping[str, int], unverified: Set[str]) -> SafeString:
    """`{% mark part.source numbers unverified %}`: the number of a source, leading to it; one from memory says so."""
    lang: Lang = context["lang"]
    number = numbers[source]
    aloud = say("guides.source", lang, n=number)
    link = format_html('\u00a0<sup><a href="#source-{}" aria-label="{}">{}</a></sup>', source, aloud, number)
    if source not in unverified:
        return link
    return link + format_html(' <span class="state state-unknown">{}</span>', say("guides.unverified", lang))


@register.filter
def ltr(value: object) -> SafeString:
    """A machine value (address, name, number), isolated left-to-right, with hidden direction marks made visible."""
    return format_html('<bdi dir="ltr">{}</bdi>', plain(str(value)))


@register.filter
def digest(value: str) -> SafeString:
    """A hash in groups of eight: gaps to the eye, none when copied."""
    groups = format_html_join("", "<span>{}</span>", ((value[i : i + 8],) for i in range(0, len(value), 8)))
    return format_html('<bdi dir="ltr" class="digest">{}</bdi>', groups)


@register.filter
def own(value: object) -> SafeString:
    """What a person or a site wrote, in whatever language it is, kept from turning the text around it."""
    return format_html('<bdi dir="auto">{}</bdi>', plain(str(value)))


@register.filter
def percent(value: float) -> int:
    """A share between 0 and 1 in whole hundredths; never 100 for less than all."""
    return int(value * 100)


@register.simple_tag(takes_context=True)
def missing(context: dict[str, Any], why: str) -> str:
    """`{% missing one.why %}`: why a part of a page was not kept; the site's own status where it gave one."""
    lang: Lang = context["lang"]
    if why.startswith("http_"):
        return say("web.missing_status", lang, status=why.removeprefix("http_"))
    if "." in why:
        return say("web.missing_refused", lang)
    key = f"missing_{why}"
    return say(f"web.{key}" if key in catalogue(lang, "web") else "web.missing_no_answer", lang)


@register.filter
def host(value: str) -> str:
    """The site's name in an address, for lists where the whole address would be too much."""
    return value.split("//", 1)[-1].split("/", 1)[0] or value


@register.simple_tag(takes_context=True)
def when(context: dict[str, Any], value: datetime | None) -> SafeString:
    """`{% when sighting.since %}`: day and local time in words; the exact time stays in the element."""
    if value is None:
        return SafeString("")
    lang: Lang = context["lang"]
    local = value.astimezone()
    clock = local.strftime("%-I:%M")
    half = say("web.morning" if local.hour < 12 else "web.evening", lang)
    day = format_date(local, "d MMMM y", locale=lang)
    text = say("web.day_and_time", lang).replace("DAY", day).replace("TIME", clock).replace("HALF", half)
    return format_html('<time datetime="{}">{}</time>', value.astimezone(UTC).isoformat(timespec="seconds"), text)


@register.simple_tag(takes_context=True)
def left(context: dict[str, Any], value: datetime) -> str:
    """`{% left notice.due_at %}`: how long until then, or since then, in words."""
    away = value - datetime.now(UTC)
    away += timedelta(minutes=1) if away > timedelta(0) else timedelta(0)  # "in 2 days" right after sending, not "in 1"
    return format_timedelta(away, add_direction=True, threshold=1.2, locale=context["lang"])


@register.simple_tag(takes_context=True)
def size(context: dict[str, Any], value: int) -> str:
    """`{% size exhibit.bytes %}`: bytes in words, rounded."""
    if value < 1_000_000:
        return say("web.kilobytes", context["lang"], n=max(1, round(value / 1000)))
    return say("web.megabytes", context["lang"], n=round(value / 1_000_000))


@register.simple_tag(takes_context=True)
def kind(context: dict[str, Any], value: object) -> str:
    """`{% kind exhibit.kind %}`: what an exhibit is; imports bring kinds that have no word of their own here."""
    return kind_word(context["lang"], value)


def kind_word(lang: Lang, value: object) -> str:
    """The word for a kind of exhibit."""
    key = f"kind_{value}"
    return say(f"web.{key}" if key in catalogue(lang, "web") else "web.kind_other", lang)


@register.simple_tag(takes_context=True)
def entry(context: dict[str, Any], one: Any) -> str:
    """`{% entry line %}`: what an entry of the journal is about, by its verb, or by its kind where that was erased."""
    lang: Lang = context["lang"]
    return say(f"cases.verb_{one.verb}" if one.verb else f"web.entry_{one.kind}", lang)


@register.simple_tag(takes_context=True)
def why(context: dict[str, Any], one: Any) -> str:
    """`{% why moment %}`: why something was done with an exhibit, after a dash; nothing where the act says it all."""
    said = one.why(context["lang"])
    return f" – {said}" if said else ""


@register.simple_tag(takes_context=True)
def state(context: dict[str, Any], space: str, value: object) -> str:
    """`{% state "sighting" one.state %}`: the word for a state, `web.<space>_<state>`."""
    return say(f"web.{space}_{value}", context["lang"])


@register.simple_tag(takes_context=True)
def state_of(context: dict[str, Any], space: str, value: object) -> str:
    """`{% state_of "law.contact" one.kind %}`: the word for a value in another space than web."""
    head, _, tail = space.partition(".")
    return say(f"{head}.{tail}_{value}" if tail else f"{head}.{value}", context["lang"])


@functools.cache
def _countries(lang: Lang) -> tuple[tuple[str, str], ...]:
    names = Locale(lang).territories
    known = [
        (code, name) for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
    ]
    return tuple(sorted(known, key=lambda one: one[1]))


# Codes of CLDR that are no place where somebody can be: unions, pseudo-locales, unknown.
_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def countries(lang: Lang) -> tuple[tuple[str, str], ...]:
    """All countries as (code, name), sorted by name in `lang` (CLDR, through Babel)."""
    return _countries(lang)
