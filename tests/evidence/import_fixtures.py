"""The museum of saved files: how each file under tests/assets/imports was made, and what reading it must give.

`python -m tests.evidence.import_fixtures` writes the files and, beside each, NAME.json with the expected parse, which is
written here by hand and never by the code under test. Everything is made up; the pictures are noise.
"""

# ruff: noqa: E501  a line of a chat or a mail is one line here, too

import base64
import gzip
import hashlib
import io
import json
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "assets" / "imports"
RLM, LRM, NNBSP, NBSP, BOM = "\u200f", "\u200e", "\u202f", "\u00a0", "\ufeff"
EXPECTED: dict[str, dict[str, Any]] = {}
MAKERS: dict[str, Callable[[], bytes]] = {}


def fixture(name: str, make: Callable[[], bytes] | bytes | str, **expected: Any) -> None:
    """One file and what it must give: kind, messages [time, sender, text], questions, problems, facts, error ..."""
    data = make.encode() if isinstance(make, str) else make
    MAKERS[name] = data if callable(data) else lambda: data
    EXPECTED[name] = expected


def record(url: str, body: bytes, *headers: str) -> bytes:
    """One response as an archive holds it."""
    http = "\r\n".join(("HTTP/1.1 200 OK", *headers, "", "")).encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-22T20:00:00Z\r\n"
        "WARC-Record-ID: <urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427>\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    """A plain zip with a fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", options.get("packing", zipfile.ZIP_DEFLATED)) as package:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.compress_type = options.get("packing", zipfile.ZIP_DEFLATED)
            package.writestr(info, data)
    return out.getvalue()


