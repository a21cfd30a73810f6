"""Form fields in templates: label, hint, what was typed, and the sentence of an error beside the field."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sitr.web.forms import Form
from sitr.words import Lang, say

register = template.Library()

_SPACES = ("web.", "takedown.", "watch.", "receipt.", "imported.")


def _describes(name: str, hint: str, form: Form) -> SafeString:
    """The attribute that joins a control to its hint and its error."""
    parts = ([f"{name}-hint"] if hint else []) + ([f"{name}-wrong"] if name in form.errors else [])
    return format_html(' aria-describedby="{}"', " ".join(parts)) if parts else SafeString("")


def _marks(name: str, form: Form) -> SafeString:
    """What marks a control that is wrong; the cursor goes to the first one."""
    if name not in form.errors:
        return SafeString("")
    return SafeString(' aria-invalid="true"' + (" autofocus" if next(iter(form.errors)) == name else ""))


def _said(text: str, lang: Lang) -> str:
    """The sentence of that code, or what is a sentence already."""
    return say(text, lang) if text.startswith(_SPACES) else text


def _field(context: dict[str, Any], form: Form, name: str, label: str, hint: str, **more: Any) -> dict[str, Any]:
    lang = context["lang"]
    return {
        "lang": lang,
        "name": name,
        "label": _said(label, lang),
        "hint": _said(hint, lang),
        "value": form.value(name),
        "error": form.errors.get(name, ""),
        "describes": _describes(name, hint, form),
        "described": _describes(name, hint, form) + _marks(name, form),
        "first_wrong": next(iter(form.errors), "") == name,
        **more,
    }


@register.inclusion_tag("fields/text.html", takes_context=True)
def text_field(
    context: dict[str, Any], form: Form, name: str, label: str, hint: str = "", **more: Any
) -> dict[str, Any]:
    """One line, or with `rows` several; `ltr=True` for addresses and codes."""
    return _field(context, form, name, label, hint, **more)


@register.inclusion_tag("fields/secret.html", takes_context=True)
def secret_field(
    context: dict[str, Any], form: Form, name: str, label: str, hint: str = "", **more: Any
) -> dict[str, Any]:
    """A passphrase: never sent back to the page; `new=True` where it is being chosen."""
    return _field(context, form, name, label, hint, **more) | {"value": ""}


@register.inclusion_tag("fields/code.html", takes_context=True)
def code_field(context: dict[str, Any], form: Form, name: str, label: str) -> dict[str, Any]:
    """Digits that are typed in sight, since there are many; never sent back to the page."""
    return _field(context, form, name, label, "") | {"value": ""}


@register.simple_tag
def ticked(form: Form, name: str, value: str) -> SafeString:
    """What marks a box that is chosen."""
    return SafeString(" checked" if value in form.values(name) else "")


@register.inclusion_tag("fields/file.html", takes_context=True)
def file_field(
    context: dict[str, Any], form: Form, name: str, label: str, hint: str = "", **more: Any
) -> dict[str, Any]:
    """A file from the device."""
    return _field(context, form, name, label, hint, **more)


@register.inclusion_tag("fields/choices.html", takes_context=True)
def choices(
    context: dict[str, Any], form: Form, name: str, label: str, options: Any, *, hint: str = "", **more: Any
) -> dict[str, Any]:
    """Radio buttons, or with `many=True` tick boxes; `options` are (value, words)."""
    return _field(context, form, name, label, hint, options=options, chosen=form.values(name), **more)


@register.inclusion_tag("fields/tick.html", takes_context=True)
def tick(context: dict[str, Any], form: Form, name: str, label: str, hint: str = "", **more: Any) -> dict[str, Any]:
    """One tick box: yes, or nothing."""
    return _field(context, form, name, label, hint, chosen=form.value(name) == "yes", **more)
