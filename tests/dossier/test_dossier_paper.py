"""The paper: what it says, in which order it is read, and what it never does."""

import csv
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from weasyprint.urls import URLFetcher

from sitr.dossier import Both, Contents, ExhibitItem, TimelineRow, Tongue
from sitr.dossier.contents import Answer, SightingRow
from sitr.dossier.index import case_jsonld, sightings_csv
from sitr.dossier.markup import direction, line_of, machine, own_words, text, words
from sitr.dossier.paper import Seen, _Shelf, html, paper, tree_of
from sitr.errors import BadInput
from sitr.journal import Signer
from sitr.words import catalogue

COMMANDS = [("verify_2", "python3 verify.py")]
SEEN = Seen({"ex-a": "data/E001.wacz"}, "Sitr installation 00000000", "00" * 32, 12, "ab" * 32, COMMANDS)


def shown(contents: Contents, now: datetime, folder: Path) -> str:
    file = folder / "paper.pdf"
    file.write_bytes(paper(contents, SEEN, now, {}))
    return subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def as_it_lies_on_the_page(file: Path) -> str:
    """The words of each line from left to right, by where they stand: what an eye sees, not what the file says."""
    shown = subprocess.run(
        ["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True, timeout=60
    )
    found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)".*?>(.*)</word>', shown.stdout)
    return " ".join(word for _, _, word in sorted((float(y), float(x), word) for x, y, word in found))


def bare(contents: Contents) -> Contents:
    return replace(contents, answers=(), timeline=(), sightings=(), exhibits=(), notices=(), legal=(), proofs=())


def test_machine_values_read_left_to_right_also_inside_arabic_words(
    contents: Contents, now: datetime, tmp_path: Path
) -> None:
    small = replace(bare(contents), answers=contents.answers, timeline=contents.timeline)
    shown(small, now, tmp_path)
    seen = as_it_lies_on_the_page(tmp_path / "paper.pdf")
    for value in ("@user_1", "+966 50 000 0001", "2026-11-22", "90%", "2026-11-19 21:05:09 UTC"):
        assert value in seen, value
    for scrambled in ("user_1@", "0001 000 50 966+", "22-11-2026", "%90"):
        assert scrambled not in seen


def test_values_on_the_cover_and_in_tables_read_left_to_right_too(
    contents: Contents, now: datetime, tmp_path: Path
) -> None:
    host = "xn--mgbh0fb.xn--kgbechtv"
    row = SightingRow("s9", f"https://{host}/صورة/١٢٣?س=ص", host, "unknown", now)
    small = replace(
        bare(contents),
        sightings=(row,),
        alias="سارة (Sara) +20 100 000 0001",
        made_for="Adv. ليلى 2026-11-22",
        exhibits=(replace(contents.exhibits[1], name="صورة 2025-12-23.png", preview=None),),
        purpose="قضية 12/2026 @user_9",
    )
    shown(small, now, tmp_path)
    seen = as_it_lies_on_the_page(tmp_path / "paper.pdf")
    assert "+20 100 000 0001" in seen
    assert "12/2026 @user_9" in seen
    for date in ("2026-11-22", "2025-12-23"):  # after Arabic letters digits turn round, unless those are isolated
        assert date in seen
    assert "23-12-2025" not in seen
    assert "22-11-2026" not in seen
    assert f"https://{host}/%D8%B5%D9%88%D8%B1%D8%A9/%D9%A1%D9%A2%D9%A3?%D8%B3=%D8%B5" in html(small, SEEN, now)
    assert f'<bdi dir="ltr">{host}</bdi>' in html(small, SEEN, now)