def picture(kind: str = "PNG", width: int = 96, **options: Any) -> bytes:
    """A picture of coarse noise."""
    from PIL import Image

    cells = bytes((x * 37 + y * 91 + c * 50) % 256 for y in range(6) for x in range(8) for c in range(3))
    out = io.BytesIO()
    Image.frombytes("RGB", (8, 6), cells).resize((width, width * 3 // 4)).save(out, kind, **options)
    return out.getvalue()


# --- WhatsApp ---------------------------------------------------------------------------------------------------------

WA = {"kind": "whatsapp", "questions": ["zone"], "problems": []}
WA_OPEN = {"kind": "whatsapp", "questions": ["date_order", "zone"], "problems": [], "ambiguous": True}
fixture(
    "wa-ios-en-12h_chat.txt",
    f"[12/31/23, 9:05:12{NNBSP}PM] Sara: hello\n{LRM}[12/31/23, 9:06:00{NNBSP}PM] Ali: {LRM}image omitted\n",
    **WA,
    messages=[["2023-12-31T21:05:12", "Sara", "hello"], ["2023-12-31T21:06:00", "Ali", f"{LRM}image omitted"]],
)
fixture(
    "wa-ios-en-24h_chat.txt",
    "[31/12/2023, 21:05:12] Sara: hello\n[01/01/2024, 00:10:00] Ali: new year\n",
    **WA,
    messages=[["2023-12-31T21:05:12", "Sara", "hello"], ["2024-01-01T00:10:00", "Ali", "new year"]],
)
fixture(
    "wa-ios-ar-arabic-digits_chat.txt",
    f"[٣١{RLM}/١٢{RLM}/٢٠٢٣، ٩:٠٥:١٢{NBSP}م] سارة: مرحبا\n[٣١{RLM}/١٢{RLM}/٢٠٢٣، ١٠:٠٠:٠٠{NBSP}م] علي: أهلا\n",
    **WA,
    messages=[["2023-12-31T21:05:12", "سارة", "مرحبا"], ["2023-12-31T22:00:00", "علي", "أهلا"]],
)
fixture(
    "wa-android-en-nnbsp.txt",
    f"12/31/23, 9:05{NNBSP}PM - Sara: hello\n12/31/23, 11:59{NNBSP}PM - Ali: bye\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "hello"], ["2023-12-31T23:59", "Ali", "bye"]],
)
fixture(
    "wa-android-ar-arabic-digits.txt",
    f"{RLM}٣١{RLM}/١٢{RLM}/٢٠٢٣، ٩:٠٥ م - سارة: مرحبا\n{RLM}٣١{RLM}/١٢{RLM}/٢٠٢٣، ٩:٠٦ م - الرسائل مشفرة تماما\n",
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "مرحبا"], ["2023-12-31T21:06", "", "الرسائل مشفرة تماما"]],
)
fixture(
    "wa-android-ar-latin-digits.txt",
    "31/12/2023، 9:05 م - سارة: مرحبا\n31/12/2023، 9:05 ص - علي: صباح الخير\n",
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "مرحبا"], ["2023-12-31T09:05", "علي", "صباح الخير"]],
)
fixture(
    "wa-ar-words-for-halves.txt",
    "31/12/2023, 9:05 مساءً - سارة: مرحبا\n31/12/2023, 9:05 صباحًا - علي: أهلا\n",
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "مرحبا"], ["2023-12-31T09:05", "علي", "أهلا"]],
)
fixture(
    "wa-android-de-dots.txt",
    "31.12.23, 21:05 - Sara: hallo\n31.12.23, 22:00 - Ali: ja\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "hallo"], ["2023-12-31T22:00", "Ali", "ja"]],
)
fixture(
    "wa-spanish-halves.txt",
    f"31/12/23, 9:05 p.{NBSP}m. - Sara: hola\n31/12/23, 9:05 a. m. - Ali: sí\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "hola"], ["2023-12-31T09:05", "Ali", "sí"]],
)
fixture(
    "wa-year-first.txt",
    "2023-12-31, 21:05 - Sara: hello\n2024-01-02, 08:00 - Ali: hi\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "hello"], ["2024-01-02T08:00", "Ali", "hi"]],
)
fixture(
    "wa-noon-and-midnight.txt",
    "12/31/23, 12:00 AM - A: one\n12/31/23, 12:00 PM - A: two\n12/31/23, 12:59 PM - A: three\n",
    **WA,
    messages=[["2023-12-31T00:00", "A", "one"], ["2023-12-31T12:00", "A", "two"], ["2023-12-31T12:59", "A", "three"]],
)
fixture(
    "wa-noon-and-midnight-ar.txt",
    "31/12/2023، ١٢:٠٥ ص - سارة: ليل\n31/12/2023، ١٢:٠٥ م - سارة: ظهر\n",
    **WA,
    messages=[["2023-12-31T00:05", "سارة", "ليل"], ["2023-12-31T12:05", "سارة", "ظهر"]],
)
fixture(
    "wa-day-or-month.txt",
    "3/2/24, 9:05 PM - Sara: hello\n4/2/24, 9:05 PM - Ali: hi\n",
    **WA_OPEN,
    messages=[["", "Sara", "hello"], ["", "Ali", "hi"]],
    readings=[["2024-02-03T21:05", "2024-03-02T21:05"], ["2024-02-04T21:05", "2024-04-02T21:05"]],
)
fixture(
    "wa-day-or-month-dots.txt",
    "03.02.24, 21:05 - Sara: hallo\n",
    **WA_OPEN,
    messages=[["", "Sara", "hallo"]],
)
fixture(
    "wa-day-or-month-answered.txt",
    "3/2/24, 9:05 PM - Sara: hello\n4/2/24, 9:05 PM - Ali: hi\n",
    **WA,
    answers={"date_order": "dmy"},
    ambiguous=False,
    messages=[["2024-02-03T21:05", "Sara", "hello"], ["2024-02-04T21:05", "Ali", "hi"]],
)
fixture(
    "wa-order-decides.txt",
    "2/11/24, 21:05 - Sara: one\n3/11/24, 21:05 - Sara: two\n1/12/24, 21:05 - Ali: three\n",
    **WA,
    facts={"date_order": "dmy", "date_order_by": "in_order"},
    messages=[
        ["2024-11-02T21:05", "Sara", "one"],
        ["2024-11-03T21:05", "Sara", "two"],
        ["2024-12-01T21:05", "Ali", "three"],
    ],
)
fixture(
    "wa-picture-name-decides.txt",
    "3/2/24, 21:05 - Sara: IMG-20240302-WA0001.jpg (file attached)\n4/2/24, 21:05 - Ali: hi\n",
    **WA,
    facts={"date_order": "mdy", "date_order_by": "media_names"},
    media=[["IMG-20240302-WA0001.jpg"], []],
    messages=[
        ["2024-03-02T21:05", "Sara", "IMG-20240302-WA0001.jpg (file attached)"],
        ["2024-04-02T21:05", "Ali", "hi"],
    ],
)
fixture(
    "wa-same-number.txt",
    "5/5/24, 21:05 - Sara: hello\n",
    **WA,
    messages=[["2024-05-05T21:05", "Sara", "hello"]],
)
fixture(
    "wa-to-come-excludes.txt",
    "11/12/26, 21:05 - Sara: hello\n",
    **WA,
    messages=[["2026-11-12T21:05", "Sara", "hello"]],
    facts={"date_order": "mdy"},
)
fixture(
    "wa-clock-unclear.txt",
    "31/12/2023, 9:05 - Sara: hello\n31/12/2023, 11:00 - Ali: hi\n",
    kind="whatsapp",
    questions=["clock", "zone"],
    problems=[],
    ambiguous=True,
    messages=[["", "Sara", "hello"], ["", "Ali", "hi"]],
    readings=[["2023-12-31T09:05", "2023-12-31T21:05"], ["2023-12-31T11:00", "2023-12-31T23:00"]],
)
fixture(
    "wa-clock-answered-12.txt",
    "31/12/2023, 9:05 - Sara: hello\n",
    **WA,
    answers={"clock": "12"},
    messages=[["2023-12-31", "Sara", "hello"]],
)
fixture(
    "wa-unknown-half.txt",
    "31/12/2023, 9:05 qq - Sara: hello\n31/12/2023, 9:05 zz - Ali: hi\n",
    kind="whatsapp",
    questions=["half:qq", "half:zz", "zone"],
    problems=[],
    ambiguous=True,
    messages=[["", "Sara", "hello"], ["", "Ali", "hi"]],
)
fixture(
    "wa-hijri.txt",
    "١٤٤٥/٦/١٨، ٩:٠٥ م - سارة: مرحبا\n١٤٤٥/٦/١٩، ٩:٠٥ م - علي: أهلا\n",
    kind="whatsapp",
    questions=["zone"],
    problems=["other_calendar"],
    messages=[["", "سارة", "مرحبا"], ["", "علي", "أهلا"]],
)
fixture(
    "wa-contradiction.txt",
    "31/12/23, 21:05 - A: one\n12/31/23, 21:06 - A: two\n1/2/24, 21:06 - A: three\n",
    **WA_OPEN,
    messages=[["2023-12-31T21:05", "A", "one"], ["2023-12-31T21:06", "A", "two"], ["", "A", "three"]],
)
fixture(
    "wa-clock-ahead-decides-nothing.txt",
    "01/12/2026, 14:00 - A: clock ahead\n13/02/2024, 14:00 - A: real\n",
    **WA_OPEN,
    messages=[["", "A", "clock ahead"], ["2024-02-13T14:00", "A", "real"]],
)
fixture(
    "wa-finnish-clock_chat.txt",
    "[3.2.2024 klo 21.05.12] Matti: moi\n[15.2.2024 klo 1.05.12] Matti: no\n",
    **WA,
    messages=[["2024-02-03T21:05:12", "Matti", "moi"], ["2024-02-15T01:05:12", "Matti", "no"]],
)
fixture(
    "wa-pasted-and-unread_chat.txt",
    "saved by hand\n[31/12/2023, 21:05:12] Sara: look:\n1/1/23, 9:05 AM - Ali: pasted\n\nend\n[31/12/2023, 21:06:00] Ali: no\n",
    kind="whatsapp",
    questions=["zone"],
    problems=["lines_like_messages", "lines_unparsed"],
    unparsed=[[1, "saved by hand"]],
    messages=[
        ["2023-12-31T21:05:12", "Sara", "look:\n1/1/23, 9:05 AM - Ali: pasted\n\nend"],
        ["2023-12-31T21:06:00", "Ali", "no"],
    ],
)
fixture(
    "wa-zone-cairo.txt",
    "31/12/2023, 21:05 - Sara: hello\n26/10/2023, 23:30 - Ali: twice\n",
    kind="whatsapp",
    questions=[],
    problems=[],
    answers={"zone": "Africa/Cairo"},
    messages=[["2023-12-31T21:05+02:00", "Sara", "hello"], ["2023-10-26T23:30", "Ali", "twice"]],
)
fixture(
    "wa-crlf-and-mark.txt",
    f"{BOM}31/12/2023, 21:05 - Sara: hello\r\nsecond line\r\n31/12/2023, 21:06 - Ali: hi\r\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "hello\nsecond line"], ["2023-12-31T21:06", "Ali", "hi"]],
)
fixture(
    "wa-utf16.txt",
    lambda: "31/12/2023, 21:05 - سارة: مرحبا\n".encode("utf-16"),
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "مرحبا"]],
    facts={"alphabet": "utf-16"},
)
fixture(
    "wa-cp1256.txt",
    lambda: "31/12/2023, 21:05 - سارة: مرحبا كيف الحال\n".encode("cp1256"),
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "مرحبا كيف الحال"]],
    facts={"alphabet": "cp1256"},
)
fixture(
    "wa-bidi-names.txt",
    f"31/12/2023, 21:05 - {RLM}سارة{LRM}: \u202eexe.gpj\n",
    **WA,
    messages=[["2023-12-31T21:05", "سارة", "\u202eexe.gpj"]],
)
fixture(
    "wa-android.zip",
    lambda: zipped(
        {
            "WhatsApp Chat with Ali.txt": b"31/12/2023, 21:05 - Ali: IMG-20231231-WA0001.jpg (file attached)\n"
            b"31/12/2023, 21:06 - Ali: VID-20231231-WA0002.mp4 (file attached)\n",
            "IMG-20231231-WA0001.jpg": picture("JPEG"),
        }
    ),
    kind="whatsapp",
    questions=["zone"],
    problems=["media_missing"],
    messages=[
        ["2023-12-31T21:05", "Ali", "IMG-20231231-WA0001.jpg (file attached)"],
        ["2023-12-31T21:06", "Ali", "VID-20231231-WA0002.mp4 (file attached)"],
    ],
    media=[["IMG-20231231-WA0001.jpg"], ["VID-20231231-WA0002.mp4"]],
)
fixture(
    "wa-ios-ar.zip",
    lambda: zipped(
        {
            "_chat.txt": f"[٣١{RLM}/١٢{RLM}/٢٠٢٣، ٩:٠٥:١٢ م] سارة: {LRM}<المرفق: 00000002-PHOTO-2023-12-31-21-05-12.jpg>\n".encode(),
            "00000002-PHOTO-2023-12-31-21-05-12.jpg": picture("JPEG"),
        }
    ),
    **WA,
    media=[["00000002-PHOTO-2023-12-31-21-05-12.jpg"]],
    messages=[["2023-12-31T21:05:12", "سارة", f"{LRM}<المرفق: 00000002-PHOTO-2023-12-31-21-05-12.jpg>"]],
)

