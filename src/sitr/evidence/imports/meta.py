"""The JSON downloads of Instagram and Facebook: `message_1.json` of a thread, or the whole zip; and Messenger's own
download of end-to-end encrypted chats, which has other keys.

Both write UTF-8 bytes as if they were Latin-1 letters, so Arabic comes as `Ø§Ù...`; it is put right where that gives
text again, else it stays as it stands. Messages are newest first; times are `timestamp_ms`, UTC.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sitr.evidence.imports.documents import list_of, table_of, text_of, whole_number
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.telegram import unix_time
from sitr.evidence.imports.values import Findings, Item, ItemKind

_MEDIA = ("photos", "videos", "audio_files", "files", "gifs", "media")


_LONGEST = 65_536
"""Characters of a text; more is cut, and said."""


def looks_locked(document: Any) -> bool:
    """By the shape of a thread of Messenger's download of end-to-end encrypted chats (since 2024)."""
    table = table_of(document)
    messages = list_of(table.get("messages"))
    return isinstance(table.get("participants"), list) and "threadName" in table and (
        any("senderName" in table_of(message) for message in messages[:20]) or not messages
    )  # fmt: skip


def looks_like_meta(document: Any) -> bool:
    """By the shape of a thread: participants, and messages with `timestamp_ms`; or a locked one."""
    table = table_of(document)
    if looks_locked(document):
        return True
    messages = list_of(table.get("messages"))
    return isinstance(table.get("participants"), list) and (
        any("timestamp_ms" in table_of(message) for message in messages[:20])
        or (isinstance(table.get("messages"), list) and "thread_path" in table)
    )


def which_app(document: Any, path: str) -> str:
    """instagram or facebook, by the folders of the download or the thread's own keys; facebook where neither says."""
    where = f"{path} {text_of(table_of(document).get('thread_path'), 300)}".casefold()
    if "instagram" in where:
        return "instagram"
    photos = [
        text_of(table_of(one).get("uri"), 300)
        for message in list_of(table_of(document).get("messages"))[:500]
        for one in list_of(table_of(message).get("photos"))[:3]
    ]
    return "instagram" if any("instagram" in uri for uri in photos) else "facebook"


def mended(text: str) -> str:
    """The text that was meant, where it was written as Latin-1 letters of its UTF-8 bytes."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def read_meta(document: Any, limits: ImportLimits, findings: Findings) -> None:
    """Read one thread into `findings`, oldest first."""
    table = table_of(document)
    title = mended(text_of(table.get("title"), 300)) or text_of(table.get("thread_path"), 300)
    title = title or mended(text_of(table.get("threadName"), 300))
    messages = list(enumerate(list_of(table.get("messages")), 1))
    odd = 0
    for place, message in reversed(messages):
        if len(findings.items) >= limits.items:
            findings.problem("too_many_items", limit=limits.items)
            break
        if not isinstance(message, dict):
            odd += 1
            continue
        findings.items.append(_item(message, title, place))
    named = list_of(table.get("participants"))[:1000]
    people = [mended(text_of(table_of(one).get("name"), 300) or text_of(one, 300)) for one in named]
    known = findings.facts.get("participants")
    findings.facts["participants"] = sorted({*(known if isinstance(known, list) else []), *people} - {""})
    findings.facts["unauthenticated"] = True
    if odd:
        findings.problem("items_unread", n=odd)


def _item(message: Mapping[str, Any], chat: str, place: int) -> Item:
    stamp = whole_number(message.get("timestamp_ms", message.get("timestamp")))
    time = unix_time(stamp // 1000, stamp % 1000) if stamp is not None else ""
    share = table_of(message.get("share"))
    words = [mended(text_of(message.get(key))) for key in ("content", "text")] + [
        mended(text_of(share.get("share_text")))
    ]
    words.append(text_of(share.get("link"), 4000))
    sender = mended(text_of(message.get("sender_name"), 300) or text_of(message.get("senderName"), 300))
    return Item(
        kind=ItemKind.MESSAGE if sender else ItemKind.SERVICE, written="" if stamp is None else str(stamp), time=time,
        sender=sender, text="\n".join(word for word in dict.fromkeys(words) if word), media=tuple(_media(message)),
        chat=chat, line=place, extra=_extra(message),
    )  # fmt: skip


def _media(message: Mapping[str, Any]) -> Iterator[str]:
    for key in _MEDIA:
        for one in list_of(message.get(key))[:200]:
            if name := mended(text_of(table_of(one).get("uri"), 1000)):
                yield name
    if sticker := text_of(table_of(message.get("sticker")).get("uri"), 1000):
        yield sticker


def _extra(message: Mapping[str, Any]) -> dict[str, str | int | bool | list[str]]:
    extra: dict[str, str | int | bool | list[str]] = {}
    for key, name in (("is_unsent", "is_unsent"), ("isUnsent", "is_unsent"), ("is_taken_down", "is_taken_down")):
        if message.get(key) is True:
            extra[name] = True
    if len(text_of(message.get("content"), _LONGEST + 1)) > _LONGEST:
        extra["cut"] = True
    call = whole_number(message.get("call_duration"))
    if call is not None and abs(call) < 2**53:
        extra["call_seconds"] = call
    reactions = [table_of(one) for one in list_of(message.get("reactions"))[:50]]
    said = [f"{mended(text_of(one.get('reaction'), 20))} {mended(text_of(one.get('actor'), 300))}" for one in reactions]
    if said:
        extra["reactions"] = said
    return extra
