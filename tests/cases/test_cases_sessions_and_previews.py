"""The cookie jar of a case, whose values leave no trace outside of one cell; and previews, made once and blurred."""

import io
from typing import Any

import pytest
from PIL import Image
from tests.cases.case_snapshots import payloads, tables
from tests.cases.case_verbs import exhibit
from tests.cases.case_world import SECRET, World, drawn

from sitr.cases import captures, dossiers, exhibits, holders, jars, journals, portable, previews
from sitr.cases.models import Exhibit, Jar
from sitr.cases.work import bookkeeping, look
from sitr.dossier.phrase import open_with_phrase
from sitr.errors import BadInput, NotFound
from sitr.vault import Identity, age, open_stream

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

VALUE = "c4nary-of-the-session"
TEXT = f"#HttpOnly_.leaks.example\tTRUE\t/\tTRUE\t0\tsid\t{VALUE}\n"


def test_a_session_goes_to_the_capture_that_asks_for_it_and_to_no_other(world: World) -> None:
    jars.fill(world.holder, world.case, TEXT)
    captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="no")
    captures.capture_page(
        world.holder, world.case, "https://leaks.example/p", child="no",
        wish=captures.Wish(viewport="phone", locale="ar-EG", expand=True, session=True),
    )  # fmt: skip
    without, with_it = world.visits.options
    assert without.cookies == ()
    assert [(c.name, c.value, c.host) for c in with_it.cookies] == [("sid", VALUE, "leaks.example")]
    assert (with_it.viewport, with_it.locale, with_it.expand) == ("phone", "ar-EG", True)


def test_no_value_of_a_session_stands_anywhere_but_in_its_cell(world: World) -> None:
    """Looked for in rows, files, journal, a dossier and a portable case, all opened with the holder's key."""
    jars.fill(world.holder, world.case, TEXT)
    captures.capture_page(
        world.holder, world.case, "https://leaks.example/p", child="no", wish=captures.Wish(session=True)
    )
    key = Identity.generate()
    dossiers.make(
        world.holder, world.case, world.folder / "d.age", secret=SECRET, recipients=[key.public], include=["all"]
    )
    portable.export_case(world.holder, world.case, world.folder / "c.sitr", secret=SECRET)
    opened = io.BytesIO()
    with (world.folder / "d.age").open("rb") as sealed:
        open_stream(sealed, opened, key)
    with (world.folder / "c.sitr").open("rb") as sealed:
        whole = b"".join(open_with_phrase(sealed, SECRET))
    clear = [opened.getvalue(), whole, repr(payloads(world.holder, world.case)).encode()]
    clear += [repr(rows).encode() for alias in ("default", "keys") for rows in tables(alias).values()]
    clear += [
        b"".join(exhibits.read(world.holder, look(world.holder, world.case), row)) for row in Exhibit.objects.all()
    ]
    clear.append(repr(jars.show(world.holder, world.case)).encode())
    assert not [data for data in clear if VALUE.encode() in data]
    assert b"leaks.example" in whole  # the names travel: who reads the case knows that there was a session


def test_a_case_that_was_taken_in_knows_the_names_and_can_use_none(world: World) -> None:
    jars.fill(world.holder, world.case, TEXT)
    portable.export_case(world.holder, world.case, world.folder / "c.sitr", secret=SECRET)
    _away(world)
    portable.import_case(world.stranger, world.folder / "c.sitr", secret=SECRET)
    view = jars.show(world.stranger, world.case)
    assert (view.cookies, view.usable) == ((("leaks.example", "sid"),), False)
    assert journals.verify(world.stranger, world.case).ok
    with pytest.raises(NotFound):
        captures.capture_page(
            world.stranger, world.case, "https://leaks.example/p", child="no", wish=captures.Wish(session=True)
        )


def _away(world: World) -> None:
    """As if the other Sitr were another database: everything of the case is gone from this one."""
    from sitr.cases.models import SEALED, Case, Checkpoint, Entry, Stamp, WrappedKey

    with bookkeeping():
        for model in SEALED:
            model.objects.all().delete()
        for rest in (Stamp, Checkpoint, Entry, WrappedKey, Case):
            rest.objects.all().delete()