fixture(
    "wa-turkish-halves.txt",
    "31.12.2023 ÖS 9:05 - Sara: a\n31.12.2023 9:06 ÖÖ - Ali: b\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "a"], ["2023-12-31T09:06", "Ali", "b"]],
)
fixture(
    "wa-hindi-and-chinese-halves.txt",
    "31/12/23, 9:05 अपराह्न - Sara: a\n31/12/23, 9:06 पूर्वाह्न - Ali: b\n31/12/23 下午9:07 - Ali: c\n",
    **WA,
    messages=[["2023-12-31T21:05", "Sara", "a"], ["2023-12-31T09:06", "Ali", "b"], ["2023-12-31T21:07", "Ali", "c"]],
)
fixture(
    "wa-era-behind-the-year.txt",
    "31/12/2023 م، 9:05 م - سارة: مساء\n31/12/2023 م 9:06 ص - علي: صباح\n1/1/2024 م، 13:00 - علي: ظهر\n",
    **WA,
    messages=[
        ["2023-12-31T21:05", "سارة", "مساء"],
        ["2023-12-31T09:06", "علي", "صباح"],
        ["2024-01-01T13:00", "علي", "ظهر"],
    ],
)
fixture(
    "wa-hijri-era_chat.txt",
    "[٢٥/٥/١٤٤٥ هـ، ٩:٠٥:١٢ م] سارة: مرحبا\n[٢٦/٥/٤٥ هـ، ٩:٠٥:١٢ م] علي: أهلا\n",
    kind="whatsapp",
    questions=["zone"],
    problems=["other_calendar"],
    messages=[["", "سارة", "مرحبا"], ["", "علي", "أهلا"]],
)
fixture(
    "wa-returns-alone.txt",
    "31/12/2023, 21:05 - A: x\r31/12/2023, 21:06 - B: y\r",
    **WA,
    messages=[["2023-12-31T21:05", "A", "x"], ["2023-12-31T21:06", "B", "y"]],
)
fixture(
    "wa-notice-with-a-colon.txt",
    '31/12/2023, 21:05 - Sara changed the subject to "a: b"\n31/12/2023, 21:06 - أنشأت سارة المجموعة “حفل: الليلة”\n',
    **WA,
    messages=[
        ["2023-12-31T21:05", "", 'Sara changed the subject to "a: b"'],
        ["2023-12-31T21:06", "", "أنشأت سارة المجموعة “حفل: الليلة”"],
    ],
)
fixture(
    "دردشة واتساب مع سارة.txt",
    "Dec 31, 2023, 9:05 PM - Sara: hello\n",
    kind="text",
    questions=[],
    problems=["chat_unread"],
    texts=["Dec 31, 2023, 9:05 PM - Sara: hello\n"],
)
fixture(
    "wa-two-chats.zip",
    lambda: zipped(
        {
            "WhatsApp Chat with A.txt": b"31/12/2023, 21:05 - A: x\n",
            "WhatsApp Chat with B.txt": b"30/12/2023, 21:05 - B: y\n",
        }
    ),
    kind="whatsapp",
    questions=["zone"],
    problems=["chats_more"],
    messages=[["2023-12-31T21:05", "A", "x"]],
)

# --- Telegram, Instagram, Facebook ------------------------------------------------------------------------------------


def tg(*messages: Any, **more: Any) -> dict[str, Any]:
    """A chat of Telegram's export."""
    return {"name": "Ali", "type": "personal_chat", "id": 5, "messages": list(messages), **more}


_TG = {
    "id": 1,
    "type": "message",
    "date": "2024-02-03T21:05:12",
    "date_unixtime": "1706987112",
    "from": "Ali",
    "from_id": "user5",
    "text": "hello",
}
fixture(
    "tg-chat.json",
    json.dumps(
        tg(
            _TG,
            {**_TG, "id": 2, "text": ["see ", {"type": "link", "text": "https://x.example"}, " now"]},
            {**_TG, "id": 3, "type": "service", "actor": "Ali", "action": "clear_history", "text": ""},
            {**_TG, "id": 4, "photo": "photos/photo_1.jpg", "text": ""},
            {**_TG, "id": 5, "file": "(File not included. Change data exporting settings to download.)", "text": ""},
        )
    ),
    kind="telegram",
    questions=[],
    problems=[],
    messages=[
        ["2024-02-03T19:05:12Z", "Ali", "hello"],
        ["2024-02-03T19:05:12Z", "Ali", "see https://x.example now"],
        ["2024-02-03T19:05:12Z", "Ali", "clear_history"],
        ["2024-02-03T19:05:12Z", "Ali", ""],
        ["2024-02-03T19:05:12Z", "Ali", ""],
    ],
    media=[[], [], [], ["photos/photo_1.jpg"], []],
)
fixture(
    "tg-account.json",
    json.dumps({"about": "x", "chats": {"about": "y", "list": [tg(_TG), tg(_TG, name="سارة", odd=3)]}}),
    kind="telegram",
    questions=[],
    problems=[],
    facts={"chats": 2},
    messages=[["2024-02-03T19:05:12Z", "Ali", "hello"], ["2024-02-03T19:05:12Z", "Ali", "hello"]],
)
fixture(
    "tg-old-without-unixtime.json",
    json.dumps(tg({**{k: v for k, v in _TG.items() if k != "date_unixtime"}, "from_id": 5}, 7)),
    kind="telegram",
    questions=[],
    problems=["no_zone", "items_unread"],
    messages=[["2024-02-03T21:05:12", "Ali", "hello"]],
)
fixture(
    "tg-folder.zip",
    lambda: zipped(
        {"ChatExport/result.json": json.dumps(tg(_TG)).encode(), "ChatExport/photos/a.jpg": picture("JPEG")}
    ),
    kind="telegram",
    questions=[],
    problems=[],
    messages=[["2024-02-03T19:05:12Z", "Ali", "hello"]],
)


def at(**more: Any) -> dict[str, Any]:
    """A message of Telegram's export, sent on 3 February 2024 at 19:05 UTC."""
    return {
        "id": 1,
        "type": "message",
        "date": "2024-02-03T21:05:00",
        "date_unixtime": "1706987100",
        "from": "Ali",
        "text": "",
        **more,
    }


SENT = "2024-02-03T19:05:00Z"
fixture(
    "tg-beside-words.json",
    json.dumps(
        tg(
            at(text=["see ", {"type": "text_link", "text": "here", "href": "https://leak.example/p"}]),
            at(contact_information={"first_name": "X", "last_name": "", "phone_number": "+20100"}),
            at(location_information={"latitude": 30.5, "longitude": 31}, place_name="Cafe"),
            at(poll={"question": "who?", "answers": [{"text": "a"}, {"text": "b"}]}),
            at(sticker_emoji="😀", file="stickers/s.webp", media_type="sticker"),
            at(text_entities=[{"type": "plain", "text": "only here"}]),
            at(type="service", actor="Ali", action="invite_members", members=["Sara", None], title="Leaks"),
            at(date="?", date_unixtime="?", text="no time"),
            at(text="x" * 65_537),
        ),
        ensure_ascii=False,
    ),
    kind="telegram",
    questions=[],
    problems=["times_unread", "view_cut"],
    messages=[
        [SENT, "Ali", "see here\nhttps://leak.example/p"],
        [SENT, "Ali", "X  +20100"],
        [SENT, "Ali", "30.5, 31\nCafe"],
        [SENT, "Ali", "who?\na\nb"],
        [SENT, "Ali", "😀"],
        [SENT, "Ali", "only here"],
        [SENT, "Ali", "invite_members Leaks Sara"],
        ["", "Ali", "no time"],
        [SENT, "Ali", "x" * 65_536],
    ],
)
fixture(
    "tg-clocks-that-contradict.json",
    json.dumps(tg({**_TG, "date_unixtime": "1106987112"}, _TG)),
    kind="telegram",
    questions=[],
    problems=["times_contradict"],
    times=["", "2024-02-03T19:05:12Z"],
)
fixture(
    "tg-more-than-chats.json",
    json.dumps(
        {
            "contacts": {"list": [{"first_name": "Ali", "phone_number": "+20 100"}]},
            "sessions": {"list": []},
            "chats": {
                "list": [
                    tg({**_TG, "text": "pay", "inline_bot_buttons": [[{"text": "Here", "data": "https://p.example"}]]})
                ]
            },
        }
    ),
    kind="telegram",
    questions=[],
    problems=["beside_chats"],
    messages=[["2024-02-03T19:05:12Z", "Ali", "pay\nHere https://p.example"]],
)
fixture(
    "tg-only-left.json",
    json.dumps({"chats": {"list": []}, "left_chats": {"list": [tg(at(text="left"))]}}),
    kind="telegram",
    questions=[],
    problems=[],
    messages=[[SENT, "Ali", "left"]],
)
fixture(
    "tg-two-exports.zip",
    lambda: zipped(
        {
            "ChatExport_1/result.json": json.dumps(tg(at(text="one"))).encode(),
            "ChatExport_2/result.json": json.dumps(tg(at(text="two"))).encode(),
            "WhatsApp Chat with A.txt": b"31/12/2023, 21:05 - A: x\n",
        }
    ),
    kind="telegram",
    questions=[],
    problems=["chats_more"],
    messages=[[SENT, "Ali", "one"], [SENT, "Ali", "two"]],
    facts={"chats": 2},
)
fixture(
    "tg-html.zip",
    lambda: zipped({"ChatExport/messages.html": b"<html><body>hi</body></html>"}),
    kind="archive",
    questions=[],
    problems=["ask_json"],
    texts=["ChatExport/messages.html"],
)


