"""Form fields in templates: label, hint, what was typed, and the sentence of an error beside the field."""

from typing import Any

from django import template

from sitr.web.forms import Form
from sitr.words import say

register = template.Library()


def _field(context: dict[str, Any], form: Form, name: str, label: str, hint: str, **more: Any) -> dict[str, Any]:
    lang = context["lang"]
    return {
        "lang": lang,
        "name": name,
        "label": say(label, lang) if label.startswith(("web.", "takedown.")) else label,
        "hint": say(hint, lang) if hint.startswith("web.") else hint,
        "value": form.value(name),
        "error": form.errors.get(name, ""),
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
    return _field(context, form, name, label, hint, chosen=bool(form.values(name)), **more)
