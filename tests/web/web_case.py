"""A case with something on every page, made by the verbs, and the addresses of all its pages."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.web.web_cast import ANSWERS, SECRET, Cast, drawn

from sitr.cases import captures, exhibits, notices, openings, photos, receipts, sightings, watches
from sitr.cases.access import Keeper
from sitr.cases.work import act
from sitr.finding import Found
from sitr.fingerprint import Reason
from sitr.journal import Kind
from sitr.web.survivor.file import Made

FIELDS = {"name": "S. Demo", "identity": "S. Demo", "email": "person@sitr.invalid", "contact": "person@sitr.invalid",
          "ground": "Art. 17(1)(d)", "recipient": "abuse@leaks.example"}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """Ids and addresses of one prepared case. `forms` are its POST addresses with what they take."""

    case: str
    place: str
    item: str
    letter: str
    url: str
    results: tuple[str, ...]
    pair: tuple[str, str]
    chat: str = ""
    photo: str = ""
    watch: str = ""
    find: str = ""
    slip: str = ""

    def path(self, *parts: str) -> str:
        """An address inside the case."""
        return "/".join((f"/n/{self.case}", *parts))

    @property
    def pages(self) -> list[str]:
        """Every page of the case and around it, as addresses."""
        inside = [
            self.path("q", "status"), self.path("q", "country"), self.path("pictures"), self.path("places"),
            self.path("places", self.place), self.path("places", self.place, "save"), self.path("items"),
            self.path("items", self.chat, "read"), self.path("items", self.chat, "read", "0"),
            self.path("items", self.item), self.path("items", self.pair[0], "since", self.pair[1]),
            self.path("items", self.pair[0]), self.path("letters"), self.path("letters", self.letter),
            self.path("outcomes"), self.path("log"), self.path("file"), self.path("erase"), self.path("law"),
            self.path("account"), self.path("rounds"),
            self.path("pictures", self.photo, "share"), self.path("pictures", self.photo, "hand"),
            self.path("pictures", self.photo, "erase"), self.path("places", self.find, "why"),
            self.path("places", self.find),
            self.path("browser"), self.path("lives"), self.path("items", self.item, "life"), f"/n/{self.case}/",
        ]  # fmt: skip
        around = [
            "/",
            "/new",
            "/dates",
            "/open",
            "/facts/",
            "/prints/",
            "/law/",
            "/law/eg/",
            "/law/all/",
            "/come",
            "/slips",
            f"/slips/{self.slip}/end",
        ]
        return [*around, *inside, *self.results]

    @property
    def forms(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Every address of the case that changes something."""
        return [
            (self.path("q", "status"), {"choice": "public"}),
            (self.path("s", "s-steady"), {"state": "done"}),
            (self.path("pictures"), {"photo": io.BytesIO(drawn())}),
            (self.path("pictures", "look"), {}),
            (self.path("places"), {"text": "https://other.example/a"}),
            (self.path("places", self.place, "decide"), {"accept": "yes"}),
            (self.path("places", self.place, "again"), {}),
            (self.path("places", self.place, "save"), {"child": "no"}),
            (self.path("places", self.place, "write"), {}),
            (self.path("items"), {"file": io.BytesIO(b"a note")}),
            (self.path("items", self.item, "look"), {}),
            (self.path("items", self.chat, "read"), {"q-date_order": "dmy", "q-zone": "Africa/Cairo"}),
            (self.path("items", self.chat, "read", "0", "0", "0", "look"), {}),
            (self.path("letters", self.letter), {"act": "approve"}),
            (self.path("letters", self.letter), {"act": "said_no"}),
            (self.path("outcomes"), {"share": "yes"}),
            (self.path("rounds"), {"text": "https://other.example/gallery", "every": "weekly"}),
            (self.path("rounds", "open"), {}),
            (self.path("rounds", "away"), {"away": "no"}),
            (self.path("rounds", self.watch), {"act": "pause"}),
            (self.path("pictures", self.photo, "share"), {"share": "yes"}),
            (self.path("pictures", self.photo, "hand"), {"act": "submit", "exchange": "ncii", "agree": "yes"}),
            (self.path("places", self.find, "why"), {"act": "soft", "anew": "yes"}),
            (self.path("account"), {"header": "sid=a-value-that-opens", "host": "leaks.example"}),
            (self.path("account", "forget"), {}),
            (self.path("log", "check"), {}),
            (self.path("log", "keep"), {}),
        ]