def latin(text: str) -> str:
    """Text as Instagram and Facebook write it into their downloads."""
    return text.encode().decode("latin-1")


def thread(*messages: dict[str, Any], path: str = "inbox/sara_1") -> bytes:
    """A thread of such a download."""
    people = [{"name": latin("سارة")}, {"name": "Ali"}]
    return json.dumps(
        {"participants": people, "messages": list(messages), "title": latin("سارة"), "thread_path": path}
    ).encode()


_IG = {"sender_name": latin("سارة"), "timestamp_ms": 1706987112345, "content": latin("مرحبا يا علي")}
fixture(
    "ig-message_1.json",
    lambda: thread(
        {
            **_IG,
            "timestamp_ms": 1706987200000,
            "content": "caf\u00e9",
            "photos": [{"uri": "your_instagram_activity/messages/inbox/x/photos/1.jpg"}],
        },
        _IG,
    ),
    kind="instagram",
    questions=[],
    problems=[],
    facts={"participants": ["Ali", "سارة"]},
    messages=[["2024-02-03T19:05:12.345Z", "سارة", "مرحبا يا علي"], ["2024-02-03T19:06:40Z", "سارة", "café"]],
    media=[[], ["your_instagram_activity/messages/inbox/x/photos/1.jpg"]],
)
fixture(
    "fb-download.zip",
    lambda: zipped(
        {
            "your_facebook_activity/messages/inbox/sara_1/message_1.json": thread(
                {**_IG, "timestamp_ms": 1706987300000}
            ),
            "your_facebook_activity/messages/inbox/sara_1/message_2.json": thread(_IG),
            "your_facebook_activity/messages/inbox/odd_2/message_1.json": b"{broken",
        }
    ),
    kind="facebook",
    questions=[],
    problems=["part_unread"],
    messages=[["2024-02-03T19:05:12.345Z", "سارة", "مرحبا يا علي"], ["2024-02-03T19:08:20Z", "سارة", "مرحبا يا علي"]],
)
fixture(
    "fb-call-and-share.json",
    lambda: thread(
        {
            "sender_name": "Ali",
            "timestamp_ms": 1706987112000,
            "call_duration": 61,
            "share": {"link": "https://x.example/p"},
        }
    ),
    kind="facebook",
    questions=[],
    problems=[],
    messages=[["2024-02-03T19:05:12Z", "Ali", "https://x.example/p"]],
)

LOCKED = {
    "participants": ["Ali", "سارة"],
    "threadName": "Ali_1",
    "messages": [
        {
            "senderName": "سارة",
            "timestamp": 1707000000500,
            "text": "لا",
            "type": "text",
            "media": [],
            "isUnsent": False,
        },
        {
            "senderName": "Ali",
            "timestamp": 1706990000000,
            "text": "pay",
            "type": "media",
            "media": [{"uri": "./media/a.jpg"}],
            "isUnsent": True,
        },
        {"senderName": "Ali", "text": "no time", "type": "text", "media": []},
    ],
}
fixture(
    "fb-encrypted-chats.zip",
    lambda: zipped({"messages/Ali_1.json": json.dumps(LOCKED).encode(), "messages/other.json": b"[]"}),
    kind="facebook",
    questions=[],
    problems=["part_unread", "times_unread"],
    messages=[
        ["", "Ali", "no time"],
        ["2024-02-03T19:53:20Z", "Ali", "pay"],
        ["2024-02-03T22:40:00.500Z", "سارة", "لا"],
    ],
    media=[[], ["./media/a.jpg"], []],
    facts={"participants": ["Ali", "سارة"]},
)

# --- mail -------------------------------------------------------------------------------------------------------------

_HEAD = "From: Sara <sara@mail.example>\r\nTo: ali@mail.example\r\nDate: Sat, 03 Feb 2024 21:05:12 +0200\r\n"
KEY_RECORD_NAME = "test._domainkey.mail.example"


def _key() -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key((FOLDER / "dkim-test-key.pem").read_bytes(), None)


def key_record() -> bytes:
    """The TXT record of the test's DKIM key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def signed_mail(sender: str = "", length: bool = False) -> bytes:
    """A mail with a DKIM signature by the test's key; `length`: one that leaves the end of the body open."""
    import dkim

    head = _HEAD.replace("Sara <sara@mail.example>", sender) if sender else _HEAD
    raw = (head + "Subject: threat\r\nMessage-ID: <1@mail.example>\r\n\r\nI will publish it.\r\n").encode()
    pem = (FOLDER / "dkim-test-key.pem").read_bytes()
    made: bytes = dkim.sign(
        raw, b"test", b"mail.example", pem, include_headers=[b"from", b"to", b"date", b"subject"], length=length
    )
    return made + raw