def test_no_word_is_cut_by_the_edge_of_the_page(contents: Contents, now: datetime, tmp_path: Path) -> None:
    long = "https://leak.example/" + "a" * 400
    small = replace(
        bare(contents),
        answers=(Answer(Both("سؤال", "Question"), (), f"كتب {long}\n{'ب' * 300}"),),
        sightings=(SightingRow("s9", long, long[:200], "unknown", now),),
        notices=(replace(contents.notices[0], text=long, recipient=long, reference=long),),
        exhibits=(replace(contents.exhibits[1], name=long, source=None, preview=None),),
        alias=long, made_for=long, purpose=long,
    )  # fmt: skip
    shown(small, now, tmp_path)
    told = subprocess.run(
        ["pdftotext", "-bbox", str(tmp_path / "paper.pdf"), "-"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    edges = [
        (float(left), float(right)) for left, right in re.findall(r'<word xMin="([-\d.]+)".*?xMax="([-\d.]+)"', told)
    ]
    assert len(edges) > 100
    assert min(left for left, _ in edges) >= 40
    assert max(right for _, right in edges) <= 595.3 - 40


def test_a_heading_stands_on_the_page_of_what_it_heads(contents: Contents, now: datetime, tmp_path: Path) -> None:
    event = contents.exhibits[0].custody[0]
    long = replace(contents.exhibits[0], source=None, custody=(event,) * 30)
    pages = shown(replace(bare(contents), exhibits=(long, long, long)), now, tmp_path).split("\f")
    heads = next(page for page in pages if page.strip().startswith(("Exhibits", "الأدلة")))
    assert "SHA-256" in heads
    assert next(place for place, page in enumerate(pages) if "What happened" in page) == 1, "the cover is one page"


def test_small_pictures_are_written_out(contents: Contents) -> None:
    assert text("a🔪b") == "a[U+1F52A hocho]b"
    assert "[U+1F469 woman][U+1F467 girl]" in line_of("قال 👩‍👧")
    assert contents.alias in text(contents.alias)


@pytest.mark.parametrize("tongue", ["ar", "en"])
def test_a_paper_in_one_language_holds_no_sentence_of_the_other(
    contents: Contents, now: datetime, tmp_path: Path, tongue: Tongue
) -> None:
    small = replace(bare(contents), answers=contents.answers, timeline=contents.timeline, tongue=tongue)
    page = html(small, SEEN, now)
    other = "en" if tongue == "ar" else "ar"
    assert f'lang="{tongue}"' in page
    assert f'lang="{other}"' not in page
    for key in ("title", "what_this_is_1", "certificate_nobody", "verify_5"):
        assert getattr(words(key), tongue) in page
        assert getattr(words(key), other) not in page
    shown(small, now, tmp_path)
    seen = as_it_lies_on_the_page(tmp_path / "paper.pdf")
    for value in ("@user_1", "+966 50 000 0001", "2026-11-22", "90%", "2026-11-19 21:05:09 UTC"):
        assert value in seen, value


def test_the_page_to_certify_says_what_is_known_and_leaves_the_rest_to_a_person(
    contents: Contents, now: datetime
) -> None:
    page = html(contents, SEEN, now).partition(words("certificate").en)[2]
    for known in ("2026-11-22 21:05:09 UTC", SEEN.installation, SEEN.root, "12"):
        assert known in page
    for blank in ("name", "capacity", "place", "date", "sign"):
        label = re.escape(words(f"certificate_{blank}").en)
        assert re.search(rf"{label}</span></td><td></td>", page), blank
    assert "Sitr itself certifies nothing" in page
    assert words("certificate_nobody").en not in html(replace(contents, certificate=False), SEEN, now)


def test_the_lines_for_a_spreadsheet_never_begin_like_a_formula(contents: Contents) -> None:
    row = replace(contents.sightings[0], url="=cmd|'/C calc'!A0", service="+1", image_urls=("@SUM(1)",))
    lines = sightings_csv(replace(contents, sightings=(row,))).decode("utf-8-sig").splitlines()
    cells = next(csv.reader(lines[1:]))
    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}] == []


