"""Telegram Desktop's export as JSON (`result.json`): one chat, or a whole account.

`date` is the computer's local time without a zone; `date_unixtime` (since 2022) is UTC and is used where it stands.
Unknown keys are passed over; what is no message is counted. Source: core.telegram.org/import-export and exports made
with Telegram Desktop 4 and 5.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sitr.evidence.imports.documents import list_of, table_of, text_of, whole_number
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.values import Findings, Item, ItemKind

_MEDIA = ("photo", "file", "thumbnail")
_ABSENT = "(File"
_LISTS = ("chats", "left_chats")
_BESIDE = frozenset({
    "personal_information", "profile_pictures", "stories", "contacts", "frequent_contacts", "sessions",
    "web_sessions", "other_data", "ringtones", "profile_music",
})  # fmt: skip
"""What a download of the whole account holds beside chats."""
_NOTHING: tuple[Any, ...] = (None, "", [], {}, {"list": []})
_FARTHEST = 14 * 3600
"""Seconds that a clock on a wall is away from UTC at most."""
_LONGEST = 65_536
_PARTS = 5000
"""Characters of a text, and parts that it is made of; more is cut, and said."""


def looks_like_telegram(document: Any) -> bool:
    """By the shape of the document: a chat with typed messages, or an account with a list of chats."""
    table = table_of(document)
    chats = _listed(table)
    if chats:
        return any("messages" in table_of(chat) for chat in chats[:5])
    messages = list_of(table.get("messages"))
    return "participants" not in table and "type" in table and "id" in table and isinstance(
        table.get("messages"), list
    ) and (not messages or "date" in table_of(messages[0]))  # fmt: skip


def read_telegram(document: Any, limits: ImportLimits, findings: Findings) -> None:
    """Read an export into `findings`."""
    odd = local = contradicting = 0
    for chat in _chats(document):
        title = text_of(chat.get("name"), 300) or text_of(chat.get("type"), 50)
        for place, message in enumerate(list_of(chat.get("messages")), 1):
            if len(findings.items) >= limits.items:
                findings.problem("too_many_items", limit=limits.items)
                break
            if not isinstance(message, dict):
                odd += 1
                continue
            item = _item(message, title, place)
            contradicting += bool(item.readings)
            local += bool(item.time and not item.time.endswith("Z"))
            findings.items.append(item)
    known = findings.facts.get("chats", 0)
    chats = len(list(_chats(document))) + (known if isinstance(known, int) else 0)
    findings.facts |= {"app": "Telegram", "unauthenticated": True, "chats": chats}
    if local:
        findings.problem("no_zone", n=local)
    if odd:
        findings.problem("items_unread", n=odd)
    if contradicting:
        findings.problem("times_contradict", n=contradicting)
    beside = sorted(key for key, value in table_of(document).items() if key in _BESIDE and value not in _NOTHING)
    if beside:
        findings.problem("beside_chats", names=", ".join(beside))


def _listed(table: Mapping[str, Any]) -> list[Any]:
    """The chats of a whole account, those that were left among them."""
    return [chat for part in _LISTS for chat in list_of(table_of(table.get(part)).get("list"))]


def _chats(document: Any) -> Iterator[Mapping[str, Any]]:
    table = table_of(document)
    yield from map(table_of, _listed(table))
    if "messages" in table:
        yield table


def _item(message: Mapping[str, Any], chat: str, place: int) -> Item:
    service = message.get("type") == "service"
    sender = text_of(message.get("actor" if service else "from"), 300)
    words, whole = _text(message.get("text") or message.get("text_entities"))
    if service:
        told = [text_of(message.get(key), 300) for key in ("action", "title", "discard_reason", "emoticon")]
        told += [text_of(one, 300) for one in list_of(message.get("members"))[:200]]
        words = " ".join(one for one in (*told, words) if one)
    words = "\n".join(one for one in (words, *_links(message), *_beside_words(message)) if one)
    media = tuple(name for key in _MEDIA if (name := text_of(message.get(key), 1000)) and not name.startswith(_ABSENT))
    time, readings = _time(message)
    return Item(
        kind=ItemKind.SERVICE if service else ItemKind.MESSAGE, written=text_of(message.get("date"), 40),
        time=time, readings=readings, sender=sender, text=words, media=media, chat=chat, line=place,
        extra=_extra(message) | ({} if whole else {"cut": True}),
    )  # fmt: skip


def _time(message: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """UTC by `date_unixtime`; else the local time as written, without a zone. Where both stand and no zone on earth
    lies between them one of them is wrong: then none is taken, and both are shown."""
    since = whole_number(message.get("date_unixtime"))
    written = text_of(message.get("date"), 40)
    try:
        local = dt.datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return ("" if since is None else unix_time(since)), ()
    if since is None:
        return local.isoformat(), ()
    time = unix_time(since)
    if time and abs(local.replace(tzinfo=dt.UTC).timestamp() - since) > _FARTHEST:
        return "", (time, local.isoformat())
    return time, ()


def unix_time(seconds: int, thousandths: int = 0) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; empty outside of years that a chat can have."""
    if not 946_684_800 <= seconds < 4_102_444_800:  # 2000 to 2100
        return ""
    time = dt.datetime.fromtimestamp(seconds, dt.UTC) + dt.timedelta(milliseconds=thousandths)
    shape = "milliseconds" if thousandths else "seconds"
    return time.isoformat(timespec=shape).replace("+00:00", "Z")