MAIL = {"kind": "mail", "questions": []}
fixture(
    "mail-plain.eml",
    (_HEAD + "Subject: hello\r\n\r\nwords\r\n"),
    **MAIL,
    problems=["dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "words"]],
    facts={"subject": "hello", "dkim": "none"},
)
fixture("mail-signed.eml", signed_mail, **MAIL, problems=[], facts={"dkim": "pass", "dkim_1_domain": "mail.example"})
fixture(
    "mail-signed-altered.eml",
    lambda: signed_mail().replace(b"Date: Sat, 03 Feb 2024", b"Date: Sat, 02 Feb 2024"),
    **MAIL,
    problems=["dkim_failed"],
    facts={"dkim": "fail"},
)
fixture(
    "mail-signed-key-gone.eml",
    lambda: signed_mail().replace(b"s=test", b"s=gone"),
    **MAIL,
    problems=[],
    facts={"dkim": "no_key"},
)
fixture(
    "mail-arabic.eml",
    _HEAD
    + "Subject: =?windows-1256?B?"
    + base64.b64encode("تهديد".encode("cp1256")).decode()
    + "?=\r\nContent-Type: text/plain; charset=windows-1256\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode("سأنشر الصور".encode("cp1256")).decode()
    + "\r\n",
    **MAIL,
    problems=["dkim_none"],
    facts={"subject": "تهديد"},
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "سأنشر الصور"]],
)
fixture(
    "mail-lying-charset.eml",
    lambda: (
        (
            _HEAD + "Subject: x\r\nContent-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        ).encode()
        + "سأنشر الصور كلها".encode("cp1256")
    ),
    **MAIL,
    problems=["mail_charset", "dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "سأنشر الصور كلها"]],
)
_ATTACHED = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n'
    "--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''%D8%B5%D9%88%D8%B1%D8%A9.png\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
)
fixture(
    "mail-attachment.eml",
    _HEAD + "Subject: with picture\r\n" + _ATTACHED,
    **MAIL,
    problems=["dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "see"]],
    attachments=[["صورة.png", 8, hashlib.sha256(b"\x89PNG\r\n\x1a\n").hexdigest()]],
)
fixture(
    "mail-nested.eml",
    _HEAD
    + 'Subject: fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n\r\nouter\r\n--o\r\n'
    "Content-Type: message/rfc822\r\n\r\nFrom: inner@mail.example\r\nDate: Fri, 02 Feb 2024 10:00:00 +0000\r\nSubject: inner\r\n"
    + _ATTACHED
    + "--o--\r\n",
    **MAIL,
    problems=["dkim_none"],
    messages=[
        ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "outer"],
        ["2024-02-02T10:00:00Z", "inner@mail.example", "see"],
    ],
    attachments=[["صورة.png", 8, hashlib.sha256(b"\x89PNG\r\n\x1a\n").hexdigest()]],
)
fixture(
    "mail-no-zone.eml",
    "From: a@mail.example\r\nTo: b@mail.example\r\nDate: Sat, 03 Feb 2024 21:05:12 -0000\r\nSubject: x\r\n\r\ny\r\n",
    **MAIL,
    problems=["no_zone", "dkim_none"],
    messages=[["2024-02-03T21:05:12", "a@mail.example", "y"]],
)

fixture(
    "mail-broken-head.eml",
    "From: a@mail.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=b.c; s=x; h=from; bh=AA==; b=AA==\r\nno colon here\r\nTo: x@y.z\r\n\r\ny\r\n",
    **MAIL,
    problems=["mail_no_time", "mail_bad_part"],
    facts={"dkim": "broken"},
)

fixture(
    "mail-half-day.eml",
    "From: a@mail.example\r\nTo: b@mail.example\r\nDate: Sat, 03 Feb 2024 10:05:00 PM +0200\r\nSubject: x\r\n\r\ny\r\n",
    **MAIL,
    problems=["mail_no_time", "dkim_none"],
    messages=[["", "a@mail.example", "y"]],
    facts={"date": "Sat, 03 Feb 2024 10:05:00 PM +0200"},
)
fixture(
    "mail-zone-of-two-places.eml",
    f"{BOM}From: a@mail.example\r\nTo: b@mail.example\r\nDate: Sat, 03 Feb 2024 21:05:12 AST\r\nSubject: x\r\n\r\ny\r\n",
    **MAIL,
    problems=["no_zone", "dkim_none"],
    messages=[["2024-02-03T21:05:12", "a@mail.example", "y"]],
)
fixture(
    "mail-signed-with-a-second-subject.eml",
    lambda: b"Subject: I am innocent\r\n" + signed_mail(),
    **MAIL,
    problems=["mail_twice"],
    facts={"dkim": "pass", "subject": "I am innocent"},
)
fixture(
    "mail-signed-open-end.eml",
    lambda: signed_mail(length=True) + b"added by anybody\r\n",
    **MAIL,
    problems=["dkim_open_end"],
    facts={"dkim": "pass", "dkim_1_whole_body": False},
)
fixture(
    "mail-signed-by-another-domain.eml",
    lambda: signed_mail(sender="boss@bank.example"),
    **MAIL,
    problems=["dkim_other_domain"],
    facts={"dkim": "pass", "from": "boss@bank.example"},
)


def forwarded(packing: str) -> bytes:
    """A signed mail that was sent on as an attachment, as it is or packed."""
    inner = signed_mail()
    if packing == "base64":
        inner = base64.encodebytes(inner).replace(b"\n", b"\r\n")
    return (
        (
            _HEAD
            + "Subject: fwd\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nouter\r\n"
        ).encode()
        + f"--o\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: {packing}\r\n\r\n".encode()
        + inner
        + b"\r\n--o--\r\n"
    )


for _packing in ("8bit", "base64"):
    fixture(
        f"mail-forwarded-{_packing}.eml",
        lambda packing=_packing: forwarded(packing),  # type: ignore[misc]
        **MAIL,
        problems=["dkim_none"],
        messages=[
            ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "outer"],
            ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "I will publish it."],
        ],
        signed_within=["pass"],
    )
fixture(
    "mail-threat-beside-a-footer.eml",
    _HEAD
    + "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    "<p>I will publish it</p>\r\n--b\r\nContent-Type: text/plain\r\n\r\nsent from my phone\r\n--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN\r\n--b--\r\n",
    **MAIL,
    problems=["dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "I will publish it\nsent from my phone"]],
    attachments=[["text/calendar", 5, hashlib.sha256(b"BEGIN").hexdigest()]],
)
fixture(
    "mail-two-texts.eml",
    _HEAD
    + "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
    "how are you\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>I will publish it</p>\r\n--b--\r\n",
    **MAIL,
    problems=["mail_two_texts", "dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "how are you"]],
    texts=["I will publish it"],
)
fixture(
    "mail-winmail.eml",
    _HEAD
    + "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee\r\n"
    "--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+Ig==\r\n--b--\r\n",
    **MAIL,
    problems=["dkim_none", "mail_winmail"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "see"]],
    attachments=[["winmail.dat", 4, hashlib.sha256(b'x\x9f>"').hexdigest()]],
)
fixture(
    "mail-western-alphabet-that-is-not.eml",
    _HEAD
    + "Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nسأنشر\r\n",
    **MAIL,
    problems=["mail_charset", "dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "سأنشر"]],
)
fixture(
    "mailbox.eml",
    f"From sara@mail.example Sat Feb  3 21:05:12 2024\r\n{_HEAD}Subject: one\r\n\r\nfirst\r\n\r\nFrom sara@mail.example Sat Feb  3 21:06:12 2024\r\n{_HEAD}Subject: two\r\n\r\nsecond\r\n",
    **MAIL,
    problems=["dkim_none"],
    facts={"subject": "one", "mails": 2},
    messages=[
        ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "first"],
        ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "second"],
    ],
)
_PLAIN_MAIL = f"{_HEAD}Subject: one\r\n\r\nfirst\r\n"
fixture(
    "mail-apple.emlx",
    f"{len(_PLAIN_MAIL)}       \n{_PLAIN_MAIL}<?xml version='1.0'?><plist>notes</plist>\n",
    **MAIL,
    problems=["dkim_none"],
    messages=[["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", "first"]],
)
fixture(
    "mail-that-is-another.eml",
    f"{_HEAD}Subject: sent on\r\nContent-Type: message/rfc822\r\n\r\n{_PLAIN_MAIL.replace('Sara <sara', 'Ali <ali')}",
    **MAIL,
    problems=["dkim_none"],
    messages=[
        ["2024-02-03T19:05:12Z", "Sara <sara@mail.example>", ""],
        ["2024-02-03T19:05:12Z", "Ali <ali@mail.example>", "first"],
    ],
)
fixture(
    "mail-head-in-an-old-alphabet.eml",
    (_HEAD.replace("Sat, 03 Feb 2024 21:05:12 +0200", "السبت ٣ فبراير") + "Subject: صور\r\n\r\nx\r\n").encode(
        "cp1256", "ignore"
    ),
    **MAIL,
    problems=["mail_no_time", "mail_bad_header", "dkim_none"],
    facts={"subject": "صور", "date": "السبت فبراير"},
)
fixture(
    "mail-report.eml",
    _HEAD
    + 'Subject: bounced\r\nContent-Type: multipart/report; boundary="m"\r\n\r\n--m\r\nContent-Type: text/plain\r\n\r\nnot delivered\r\n'
    "--m\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; b@x.example\r\nAction: failed\r\n--m--\r\n",
    **MAIL,
    problems=["dkim_none"],
    texts=["Reporting-MTA: dns; mail.example\nFinal-Recipient: rfc822; b@x.example\nAction: failed"],
)
fixture(
    "mail-words-beside-its-parts.eml",
    _HEAD
    + 'Subject: x\r\nContent-Type: multipart/mixed; boundary="m"\r\n\r\nThis is a multi-part message in MIME format.\r\n--m\r\n\r\nhello\r\n--m--\r\npay or else\r\n',
    **MAIL,
    problems=["mail_beside", "dkim_none"],
    texts=["pay or else"],
)
fixture(
    "mail-locked.eml",
    _HEAD
    + 'Subject: x\r\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="m"\r\n\r\n--m\r\n'
    "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--m\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--m--\r\n",
    **MAIL,
    problems=["mail_locked", "dkim_none"],
)
fixture(
    "outlook.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), kind="file", questions=[], problems=["ask_eml"]
)