def chat_with_media() -> bytes:
    """A WhatsApp export whose dates are unclear, with a picture."""
    text = (
        "\u200f٣\u200f/٢\u200f/٢٠٢٤، ٩:٠٥ م - سارة: IMG-1.png (الملف مرفق)\n"
        "\u200f٣\u200f/٢\u200f/٢٠٢٤، ٩:٠٦ م - علي: see https://x.example \u202eexe\n"
        "\u200f٣\u200f/٢\u200f/٢٠٢٤، ٩:٠٧ م - تم تغيير الرقم\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("WhatsApp Chat.txt", text)
        package.writestr("IMG-1.png", drawn())
    return out.getvalue()


def found(keeper: Keeper, case: str, photo: str, *, same_scene: bool = False) -> str:
    """A copy that a watch found, or another shot of the scene: proposed, with nothing of its page kept."""
    find = Found(
        "https://watched.example/i/2.jpg", photo, 0.93, None, mirrored=False, visible=1.0,
        why=Reason("finding.watch_found"), width=900, height=700, same_scene=same_scene,
    )  # fmt: skip
    with act(keeper, case, Kind.SIGHTING, "take_watch_news") as doing:
        return sightings.propose(doing, "https://watched.example/gallery", [find])[find.image_url]


def story(cast: Cast) -> Story:
    """Make the case. The results that wait for a page after a redirect are made through the browser."""
    keeper, browser = cast.keeper, cast.browser
    case = openings.open_case(keeper, country="DE", answers=ANSWERS, time_proof=False)
    photo = photos.add_photo(keeper, case, drawn(), "صورة 1.png").id
    url = "https://leaks.example/gallery/page?id=99182&ref=share"
    (place,) = sightings.add_sighting(keeper, case, url)
    item = exhibits.add_exhibit(keeper, case, io.BytesIO(drawn()), "screenshot of chat.png")
    chat = exhibits.add_exhibit(keeper, case, io.BytesIO(chat_with_media()), "WhatsApp Chat.zip")
    find = found(keeper, case, photo)
    letter = notices.draft(keeper, case, place.id, basis="gdpr_art17", lang="en", fields=FIELDS)
    (watch,) = watches.add(keeper, case, "https://watched.example/gallery")
    page = "https://leaks.example/gallery"
    wishes = (captures.Wish(), captures.Wish(viewport="phone"))
    pair = [captures.capture_page(keeper, case, page, child="no", wish=one).exhibits[0].id for one in wishes]
    made = Story(
        case, place.id, item.id, letter.id, url, (), (pair[0], pair[1]), chat=chat.id, photo=photo, watch=watch.id,
        find=find, slip=receipts.give(keeper, [case], secret=SECRET).id,
    )  # fmt: skip
    results = (
        browser.post(made.path("places"), {"text": "see https://www.instagram.com/p/Cabc123/ and https://b.example/x"}),
        browser.post(made.path("places", place.id, "save"), {"child": "no"}),
        browser.post(made.path("log", "check")),
        browser.post(made.path("log", "keep")),
        browser.post(made.path("rounds", "open")),
    )
    for answer in results:
        assert answer.status_code == 302, re.sub(r"\s+", " ", answer.content.decode())
    ready = cast.session.put(Made(b"age", "file.age", "ef" * 32, 3, "babal-hikum-jalit-sanur-wadil-zumir"))
    pages = [answer["Location"] for answer in results] + [made.path("file", ready)]
    return replace(made, results=tuple(pages))