def _text(value: Any) -> tuple[str, bool]:
    """`text` is a string, or a list of strings and of parts with a `text` of their own. Also whether it is whole."""
    if isinstance(value, str):
        return value[:_LONGEST], len(value) <= _LONGEST
    listed = list_of(value)
    parts = (part if isinstance(part, str) else text_of(table_of(part).get("text")) for part in listed[:_PARTS])
    words = "".join(parts)
    return words[:_LONGEST], len(words) <= _LONGEST and len(listed) <= _PARTS


def _links(message: Mapping[str, Any]) -> list[str]:
    """Addresses behind words: where a reader of the chat was led to, without seeing it."""
    parts = [*list_of(message.get("text")), *list_of(message.get("text_entities"))]
    found = (text_of(table_of(one).get("href"), 4000) for one in parts[: 2 * _PARTS])
    return list(dict.fromkeys(address for address in found if address))


def _beside_words(message: Mapping[str, Any]) -> list[str]:
    """What a message says without words: somebody's telephone number, a place, a question with its answers, a sign."""
    contact, place, poll = (
        table_of(message.get(key)) for key in ("contact_information", "location_information", "poll")
    )
    person = " ".join(text_of(contact.get(key), 300) for key in ("first_name", "last_name", "phone_number"))
    spot = [str(place[key]) for key in ("latitude", "longitude") if isinstance(place.get(key), float | int)]
    named = [text_of(message.get(key), 300) for key in ("place_name", "address", "sticker_emoji", "game_title")]
    asked = [_text(poll.get("question"))[0]]
    asked += [_text(table_of(one).get("text"))[0] for one in list_of(poll.get("answers"))[:50]]
    rows = [button for row in list_of(message.get("inline_bot_buttons"))[:50] for button in list_of(row)[:20]]
    asked += [f"{text_of(table_of(one).get('text'), 300)} {text_of(table_of(one).get('data'), 600)}" for one in rows]
    said = [person.strip(), ", ".join(spot), *named, *asked]
    return list(dict.fromkeys(one[:1000] for one in said if one))


def _extra(message: Mapping[str, Any]) -> dict[str, str | int | bool | list[str]]:
    extra: dict[str, str | int | bool | list[str]] = {}
    for key in ("id", "reply_to_message_id", "width", "height", "duration_seconds", "self_destruct_period_seconds"):
        number = whole_number(message.get(key))
        if number is not None and abs(number) < 2**53:
            extra[key] = number
    for key in ("forwarded_from", "saved_from", "media_type", "mime_type", "edited", "via_bot", "from_id"):
        words = text_of(message.get(key), 300) or (str(message[key]) if isinstance(message.get(key), int) else "")
        if words:
            extra[key] = words[:300]
    signs = [table_of(one) for one in list_of(message.get("reactions"))[:50]]
    reactions = [
        f"{text_of(one.get('emoji') or one.get('type'), 30)} {whole_number(one.get('count')) or ''}" for one in signs
    ]
    if reactions:
        extra["reactions"] = [one.strip() for one in reactions]
    absent = [key for key in _MEDIA if text_of(message.get(key), 1000).startswith(_ABSENT)]
    if absent:
        extra["media_missing"] = absent
    return extra