# --- pictures ---------------------------------------------------------------------------------------------------------


def exif_photo() -> bytes:
    """A JPEG as a phone makes it: maker, hour with zone, place."""
    from PIL import Image

    exif = Image.Exif()
    exif[271], exif[272], exif[305] = "Phonemaker", "Phone 9", "OS 17.1"
    details = exif.get_ifd(0x8769)
    details[36867], details[36881], details[42033] = "2024:02:03 21:05:12", "+02:00", "SN-123"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (30.0, 3.0, 0.0), "E", (31.0, 15.0, 0.0)
    return picture("JPEG", exif=exif)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), kind) + body


def _jumb(label: bytes, *inside: bytes) -> bytes:
    return _box(b"jumb", _box(b"jumd", b"c2pa" + bytes(12) + b"\x03" + label + b"\0") + b"".join(inside))


def _cbor_text(text: bytes) -> bytes:
    return (bytes([0x60 + len(text)]) if len(text) < 24 else b"\x78" + bytes([len(text)])) + text


def manifest() -> bytes:
    """A C2PA manifest store with one claim and one action; no signature that holds."""
    claim = b"\xa1" + _cbor_text(b"claim_generator") + _cbor_text(b"Painter/1.0 test")
    action = b"\xa1" + _cbor_text(b"action") + _cbor_text(b"c2pa.created")
    actions = b"\xa1" + _cbor_text(b"actions") + b"\x81" + action
    return _jumb(
        b"c2pa",
        _jumb(
            b"urn:uuid:1",
            _jumb(b"c2pa.assertions", _jumb(b"c2pa.actions", _box(b"cbor", actions))),
            _jumb(b"c2pa.claim", _box(b"cbor", claim)),
        ),
    )


def c2pa_jpeg() -> bytes:
    """A JPEG with that store in APP11 segments, cut in two."""
    store, jpeg = manifest(), picture("JPEG")
    cut = len(store) // 2
    pieces = [store[:cut], store[:8] + store[cut:]]
    segments = b"".join(
        b"\xff\xeb" + struct.pack(">H", len(p) + 10) + b"JP" + struct.pack(">HL", 1, n) + p
        for n, p in enumerate(pieces, 1)
    )
    return jpeg[:2] + segments + jpeg[2:]


def c2pa_png(store: bytes = b"") -> bytes:
    """The same in a PNG's caBX chunk."""
    png, store = picture(), store or manifest()
    chunk = struct.pack(">L", len(store)) + b"caBX" + store + struct.pack(">L", zlib.crc32(b"caBX" + store))
    return png[:33] + chunk + png[33:]


def noted_png() -> bytes:
    """A PNG with text chunks."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Software", "Shot 2")
    return picture("PNG", pnginfo=info)


def _heic() -> bytes:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    return picture("HEIF")


def bomb_png() -> bytes:
    """A small PNG that says it has four thousand million pixels."""
    head = struct.pack(">LLBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100))
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    packed = (struct.pack(">L", len(d)) + k + d + struct.pack(">L", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


PIC = {"kind": "image", "questions": [], "messages": []}
fixture(
    "Screenshot_20240203-210512.png",
    noted_png,
    **PIC,
    problems=[],
    facts={
        "looks_like": "screenshot",
        "time_in_name": "2024-02-03T21:05:12",
        "software": "Shot 2",
        "c2pa": "none",
        "width": 96,
    },
)
fixture(
    "photo-exif.jpg",
    exif_photo,
    **PIC,
    problems=[],
    facts={
        "looks_like": "photo",
        "make": "Phonemaker",
        "model": "Phone 9",
        "taken": "2024-02-03T21:05:12+02:00",
        "has_place": True,
    },
    private={"place": "30.050000, 31.250000", "serial": "SN-123"},
)


def edited_photo() -> bytes:
    """A JPEG whose only zone is that of the program that changed it, and whose hour of digitising is no time."""
    from PIL import Image

    exif = Image.Exif()
    exif[271], exif[306] = "Phonemaker", "2024:02:04 10:00:00"
    details = exif.get_ifd(0x8769)
    details[36867], details[36880], details[36868] = "2024:02:03 21:05:12", "+03:00", "0000:00:00 00:00:00"
    return picture("JPEG", exif=exif)


fixture(
    "photo-changed-elsewhere.jpg",
    edited_photo,
    **PIC,
    problems=[],
    facts={"taken": "2024-02-03T21:05:12", "changed": "2024-02-04T10:00:00+03:00", "digitised": None},
)
for _name, _time in (
    ("Screenshot 2024-02-03 at 10.05.12 PM.png", "2024-02-03T22:05:12"),
    ("لقطة شاشة 2024-02-03 في 10.05.12 م.png", "2024-02-03T22:05:12"),
    ("Screenshot 2024-02-03 at 12.05.12 AM.png", "2024-02-03T00:05:12"),
    ("Screenshot_20241503-210512.png", None),
    ("Screenshot 2024-02-03 at 10.05.12 p.m..png", "2024-02-03T22:05:12"),
    ("لقطة شاشة 2024-02-03 في 10.05.12 مساءً.png", "2024-02-03T22:05:12"),
    ("Screenshot 2024-02-03 at 10.05.12 usiku.png", None),
):
    fixture(_name, picture, **PIC, problems=[], facts={"looks_like": "screenshot", "time_in_name": _time})


def photo_of_another_kind_of_time() -> bytes:
    """A JPEG whose hour is written as EXIF does not write it."""
    from PIL import Image

    exif = Image.Exif()
    exif.get_ifd(0x8769).update({36867: "2024:02:03 09:05:12 PM", 36868: "    :  :     :  :  "})
    return picture("JPEG", exif=exif.tobytes())


fixture(
    "photo-hour-written-otherwise.jpg",
    photo_of_another_kind_of_time,
    **PIC,
    problems=["times_unread"],
    facts={"taken": "2024:02:03 09:05:12 PM", "digitised": None},
)
fixture("picture.webp", lambda: picture("WEBP"), **PIC, problems=[], facts={"width": 96, "height": 72})
fixture("picture.heic", _heic, **PIC, problems=[], facts={"width": 96, "height": 72})
fixture(
    "picture-c2pa.jpg",
    c2pa_jpeg,
    **PIC,
    problems=["c2pa_unjudged_signature_missing"],
    facts={"c2pa": "unjudged", "c2pa_generators": ["Painter/1.0 test"], "c2pa_actions": ["c2pa.created"]},
)
fixture(
    "picture-c2pa.png",
    c2pa_png,
    **PIC,
    problems=["c2pa_unjudged_signature_missing"],
    facts={"c2pa": "unjudged", "c2pa_generators": ["Painter/1.0 test"]},
)
fixture(
    "picture-c2pa-cut.png",
    lambda: c2pa_png(manifest().replace(b"jumd", b"jmud")),
    **PIC,
    problems=["c2pa_unreadable"],
    facts={"c2pa": "unreadable"},
)
fixture("picture-named-only.heic", b"no picture at all", kind="image", questions=[], problems=["picture_unread"])
fixture("bomb.png", bomb_png, error="fingerprint.too_many_pixels")


# --- papers, archives, sound, film ------------------------------------------------------------------------------------


def paper(extra: str = "", told: str = "") -> bytes:
    """A PDF of one page, written by hand."""
    text = b"BT /F1 24 Tf 20 60 Td (Threat of 3 February) Tj ET"
    parts = [
        f"<< /Type /Catalog /Pages 2 0 R {extra} >>".encode(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 120] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length " + str(len(text)).encode() + b" >>\nstream\n" + text + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title (A report) /Producer (by hand) {told}>>".encode(),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + part + b"\nendobj\n"
    rows = b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    return (
        out
        + b"xref\n0 7\n0000000000 65535 f \n"
        + rows
        + (b"trailer\n<< /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n" + str(len(out)).encode() + b"\n%%EOF\n")
    )


fixture(
    "paper-with-half-a-date.pdf",
    lambda: paper(told="/CreationDate (D:20240203210512) /ModDate (D:2024) "),
    kind="pdf",
    questions=[],
    problems=[],
    facts={"made": "2024-02-03T21:05:12", "changed": "2024"},
)
fixture(
    "paper.pdf",
    paper,
    kind="pdf",
    questions=[],
    problems=[],
    texts=["Threat of 3 February"],
    facts={"title": "A report", "producer": "by hand", "pages": 1},
)
fixture(
    "paper-with-script.pdf",
    lambda: paper("/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    kind="pdf",
    questions=[],
    problems=["pdf_script"],
    texts=["Threat of 3 February"],
)
fixture(
    "paper-with-files.pdf",
    lambda: paper("/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.jpg) /EF << /F 4 0 R >> >>] >> >>"),
    kind="pdf",
    questions=[],
    problems=["pdf_files"],
    texts=["Threat of 3 February"],
    facts={"files_inside": ["a.jpg"]},
)
fixture("paper-broken.pdf", b"%PDF-1.7 a report", kind="pdf", questions=[], problems=["pdf_unread"])


def warc(body: bytes = b"<p>leak</p>", named: bytes | None = None) -> bytes:
    """A WARC with a warcinfo and one response."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    digest = base64.b32encode(hashlib.sha1(named or body, usedforsecurity=False).digest()).decode()
    info = b"software: made by hand\r\n"
    return _record("warcinfo", info, "Content-Type: application/warc-fields\r\n") + _record(
        "response",
        http + body,
        f"WARC-Target-URI: https://leaks.example/p\r\nContent-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha1:{digest}\r\n",
    )


