"""Partners of the matching service: keys that are shown once, quotas that hold over several processes."""

import json

import pytest
from django.db import connection, connections
from tests.cases.case_snapshots import tables
from tests.cases.case_world import World

from sitr.cases import partners
from sitr.cases.partners import QuotaSpent
from sitr.cases.shared_models import Partner
from sitr.errors import BadInput, Locked, NotFound

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def test_a_key_is_shown_once_and_stands_nowhere(world: World) -> None:
    made = partners.add(world.services, "Site A", 500)
    assert made.key.startswith("sitr_")
    assert made.key not in repr(made)
    secret = made.key.split("_", 2)[2]
    for rows in tables("default").values():
        assert not [row for row in rows if secret in repr(row)]
    assert partners.known(made.key) == made.id
    (view,) = partners.list_partners(world.services)
    assert (view.name, view.state, view.per_day, view.used_today) == ("Site A", "active", 500, 0)
    assert view.since_hour.minute == 0


def test_every_wrong_key_gets_the_same_answer(world: World) -> None:
    made, ended = partners.add(world.services, "Site A"), partners.add(world.services, "Site B")
    partners.end(world.services, ended.id)
    prefix, secret = made.key[:13], made.key[14:]
    swapped = f"{ended.key[:13]}_{secret}"
    for wrong in (
        "",
        "sitr_",
        made.key[:-1],
        made.key + "a",
        made.key.upper(),
        f"{prefix}_{'A' * 43}",
        swapped,
        ended.key,
    ):
        with pytest.raises(Locked) as refused:
            partners.known(wrong)
        assert refused.value.code == "cases.partner_unknown"
        assert refused.value.data == {}
    with pytest.raises(NotFound):
        partners.end(world.services, ended.id)
    with pytest.raises(NotFound):
        partners.end(world.services, "nobody")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81, "<script>", "=cmd"])
def test_a_name_that_could_confuse_a_list_is_refused(world: World, name: str) -> None:
    with pytest.raises(BadInput, match="partner_name"):
        partners.add(world.services, name)
    for quota in (0, -5, 10**9):
        with pytest.raises(BadInput, match="partner_quota"):
            partners.add(world.services, "موقع أ", quota)


def test_a_day_and_a_minute_have_an_end_and_begin_again(world: World) -> None:
    world.clock.forward(minutes=33, seconds=37)  # half past a minute, at ten
    made = partners.add(world.services, "Site A", 250)
    assert made.per_minute == 100
    partners.spend(world.services, made.id, 60)
    with pytest.raises(QuotaSpent) as minute:
        partners.spend(world.services, made.id, 41)
    assert (minute.value.code, minute.value.data["seconds"], minute.value.http_status) == (
        "cases.quota_minute",
        30,
        429,
    )
    partners.spend(world.services, made.id, 40)
    world.clock.forward(minutes=1)
    partners.spend(world.services, made.id, 100)
    world.clock.forward(minutes=1)
    with pytest.raises(QuotaSpent) as day:
        partners.spend(world.services, made.id, 51)
    assert day.value.code == "cases.quota_day"
    assert 13 * 3600 < day.value.data["seconds"] <= 14 * 3600
    partners.spend(world.services, made.id, 50)
    assert partners.list_partners(world.services)[0].used_today == 250
    world.clock.forward(hours=14)
    assert partners.list_partners(world.services)[0].used_today == 0
    partners.spend(world.services, made.id, 100)
    assert partners.list_partners(world.services)[0].used_today == 100


def test_what_is_more_than_a_day_at_once_is_refused(world: World) -> None:
    made = partners.add(world.services, "Small", 5)
    with pytest.raises(QuotaSpent, match="quota_day"):
        partners.spend(world.services, made.id, 6)
    partners.spend(world.services, made.id, 5)


def test_one_partners_use_is_not_anothers(world: World) -> None:
    one, other = partners.add(world.services, "One", 5), partners.add(world.services, "Other", 5)
    partners.spend(world.services, one.id, 5)
    partners.spend(world.services, other.id, 5)
    with pytest.raises(QuotaSpent):
        partners.spend(world.services, one.id, 1)


def test_the_table_counts_and_remembers_nothing_that_was_asked(world: World) -> None:
    made = partners.add(world.services, "Site A")
    partners.spend(world.services, made.id, 3)
    (row,) = Partner.objects.values()
    assert set(row) == {
        "id", "name", "prefix", "digest", "state", "since_hour", "per_day", "per_minute", "day", "day_used", "minute",
        "minute_used",
    }  # fmt: skip
    assert json.dumps({k: str(v) for k, v in row.items()}).count("3") >= 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_many_who_spend_at_once_never_pass_the_quota(world: World) -> None:
    import threading

    made = partners.add(world.services, "Busy", 100)
    taken: list[int] = []

    def spend() -> None:
        try:
            for _ in range(10):
                partners.spend(world.services, made.id, 5)
                taken.append(5)
        except QuotaSpent:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=spend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100
