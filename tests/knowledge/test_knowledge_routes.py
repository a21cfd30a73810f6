"""Routes: hard rules first, then cost; no copyright notice for a minor, no door that the person cannot use."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.knowledge import Knowledge, Route, Signer, identify, load, routes

ROOT = Path(__file__).parents[2]
PLACES = (
    "https://x.com/someuser/status/1712345678901234567",
    "https://www.instagram.com/p/CxYz12/",
    "https://t.me/some_channel/12",
    "https://leak.example.net/a.jpg",
    "https://www.google.com/search?q=name",
    "https://www.pornhub.com/view_video.php?viewkey=ph5f",
    "tg://join?invite=AbCdEf123",
)


@cache
def knowledge() -> Knowledge:
    return load(ROOT / "knowledge")


def doors(
    place: str, said: dict[str, list[str]], country: str | None = None, account: bool | None = None
) -> list[Route]:
    return routes(identify(place, knowledge())[0], said, knowledge(), country, account)


ADULT = {"age": ["adult"], "content": ["nude"], "status": ["public"]}


def test_ranks_count_up_from_one_and_every_door_says_why() -> None:
    for place in PLACES:
        found = doors(place, ADULT)
        assert [route.rank for route in found] == list(range(1, len(found) + 1))
        assert all(route.why and all(w.ar and w.en for w in route.why) for route in found)


def test_every_place_has_a_door() -> None:
    for place in PLACES:
        for content in ("nude", "private_moment", "ordinary", "chat", "edited"):
            for age in ("adult", "minor", "unsure"):
                assert doors(place, {"age": [age], "content": [content]}), (place, content, age)


def test_a_minor_is_led_to_a_hotline_and_never_to_a_copyright_notice() -> None:
    for place in PLACES:
        found = doors(place, {**ADULT, "age": ["minor"], "author": ["me"]}, "US")
        assert found[0].basis == "minor_hotline"
        assert {route.basis for route in found} <= {"minor_hotline", "platform_ncii_policy", "search_delisting"}
        assert not [r for r in found if r.service == "generic_host"]


def test_copyright_needs_the_own_picture_and_is_not_offered_under_threat() -> None:
    place = PLACES[0]
    assert [r for r in doors(place, {**ADULT, "author": ["me"]}) if r.basis == "dmca_512c3"]
    assert not [r for r in doors(place, ADULT) if r.basis == "dmca_512c3"]
    assert not [r for r in doors(place, {**ADULT, "author": ["me"], "demand": ["money"]}) if r.basis == "dmca_512c3"]


def test_a_name_that_reaches_the_uploader_ranks_below_the_same_door_signed_by_an_agent() -> None:
    found = [r for r in doors(PLACES[0], {**ADULT, "author": ["me"]}) if r.basis == "dmca_512c3" and r.service == "x"]
    assert [route.signer for route in found] == [Signer.AGENT, Signer.SELF]
    assert "uploader" in found[1].exposes
    assert "uploader" not in found[0].exposes


def test_a_study_goes_with_the_doors_that_it_looked_at_and_with_no_other() -> None:
    found = doors(PLACES[0], {**ADULT, "author": ["me"]})
    with_study = {(r.service, r.basis): [s.id for s in r.studies] for r in found if r.studies}
    assert with_study[("x", "dmca_512c3")] == ["x-own-work-2024"]
    assert with_study[("x", "platform_ncii_policy")] == ["x-intimate-report-2024"]
    assert {service for service, _ in with_study} == {"x"}
    assert not [r for r in doors(PLACES[1], {**ADULT, "author": ["me"]}) if r.studies]


def test_a_report_from_an_account_that_others_can_see_costs_more_and_says_so() -> None:
    calm = next(r for r in doors(PLACES[1], ADULT) if r.channel == "ig_in_app")
    watched = next(r for r in doors(PLACES[1], {**ADULT, "device": ["watched"]}) if r.channel == "ig_in_app")
    assert watched.penalty > calm.penalty
    assert any("from the account itself" in w.en for w in watched.why)
    assert not any("from the account itself" in w.en for w in calm.why)


def test_a_mail_to_the_site_itself_costs_more_where_its_people_may_be_the_uploader() -> None:
    calm = next(r for r in doors(PLACES[3], ADULT) if r.channel == "gh_site")
    threatened = next(r for r in doors(PLACES[3], {**ADULT, "demand": ["money"]}) if r.channel == "gh_site")
    assert threatened.penalty > calm.penalty


def test_doors_of_one_region_are_offered_there_only() -> None:
    assert not [r for r in doors(PLACES[0], ADULT, "EG") if r.channel == "x_tida_form"]
    assert [r for r in doors(PLACES[0], ADULT, "US") if r.channel == "x_tida_form"]
    assert [r for r in doors(PLACES[3], ADULT, "DE") if r.basis == "dsa_art16"]
    assert not [r for r in doors(PLACES[3], ADULT, "EG") if r.basis == "dsa_art16"]
    assert [r for r in doors(PLACES[0], ADULT, "AU") if r.basis == "au_image_based_abuse"]


def test_a_rule_whose_force_is_open_claims_no_deadline() -> None:
    found = [r for r in doors(PLACES[1], ADULT, "GB") if r.basis == "uk_intimate_image_report"]
    assert found
    assert all(any("not established" in w.en for w in r.why) for r in found)


def test_a_private_picture_has_doors_of_its_own() -> None:
    found = doors(PLACES[1], {"age": ["adult"], "content": ["ordinary"]})
    assert found
    assert not [r for r in found if r.basis == "take_it_down_act"]


def test_blanks_of_a_host_nobody_knows_are_filled() -> None:
    mail = next(r for r in doors(PLACES[3], ADULT) if r.channel == "gh_site")
    assert "abuse@leak.example.net" in mail.address
    assert "{" not in mail.address


@settings(max_examples=120)
@given(
    st.sampled_from(PLACES),
    st.sampled_from([None, "EG", "US", "DE", "GB", "AU", "IN", "XX"]),
    st.sampled_from([None, True, False]),
    st.fixed_dictionaries(
        {},
        optional={
            "age": st.sampled_from([["adult"], ["minor"], ["was_minor"], ["unsure"]]),
            "content": st.sampled_from([["nude"], ["edited"], ["ordinary"], ["not_seen"], ["documents"]]),
            "author": st.sampled_from([["me"], ["other"], ["unsure"]]),
            "demand": st.sampled_from([["money"], ["none"]]),
            "family": st.sampled_from([["violence"], ["supportive"]]),
        },
    ),
)
def test_no_door_breaks_a_hard_rule(
    place: str, country: str | None, account: bool | None, said: dict[str, list[str]]
) -> None:
    found = doors(place, said, country, account)
    assert found == doors(place, said, country, account)
    exposed = [r for r in found if {"uploader", "public"} & set(r.exposes)]
    if said.get("age", ["adult"]) != ["adult"] or said.get("author") != ["me"] or said.get("demand") == ["money"]:
        assert not exposed
    if account is False:
        for route in found:
            if route.channel:
                channels = knowledge().service(route.service).reporting.channels
                assert next(c for c in channels if c.id == route.channel).account_needed != "yes"


# What no law or platform calls intimate and may yet end a life: without hijab, family, with a man, a chat, papers.
NOT_INTIMATE = ("private_moment", "ordinary", "chat", "documents")
BIG = {
    "instagram": "https://www.instagram.com/p/CxYz12/",
    "facebook": "https://www.facebook.com/photo.php?fbid=1234567",
    "x": PLACES[0],
    "telegram_public": PLACES[2],
    "telegram_private": "https://t.me/+AbCdEf123456",
    "tiktok": "https://www.tiktok.com/@user/video/7123456789012345678",
    "snapchat": "https://www.snapchat.com/add/someone",
    "youtube": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "whatsapp": "https://wa.me/201000000000",
    "google_search": "https://www.google.com/search?q=name",
}
FOR_INTIMATE_ONLY = {"take_it_down_act", "uk_intimate_image_report"}
PRIVATE_PURPOSES = {"privacy", "doxing", "contact", "legal", "illegal", "right_to_be_forgotten"}


def private_doors(service: str, country: str | None = "EG", **said: list[str]) -> list[Route]:
    return doors(BIG[service], {"age": ["adult"], "content": ["ordinary"], "status": ["public"], **said}, country)


def purposes(route: Route) -> set[str]:
    channels = knowledge().service(route.service).reporting.channels
    return next(set(channel.purpose) for channel in channels if channel.id == route.channel)


@pytest.mark.parametrize("content", NOT_INTIMATE)
@pytest.mark.parametrize("service", BIG)
def test_a_photo_that_is_not_intimate_has_a_privacy_door_at_every_big_service(service: str, content: str) -> None:
    found = [r for r in private_doors(service, content=[content]) if r.service == service]
    assert found
    assert not [r for r in found if r.basis in FOR_INTIMATE_ONLY]
    for route in found:
        # Either the channel is for it, or the reason to choose in its menu is named and marked by its certainty.
        by_menu = any("The reason to choose in the menu" in why.en for why in route.why)
        assert by_menu or purposes(route) & PRIVATE_PURPOSES, route


@pytest.mark.parametrize("lang", ["ar", "en"])
@pytest.mark.parametrize("service", BIG)
def test_no_door_says_that_a_photo_is_not_intimate_enough_or_was_made_for_others(service: str, lang: str) -> None:
    for content in NOT_INTIMATE:
        for route in private_doors(service, content=[content]):
            text = " ".join(getattr(why, lang) for why in route.why)
            assert "made for intimate images" not in text
            assert "مخصص للصور الحميمة" not in text
            assert "not intimate enough" not in text


def test_a_door_known_by_a_menu_from_memory_is_not_called_verified() -> None:
    found = next(r for r in private_doors("snapchat") if r.channel == "sc_in_app")
    assert not found.verified
    assert "channel" in found.unverified


@pytest.mark.parametrize(
    ("service", "channel"),
    [
        ("instagram", "ig_impersonation"), ("facebook", "fb_impersonation"), ("x", "x_imp"),
        ("telegram_public", "tg_in_app"), ("tiktok", "tt_impersonation"), ("snapchat", "sc_support_form"),
        ("youtube", "yt_imp"), ("whatsapp", "wa_in_app"),
    ],
)  # fmt: skip
def test_a_false_account_has_the_door_for_impersonation(service: str, channel: str) -> None:
    assert channel in {r.channel for r in private_doors(service, status=["fake_account"])}


@pytest.mark.parametrize(
    ("service", "channel"),
    [
        ("instagram", "ig_in_app"), ("facebook", "fb_in_app"), ("x", "x_in_app"), ("telegram_public", "tg_abuse_mail"),
        ("tiktok", "tt_in_app"), ("snapchat", "sc_in_app"), ("youtube", "yt_flag"), ("whatsapp", "wa_in_app"),
    ],
)  # fmt: skip
def test_threats_and_harassment_have_a_door_whatever_the_photo_shows(service: str, channel: str) -> None:
    assert channel in {r.channel for r in private_doors(service, demand=["money"])}


@pytest.mark.parametrize("service", ["instagram", "facebook", "x", "telegram_public", "tiktok", "google_search"])
def test_who_took_the_photo_has_the_copyright_door_where_the_facts_know_one(service: str) -> None:
    found = [r for r in private_doors(service, author=["me"]) if r.basis == "dmca_512c3" and r.service == service]
    assert {r.signer for r in found} == {Signer.SELF, Signer.AGENT}
    assert not [r for r in private_doors(service, author=["other"]) if r.basis == "dmca_512c3"]


def test_the_law_of_the_country_gives_doors_for_what_is_not_intimate() -> None:
    assert [r for r in private_doors("instagram", "DE") if r.basis == "gdpr_art17"]
    assert [r for r in private_doors("telegram_public", "FR") if r.basis == "dsa_art16"]
    assert [r for r in private_doors("snapchat", "AU") if r.basis == "au_image_based_abuse"]


def test_a_result_whose_page_is_gone_is_asked_away_as_outdated_and_only_then() -> None:
    assert "gs_outdated" not in {r.channel for r in private_doors("google_search")}
    gone = private_doors("google_search", still_up=["gone"])
    assert "gs_outdated" in {r.channel for r in gone}


def test_a_page_for_intimate_images_alone_is_no_door_for_other_photos() -> None:
    for service in ("youtube", "tiktok"):
        for route in private_doors(service):
            assert purposes(route) != {"ncii"}
            assert route.channel not in {"yt_ncii", "tt_abuse_webform", "tt_privacy_us", "tt_legal_mail"}