def _record(kind: str, block: bytes, more: str) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-00000000000{len(kind) % 9}>\r\n"
        f"WARC-Date: 2024-02-03T19:05:12Z\r\n{more}Content-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def wacz(spoil: bool = False, unlisted: bool = False, signed: bool = False) -> bytes:
    """A WACZ as ArchiveWeb.page lays it out."""
    pages = b'{"format": "json-pages-1.0", "id": "pages"}\n{"id": "1", "url": "https://leaks.example/p", "ts": "2024-02-03T19:05:12Z", "title": "leak"}\n'
    files = {"archive/data.warc": warc(), "pages/pages.jsonl": pages}
    package = json.dumps(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "software": "by hand",
            "title": "leak",
            "resources": [
                {
                    "name": n.rpartition("/")[2],
                    "path": n,
                    "hash": f"sha256:{hashlib.sha256(d).hexdigest()}",
                    "bytes": len(d),
                }
                for n, d in files.items()
            ],
        }
    ).encode()
    digest: dict[str, Any] = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
    if signed:
        digest["signedData"] = {
            "hash": digest["hash"],
            "signature": "AA==",
            "publicKey": "MHYw",
            "software": "page 0.1",
            "created": "2024-02-03T19:05:12Z",
        }
    if spoil:
        files["pages/pages.jsonl"] = pages.replace(b"leak", b"lake")
    if unlisted:
        files["archive/other.warc"] = warc(b"other")
    return zipped(
        {**files, "datapackage.json": package, "datapackage-digest.json": json.dumps(digest).encode()}, packing=0
    )


_URL = "https://leaks.example/p"
fixture(
    "page.warc",
    warc,
    kind="warc",
    questions=[],
    problems=[],
    texts=[_URL],
    facts={"records": 2, "wrong": 0, "software": "made by hand"},
)
fixture(
    "page-digest-wrong.warc",
    lambda: warc(named=b"other"),
    kind="warc",
    questions=[],
    problems=["digests_wrong"],
    texts=[_URL],
)
fixture("page-cut.warc", lambda: warc()[:-30], kind="warc", questions=[], problems=["archive_cut"], texts=[_URL])
fixture(
    "page.wacz",
    wacz,
    kind="wacz",
    questions=[],
    problems=[],
    texts=[_URL, _URL],
    facts={"files_right": 2, "files_wrong": 0, "package_digest": "right"},
)
fixture(
    "page-signed.wacz",
    lambda: wacz(signed=True),
    kind="wacz",
    questions=[],
    problems=["signature_unjudged"],
    facts={"signed": True},
)
fixture(
    "page-altered.wacz",
    lambda: wacz(spoil=True),
    kind="wacz",
    questions=[],
    problems=["package_wrong"],
    facts={"files_wrong": 1},
)
fixture(
    "page-unlisted.wacz",
    lambda: wacz(unlisted=True),
    kind="wacz",
    questions=[],
    problems=["package_unlisted"],
    texts=[_URL] * 3,
)

fixture(
    "page-packed-whole.warc.gz",
    lambda: gzip.compress(warc() + record("https://x.example/b", b"two"), mtime=0),
    kind="warc",
    questions=[],
    problems=[],
    facts={"wrong": 0},
)
fixture(
    "page-ends-within.warc",
    lambda: warc(b"<p>leak</p>" * 40)[:-60],
    kind="warc",
    questions=[],
    problems=["archive_cut"],
    facts={"wrong": 0},
)


def warc_of_chunks() -> bytes:
    """Two answers in chunks: the digest of one is over what is in them, as the standard asks, the other's over all."""
    body = b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    out = b""
    for url, digested in (
        ("https://x.example/1", b"hello world"),
        ("https://x.example/2", body),
        ("https://x.example/3", b"no"),
    ):
        digest = f"WARC-Payload-Digest: sha1:{base64.b32encode(hashlib.sha1(digested).digest()).decode()}\r\n"  # noqa: S324
        made = record(url, body, "Transfer-Encoding: chunked", "Content-Type: text/plain")
        out += made.replace(b"WARC-Record-ID", digest.encode() + b"WARC-Record-ID", 1)
    return out


fixture(
    "page-in-chunks.warc",
    warc_of_chunks,
    kind="warc",
    questions=[],
    problems=["digests_wrong"],
    facts={"records": 3, "wrong": 1, "unchecked": 0},
)
fixture(
    "page-without-a-time.warc",
    lambda: record("https://x.example/b", b"two").replace(b"2026-11-22T20:00:00Z", b"yesterday evening..."),
    kind="warc",
    questions=[],
    problems=[],
    texts=["https://x.example/b"],
    times=[""],
)