def test_the_file_for_case_tools_holds_every_digest_under_a_name_with_a_uuid(
    contents: Contents, signer: Signer, tmp_path: Path
) -> None:
    data = case_jsonld(contents, signer)
    assert data == case_jsonld(contents, signer)
    graph = json.loads(data)["@graph"]
    assert {item.sha256 for item in contents.exhibits} == set(re.findall('"@value": "([0-9a-f]{64})"', data.decode()))
    assert all(re.search("-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", one["@id"]) for one in graph)
    (tmp_path / "case.jsonld").write_bytes(data)
    judge = [str(Path(sys.executable).parent / "case_validate"), str(tmp_path / "case.jsonld")]
    done = subprocess.run(judge, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout


def test_bidi_controls_are_shown_and_never_obeyed(contents: Contents, now: datetime) -> None:
    evil = "https://good.example/\u202egpj.exe"
    page = html(replace(bare(contents), timeline=(TimelineRow(now, Both("\u202eقلب", "\u2067turn"), evil),)), SEEN, now)
    assert "\\u202egpj.exe" in page
    assert "\u202e" not in page
    assert "\u2067" not in page


def test_markup_in_anything_from_outside_is_text(contents: Contents, now: datetime) -> None:
    bad = '<img src="http://evil.example/x"><script>1</script>'
    both = Both(bad, bad)
    item = ExhibitItem(bad, bad, bad, bad, "0" * 64, 1, now, None, url=bad, method=bad, missing=(bad,), note=both)
    full = replace(
        bare(contents),
        alias=bad,
        made_for=bad,
        purpose=bad,
        exhibits=(item,),
        gaps=(both,),
        country=bad,
        answers=tuple(replace(a, words=bad, question=both) for a in contents.answers),
        notices=tuple(replace(n, text=bad, recipient=bad, reference=bad, basis=both) for n in contents.notices),
    )
    page = html(full, SEEN, now)
    assert "<script" not in page
    assert "<img" not in page


def test_the_paper_fetches_nothing_but_its_own_fonts_and_previews(contents: Contents) -> None:
    shelf: URLFetcher = _Shelf(contents)
    assert shelf.fetch("sitr:css/paper.css").read().startswith(b"/*")
    assert shelf.fetch("sitr:preview/ex-b").read() == contents.exhibits[1].preview
    for url in (
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "sitr:fonts/../paper.py",
        "sitr:preview/ex-c",
        "data:,x",
        "sitr:css/a/b",
    ):
        with pytest.raises(ValueError, match="nothing from outside"):
            shelf.fetch(url)


def test_a_preview_that_is_no_picture_is_bad_input(contents: Contents, now: datetime) -> None:
    item = replace(contents.exhibits[1], preview=b"<svg onload=1>")
    with pytest.raises(BadInput) as error:
        paper(replace(bare(contents), exhibits=(item,)), SEEN, now, {})
    assert error.value.code == "dossier.bad_preview"


def test_an_empty_case_still_gives_a_paper_that_says_what_is_missing(
    contents: Contents, now: datetime, tmp_path: Path
) -> None:
    seen = shown(replace(bare(contents), gaps=(), alias=""), now, tmp_path)
    assert "No words were added." in seen
    assert "not named on this paper" in seen
    assert "no time stamp from an independent authority" in " ".join(seen.split())


def test_only_the_fonts_that_travel_with_sitr_are_used(opened: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(opened, tmp_path, "zip")
    file = next(tmp_path.glob("*/dossier-ar-en.pdf"))
    listed = subprocess.run(["pdffonts", str(file)], capture_output=True, text=True, check=True, timeout=60).stdout
    rows = listed.splitlines()[2:]
    assert rows
    assert all("+Plex" in row for row in rows)


def test_directions_follow_the_first_letter() -> None:
    assert direction("123 abc عربي") == "ltr"
    assert direction("+966 عربي abc") == "rtl"
    assert direction("... 12") == "rtl"


def test_a_run_keeps_its_brackets_and_gives_back_the_sentences_stop() -> None:
    assert '<bdi dir="ltr">Sec. 3(a)(1)</bdi>.' in line_of("بموجب Sec. 3(a)(1).")
    assert '<bdi dir="ltr">2026-11-22</bdi>)' in line_of("(يوم 2026-11-22)")
    assert line_of("plain words 12") == '<bdi dir="ltr">plain words 12</bdi>'


def test_control_characters_never_reach_the_paper() -> None:
    assert text("a\x00b\x1b[31m<") == "ab[31m&lt;"
    assert machine("") == ""
    assert own_words("  \n ") == ""


def test_every_word_of_the_paper_stands_in_both_languages() -> None:
    arabic, english = catalogue("ar", "dossier"), catalogue("en", "dossier")
    assert arabic.keys() == english.keys()
    assert words("of", kept=1, expected=2).en == "1 of 2 parts of the page"


def test_marks_that_phones_write_by_themselves_are_no_part_of_the_words() -> None:
    said = own_words("قال آل سعيد\u200f\u200e — \u061c+20 100 123")
    assert "\\u" not in said
    assert '<bdi dir="ltr">+20 100 123</bdi>' in said


def test_what_makes_a_text_look_like_another_is_shown_with_its_backslash_in_front() -> None:
    assert '<bdi dir="ltr">\\u202etest</bdi>' in line_of("بلاغ \u202etest")


def test_the_papers_own_words_make_no_promise_and_blame_nobody() -> None:
    both = " ".join(str(v) for lang in ("ar", "en") for v in catalogue(lang, "dossier").values())
    for word in ("فضيحة", "عار", "ضحية", "victim", "revenge", "guarantee", "face"):
        assert word not in both.split()


@pytest.mark.parametrize("tongue", ["both", "ar", "en"])
def test_the_tree_of_the_paper_is_the_one_that_a_parser_of_html_finds(
    tongue: Tongue, contents: Contents, now: datetime
) -> None:
    page = html(replace(contents, tongue=tongue, alias="a < b & c > d \"q\" 'r'"), SEEN, now)
    ours, theirs = tree_of(page), tinyhtml5.parse(page, namespace_html_elements=False)
    found = [
        [(each.tag, dict(each.attrib), each.text or "", each.tail or "") for each in tree.iter()]
        for tree in (ours, theirs)
    ]
    assert len(found[0]) > 400
    assert found[0] == found[1]


def test_letters_that_no_xml_may_hold_do_not_stop_a_paper(contents: Contents, now: datetime) -> None:
    assert "abc" in "".join(tree_of(html(replace(contents, alias="a\x00b\x0bc"), SEEN, now)).itertext())
    assert "".join(tree_of("<html><p>a\x00b\ud800c\uffffd</p></html>").itertext()) == "a\ufffdb\ufffdc\ufffdd"