def test_a_new_session_replaces_the_old_one_and_forgetting_destroys_the_cell(world: World) -> None:
    jars.fill(world.holder, world.case, TEXT)
    view = jars.fill(world.holder, world.case, "other=0123456789", host="b.example")
    assert view.cookies == (("b.example", "other"),)
    assert Jar.objects.count() == 1
    gone = jars.forget(world.holder, world.case)
    assert (gone.cookies, gone.usable) == ((), False)
    assert bytes(Jar.objects.get().secret) == b""
    assert journals.verify(world.holder, world.case).ok


def test_a_session_stays_readable_when_a_holder_is_removed(world: World) -> None:
    jars.fill(world.holder, world.case, TEXT)
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    captures.capture_page(
        world.holder, world.case, "https://leaks.example/p", child="no", wish=captures.Wish(session=True)
    )
    assert world.visits.options[-1].cookies[0].value == VALUE


class _NoReading:
    """Sealed files that nobody may open."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, *_args: object) -> None:
        raise AssertionError("the picture itself was opened")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_a_list_of_previews_opens_no_picture(world: World) -> None:
    made = exhibit(world, world.case, drawn(), "a.png")
    captured = captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="no").exhibits
    shot = next(one.id for one in captured if one.kind == "screenshot")
    blind = world.with_services(world.holder, blobs=_NoReading(world.services.blobs))
    for each in (made, shot):
        with Image.open(io.BytesIO(exhibits.preview(blind, world.case, each, blurred=True))) as seen:
            assert max(seen.size) <= 640
    assert [one["verb"] for one in payloads(world.holder, world.case)][-2:] == ["add_exhibit", "capture"]
    exhibits.preview(world.holder, world.case, made, blurred=False)
    assert payloads(world.holder, world.case)[-1]["verb"] == "look"


def test_a_preview_holds_no_more_than_a_few_dots_of_the_picture(world: World) -> None:
    made = exhibit(world, world.case, drawn(1, 1200), "a.png")
    dots = previews.stored(look(world.holder, world.case), Exhibit.objects.get(pk=made))
    with Image.open(io.BytesIO(dots or b"")) as tiny:
        assert tiny.width * tiny.height <= 16 * 32


def test_the_disk_does_not_tell_which_exhibits_are_pictures(world: World) -> None:
    exhibit(world, world.case, drawn(), "a.png")
    exhibit(world, world.case, b"a saved chat", "chat.txt")
    cells = [bytes(row.preview) for row in Exhibit.objects.all()]
    assert len({age.inner_length(cell, len(cell)) for cell in cells}) == 1  # an age file's head varies by itself


def test_an_exhibit_from_before_previews_gets_its_own_at_the_first_look(world: World) -> None:
    made = exhibit(world, world.case, drawn(), "a.png")
    first = exhibits.preview(world.holder, world.case, made, blurred=True)
    with bookkeeping():
        Exhibit.objects.filter(pk=made).update(preview=b"")
    assert exhibits.preview(world.holder, world.case, made, blurred=True) == first
    blind = world.with_services(world.holder, blobs=_NoReading(world.services.blobs))
    assert exhibits.preview(blind, world.case, made, blurred=True) == first
    assert journals.verify(world.holder, world.case).ok


def test_a_blurred_copy_is_written_out_in_place_of_the_picture_and_an_entry_says_so(world: World) -> None:
    made = exhibit(world, world.case, drawn(), "a.png")
    file = exhibits.export(world.holder, world.case, made, world.folder, blur=True)
    assert file.name.endswith("a-blurred.png")
    assert file.read_bytes() == exhibits.preview(world.holder, world.case, made, blurred=True)
    assert payloads(world.holder, world.case)[-1]["verb"] == "export_blurred"
    chat = exhibit(world, world.case)
    with pytest.raises(BadInput) as caught:
        exhibits.export(world.holder, world.case, chat, world.folder, blur=True)
    assert caught.value.code == "cases.no_preview"
    assert len(list(world.folder.iterdir())) == 1


@pytest.mark.parametrize("size", [(4000, 30), (30, 4000), (1, 1), (640, 480)])
def test_a_preview_of_any_shape_can_be_drawn(size: tuple[int, int]) -> None:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 90)).save(out, "PNG")
    with Image.open(io.BytesIO(previews.draw_soft(previews.shrink(out.getvalue())))) as seen:
        assert max(seen.size) <= 640


def test_what_is_no_picture_has_no_dots() -> None:
    assert previews.dots_of(b"words", "text/plain") == b""
    assert previews.dots_of(b"no picture", "image/png") == b""