def opus(seconds: int = 3) -> bytes:
    """The pages of an Opus voice note without its sound."""

    def page(kind: int, position: int, number: int, body: bytes) -> bytes:
        lacing = bytes([255] * (len(body) // 255) + [len(body) % 255])
        return b"OggS" + struct.pack("<BBqLLLB", 0, kind, position, 7, number, 0, len(lacing)) + lacing + body

    head = b"OpusHead" + struct.pack("<BBHLHB", 1, 1, 312, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<L", 8) + b"recorder" + struct.pack("<L", 0)
    return page(2, 0, 0, head) + page(0, 0, 1, tags) + page(4, 312 + 48_000 * seconds, 2, bytes(20))


def m4a() -> bytes:
    """The boxes of an M4A of five seconds."""
    header = _box(b"mvhd", struct.pack(">LLLLL", 0, 3_789_831_912, 3_789_831_912, 1000, 5000) + bytes(80))
    track = _box(b"trak", _box(b"mdia", _box(b"hdlr", bytes(8) + b"soun" + bytes(13))))
    return _box(b"ftyp", b"M4A " + bytes(4) + b"M4A mp42") + _box(b"moov", header + track) + _box(b"mdat", bytes(16))


def sound() -> bytes:
    """Half a second of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return out.getvalue()


def film() -> bytes:
    """Two seconds of a moving pattern, MJPEG in AVI."""
    import tempfile

    import cv2
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/film.avi"
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 72))
        dice = np.random.default_rng(4)
        ground = cv2.resize(dice.integers(0, 255, (6, 8, 3), dtype=np.uint8), (192, 72), interpolation=cv2.INTER_CUBIC)
        for number in range(20):
            writer.write(np.ascontiguousarray(ground[:, number * 4 : number * 4 + 96]))
        writer.release()
        return Path(path).read_bytes()


AUD = {"kind": "audio", "questions": [], "problems": []}
fixture(
    "PTT-20240203-WA0001.opus",
    opus,
    **AUD,
    facts={"codec": "opus", "milliseconds": 3000, "channels": 1, "encoder": "recorder"},
)
fixture(
    "voice.m4a",
    m4a,
    **AUD,
    facts={"codec": "aac", "milliseconds": 5000, "tracks": ["soun"], "made": "2024-02-03T19:05:12Z"},
)
fixture("voice.wav", sound, **AUD, facts={"milliseconds": 500, "channels": 1})
fixture("film.avi", film, kind="video", questions=[], problems=[], facts={"width": 96, "height": 72}, frames=10)
fixture(
    "film-broken.mp4",
    _box(b"ftyp", b"isom" + bytes(8)) + _box(b"mdat", bytes(40)),
    kind="video",
    questions=[],
    problems=["film_unread"],
)


def stored(name: bytes, data: bytes = b"x", flags: int = 0, mode: int = 0, extra: bytes = b"") -> bytes:
    """A zip of one stored member, by hand, so that every field can lie."""
    crc = zlib.crc32(data)
    local = struct.pack(
        "<4sHHHHHLLLHH", b"PK\x03\x04", 20, flags, 0, 0, 0x5821, crc, len(data), len(data), len(name), len(extra)
    )
    central = struct.pack(
        "<4sBBHHHHHLLLHHHHHLL",
        b"PK\x01\x02",
        20,
        3,
        20,
        flags,
        0,
        0,
        0x5821,
        crc,
        len(data),
        len(data),
        len(name),
        len(extra),
        0,
        0,
        0,
        mode << 16,
        0,
    )
    body = local + name + extra + data
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 1, 1, len(central) + len(name) + len(extra), len(body), 0)
    return body + central + name + extra + end


def overlapping() -> bytes:
    """Two members over the same bytes."""
    one = stored(b"a.txt", b"same bytes")
    at = one.index(b"PK\x01\x02")
    entry = one[at : one.index(b"PK\x05\x06")]
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), at, 0)
    return one[:at] + entry + entry.replace(b"a.txt", b"b.txt") + end


def doubled() -> bytes:
    """Two members of one name."""
    import warnings

    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as package:
        warnings.simplefilter("ignore")
        for data in (b"one", b"two"):
            package.writestr(zipfile.ZipInfo("a.txt", (2024, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def zip64_lie() -> bytes:
    """An end record that points to a zip64 directory which is not there."""
    return stored(b"a.txt").replace(struct.pack("<L", 1 + 30 + 5)[:4], b"\xff\xff\xff\xff")


def tar(name: str, link: str = "") -> bytes:
    """A tar of one member."""
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as package:
        info = tarfile.TarInfo(name)
        info.size = 0 if link else 1
        if link:
            info.type, info.linkname = tarfile.SYMTYPE, link
        package.addfile(info, None if link else io.BytesIO(b"x"))
    return out.getvalue()


ARC = {"kind": "archive", "questions": []}
fixture("archive-traversal.zip", stored(b"../../etc/passwd"), error="evidence.archive_traversal")
fixture("archive-absolute.zip", stored(b"/etc/passwd"), error="evidence.archive_traversal")
fixture("archive-backslashes.zip", stored(b"..\\..\\windows\\x"), error="evidence.archive_traversal")
fixture("archive-drive.zip", stored(b"C:evil.txt"), error="evidence.archive_traversal")
fixture("archive-nul-in-name.zip", stored(b"a.txt\0.png"), error="evidence.archive_traversal")
fixture("archive-link.zip", stored(b"a", b"/etc/passwd", mode=0o120777), error="evidence.archive_link")
fixture("archive-bomb.zip", lambda: zipped({"zeros": bytes(9 * 2**20)}), error="evidence.archive_bomb")
fixture("archive-overlap.zip", overlapping, error="evidence.archive_bomb")
fixture("archive-zip64-lie.zip", zip64_lie, error="evidence.archive_damaged")
fixture("archive-cut.zip", lambda: zipped({"a.txt": b"words " * 50})[:-30], error="evidence.archive_damaged")
fixture("archive-doubled.zip", doubled, **ARC, problems=["doubled"], texts=["a.txt", "a.txt"])
fixture("archive-encrypted.zip", stored(b"a.txt", flags=1), **ARC, problems=["encrypted"], texts=["a.txt"])
fixture(
    "archive-nested.zip",
    lambda: zipped({"in/b.zip": zipped({"c.txt": b"c"})}),
    **ARC,
    problems=["nested"],
    texts=["in/b.zip"],
)
fixture(
    "archive-cp1256-names.zip", stored("صورة جديدة.txt".encode("cp1256")), **ARC, problems=[], texts=["صورة جديدة.txt"]
)
fixture("archive-cp437-names.zip", stored("caf\u00e9.txt".encode("cp437")), **ARC, problems=[], texts=["café.txt"])
fixture("archive-utf8-unmarked.zip", stored("صورة.txt".encode()), **ARC, problems=[], texts=["صورة.txt"])
fixture("archive-traversal.tar", lambda: tar("../x"), error="evidence.archive_traversal")
fixture("archive-link.tar", lambda: tar("x", "/etc/passwd"), error="evidence.archive_link")
fixture("archive.tar", lambda: tar("a.txt"), **ARC, problems=[], texts=["a.txt"])
fixture("archive-ends-early.tar", lambda: tar("a.txt")[:700], **ARC, problems=["archive_cut"], texts=["a.txt"])
fixture(
    "archive-damaged-head.tar",
    lambda: tar("a.txt")[:1024] + b"damaged" + tar("b.txt")[7:],
    **ARC,
    problems=["archive_cut"],
    texts=["a.txt"],
)
# Its head tells of a further field that is not there: found by fuzzing.
fixture("packed-head-cut.gz", b"\x1f\x8b\x08\xff\x5d", **ARC, problems=["not_opened"])

fixture("sealed.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), kind="archive", questions=[], problems=["not_opened"])
fixture(
    "voice.caf", b"caff\x00\x01\x00\x00" + bytes(40), kind="audio", questions=[], problems=[], facts={"codec": "caf"}
)
fixture(
    "voice.aac",
    b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(40),
    kind="audio",
    questions=[],
    problems=[],
    facts={"codec": "aac"},
)
fixture("voice-cut.wav", lambda: sound()[:-1000], kind="audio", questions=[], problems=["sound_damaged"])
fixture(
    "notes.txt", "ملاحظات عن يوم 3 شباط\n", kind="text", questions=[], problems=[], texts=["ملاحظات عن يوم 3 شباط\n"]
)
fixture(
    "page.html",
    "<!doctype html><title>leak</title><p>words<script>bad()</script><img src=x>",
    kind="html",
    questions=[],
    problems=[],
    texts=["words"],
    facts={"title": "leak", "pictures": 1},
)
fixture("anything.bin", bytes(range(256)), kind="file", questions=[], problems=[])
fixture("deep.json", "[" * 5000 + "]" * 5000, kind="text", questions=[], problems=[])
fixture("empty.txt", b"", error="evidence.import_empty")


def main() -> None:
    """Write all files and, beside each, what it must give."""
    for name, make in MAKERS.items():
        (FOLDER / name).write_bytes(make())
        (FOLDER / f"{name}.json").write_text(
            json.dumps(EXPECTED[name], ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
