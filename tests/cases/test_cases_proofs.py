"""The proof of a find: out of what is sealed or fetched on a press, blurred unless asked otherwise, kept nowhere."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tests.cases.case_browser import bundle, paired, send
from tests.cases.case_snapshots import everything, payloads, standing_in_clear
from tests.cases.case_verbs import proposal, sighting
from tests.cases.case_world import SECRET, World, drawn
from tests.finding import crawls

from sitr.cases import arrivals, captures, erasing, photos, proofs, sightings
from sitr.errors import AnswerIsNo, NotFound

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ADDRESS = "https://cdn.leaks.example/a.png"


def _captured(world: World, *, keep: bool = False) -> str:
    """A find on a page that was kept with its pictures."""
    photos.add_photo(world.holder, world.case, drawn(), "mine.png", keep=keep)
    entry = crawls.Entry(drawn(), ADDRESS, media_type="image/png")
    other = crawls.Entry(drawn(9), "https://cdn.leaks.example/b.png", media_type="image/png")
    world.visits.wacz = crawls.wacz({"data.warc.gz": crawls.packed([other, entry])})
    world.visits.images = {ADDRESS: drawn()}
    found = captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no").found
    return found[0].sighting or ""


def _sides(png: bytes) -> tuple[float, float]:
    """How much detail the two halves of a proof show beside the marks: the mean step from one dot to the next."""
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("L"), dtype=float)[150:450]
    middle = grey.shape[1] // 2
    first, second = grey[:, 60 : middle - 60], grey[:, middle + 60 :]
    return float(np.abs(np.diff(first, axis=1)).mean()), float(np.abs(np.diff(second, axis=1)).mean())


def test_the_proof_comes_out_of_the_sealed_page_blurred_and_leaves_no_trace(world: World) -> None:
    place = _captured(world)
    view = proofs.about(world.holder, world.case, place)
    assert (view.photo, view.photo_kept, view.kept, view.url) == ("mine.png", False, True, ADDRESS)
    before, entries = everything(world), len(payloads(world.holder, world.case))
    drawing = proofs.draw(world.holder, world.case, place, lang="en")
    png = drawing.png
    assert (drawing.match, drawing.code) == (True, "fingerprint.why_copy")
    assert png.startswith(b"\x89PNG")
    assert everything(world) == before
    assert len(payloads(world.holder, world.case)) == entries
    assert not list(world.services.memory.iterdir())
    assert standing_in_clear(world.services.home, [png[200:260], drawn()[200:260]]) == []


def test_the_proof_comes_out_of_a_page_that_a_browser_saved_as_html(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    image = f"<img src='data:image/png;base64,{base64.b64encode(drawn()).decode()}' data-address='{ADDRESS}'>"
    page = {"page.html": ("html", "text/html", f"<!doctype html><p>a{image}".encode())}
    arrival = send(world, paired(world, world.case), bundle(page)).id
    assert arrivals.accept(world.holder, world.case, arrival).found == 1
    (place,) = sightings.list_sightings(world.holder, world.case)
    assert (place.image, proofs.about(world.holder, world.case, place.id).kept) == (ADDRESS, True)
    assert proofs.draw(world.holder, world.case, place.id, lang="en").match


def test_it_is_shown_clear_only_with_an_entry(world: World) -> None:
    place = _captured(world, keep=True)
    soft = proofs.draw(world.holder, world.case, place, lang="en").png
    clear = proofs.draw(world.holder, world.case, place, lang="en", clear=True).png
    said = payloads(world.holder, world.case)[-1]
    assert (said["verb"], said["sighting"]) == ("look", place)
    assert all(sharp > 3 * blurred for sharp, blurred in zip(_sides(clear), _sides(soft), strict=True))


def test_a_photo_that_was_not_kept_is_an_empty_frame(world: World) -> None:
    place = _captured(world)
    photo, found = _sides(proofs.draw(world.holder, world.case, place, lang="en", clear=True).png)
    assert found > 3 * photo


def test_what_was_never_kept_is_fetched_on_a_press_and_the_journal_says_so_first(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    world.site.pages["/a.png"] = (200, "image/png", drawn())
    address = world.site.url("/a.png")
    world.visits.images = {address: drawn()}
    found = captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no").found
    place = found[0].sighting or ""
    with pytest.raises(AnswerIsNo, match="no_proof"):
        proofs.draw(world.holder, world.case, place, lang="ar")
    assert proofs.draw(world.holder, world.case, place, lang="ar", anew=True).png.startswith(b"\x89PNG")
    said = payloads(world.holder, world.case)[-1]
    assert (said["verb"], said["url"]) == ("fetch_proof", address)
    world.site.pages["/a.png"] = (404, "text/plain", b"gone")
    with pytest.raises(AnswerIsNo, match="no_proof"):
        proofs.draw(world.holder, world.case, place, lang="ar", anew=True)
    assert payloads(world.holder, world.case)[-1]["verb"] == "fetch_proof"


def test_there_is_no_proof_without_the_photo_or_for_what_nobody_found(world: World) -> None:
    place = proposal(world, world.case)
    (photo,) = photos.list_photos(world.holder, world.case)
    erasing.erase_photo(world.holder, world.case, photo.id, secret=SECRET)
    assert proofs.about(world.holder, world.case, place).photo == ""
    with pytest.raises(AnswerIsNo, match="proof_photo_erased"):
        proofs.draw(world.holder, world.case, place, lang="en")
    added = sighting(world, world.case)
    with pytest.raises(NotFound):
        proofs.about(world.holder, world.case, added)
    assert [one.id for one in sightings.list_sightings(world.holder, world.case)] == [place, added]
