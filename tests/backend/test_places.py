"""What people set at places, what a gateway reports of them, and who may know who is inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from backend.database.tables import AccessRow, WhereaboutsRow
from backend.errors import ContradictionError, IllegalTransitionError, UnknownError
from contract.instants import ns
from contract.report import SPEAKER, Orders, Report, TagCount, TagRefused, Whereabouts
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from tests.support.pages import START_NS, Pager
from tests.support.place_site import place_site

WHY = "Lock 14 is on"


@pytest.fixture
def site(database_url: str) -> Iterator[Pager]:
    pager = Pager(database_url, site=place_site())
    yield pager
    pager.close()


def report(pager: Pager, **said: Any) -> Orders:
    told = Report(gateway="gateway", at_ns=pager.now_ns, **{"boot": 1, **said})
    return pager.parts.reports.receive(told, pager.now_ns)


def state(pager: Pager, zone: str = "robot-cell") -> tuple[str, bool, str, str | None, bool]:
    found = next(view for view in pager.parts.places.zones() if view.zone == zone)
    return found.state, found.live, found.source, found.by, found.in_force


def plc(state: str, t0_ns: int, seq: int = 1) -> ZoneStateBlock:
    told = {"zone": "robot-cell", "state": state, "by": "cell PLC"}
    return ZoneStateBlock(device="plc-3", boot=1, seq=seq, t0_ns=t0_ns, **told)


def there(person: str, zone: str | None, *, inside: bool = True, ago_s: float = 1) -> Whereabouts:
    heard_ns = START_NS - ns(ago_s)
    return Whereabouts(person=person, zone=zone, inside=inside, heard_ns=heard_ns)


# States of zones


def test_a_state_is_set_by_a_named_person_and_holds_once_the_gateway_has_it(site: Pager) -> None:
    assert state(site) == ("energised", True, "site-file", None, True)
    view = site.parts.places.set_state("robot-cell", "karin-ek", "locked_out", WHY)
    assert (view.by_name, view.reason, view.since_ns) == ("Karin Ek", WHY, START_NS)
    assert state(site) == ("locked_out", False, SPEAKER, "karin-ek", False)
    (order,) = report(site).orders
    assert (order.device, order.message, order.by) == (SPEAKER, "zone_state/1", "karin-ek")
    again = report(site, orders_boot=order.boot, orders_seq=order.seq)
    assert again.orders == ()
    assert state(site) == ("locked_out", False, SPEAKER, "karin-ek", True)


def test_a_gateway_that_holds_nothing_gets_the_newest_of_each_zone(site: Pager) -> None:
    for name in ("locked_out", "maintenance", "energised"):
        site.parts.places.set_state("robot-cell", "karin-ek", name, WHY)
        site.now_ns += 1
    site.parts.places.set_state("chemicals", "karin-ek", "locked_out", WHY)
    told = [(o.zone, o.state) for o in report(site).orders if isinstance(o, ZoneStateBlock)]
    assert told == [("robot-cell", "energised"), ("chemicals", "locked_out")]
    first = report(site).orders[0]
    later = report(site, orders_boot=first.boot, orders_seq=first.seq - 1)
    assert len(later.orders) == 2
    strange = report(site, orders_boot=first.boot + 1, orders_seq=10_000)
    assert len(strange.orders) == 2


def test_a_plc_raises_what_a_person_set_until_a_person_speaks_again(site: Pager) -> None:
    site.parts.places.set_state("robot-cell", "karin-ek", "locked_out", WHY)
    report(site, standing=(plc("energised", START_NS + ns(1)),))
    assert state(site) == ("energised", True, "plc-3", "cell PLC", True)
    report(site, standing=(plc("maintenance", START_NS - ns(1), seq=2),))  # older news
    report(site, standing=(plc("maintenance", 2**63 - 1, seq=3),))  # a clock that nobody set
    assert state(site)[0] == "energised"
    # The PLC's clock is ahead of ours; whoever speaks now is believed all the same.
    site.parts.places.set_state("robot-cell", "ines-falk", "locked_out", WHY)
    assert state(site)[:4] == ("locked_out", False, SPEAKER, "ines-falk")


def test_a_plc_that_repeats_itself_is_written_down_once_and_again_after_a_person(
    site: Pager,
) -> None:
    def rows() -> int:
        with site.parts.database.read() as session:
            return int(session.execute(text("SELECT count(*) FROM standing")).scalar_one())

    for n in range(1, 4):
        report(site, standing=(plc("energised", START_NS + n, seq=n),))
    assert rows() == 1
    site.now_ns += ns(60)
    site.parts.places.set_state("robot-cell", "karin-ek", "locked_out", WHY)
    report(site, standing=(plc("energised", site.now_ns + 1, seq=9),))
    assert (rows(), state(site)[0]) == (3, "energised")


def test_what_the_gateway_holds_instead_is_said_once_it_had_time_to_fetch(site: Pager) -> None:
    def differs() -> tuple[str | None, str | None]:
        places = site.parts.places
        zone = next(view for view in places.zones() if view.zone == "robot-cell")
        return zone.differs, places.evacuation().differs

    report(site)
    site.parts.places.set_state("robot-cell", "karin-ek", "locked_out", WHY)
    site.parts.places.evacuate("karin-ek", ("robot-cell",), "Smoke")
    (locked, evacuation) = report(site).orders
    assert differs() == (None, None), "two seconds are not long"
    site.now_ns += ns(11)
    unheld = "the gateway does not hold this: "
    assert differs() == (
        f'{unheld}it judges by "energised", said by the site file',
        f"{unheld}for it no evacuation stands",
    )
    ended = evacuation.model_copy(update={"on": False})
    seq = {"orders_boot": evacuation.boot, "orders_seq": evacuation.seq}
    report(site, standing=(locked, ended), **seq)
    assert differs() == (None, f"{unheld}for it no evacuation stands")
    assert not site.parts.places.evacuation().in_force, "although it says that it has the order"
    report(site, standing=(locked, evacuation), **seq)
    assert differs() == (None, None)
    assert site.parts.places.evacuation().in_force


def test_a_device_begins_an_evacuation_that_only_a_person_ends(site: Pager) -> None:
    def panel(t0_ns: int, *, on: bool) -> EvacuationBlock:
        return EvacuationBlock(device="plc-3", seq=t0_ns % 99, t0_ns=t0_ns, on=on, by="panel")

    places = site.parts.places
    report(site, standing=(panel(START_NS, on=True),))
    assert (places.evacuation().on, places.evacuation().by) == (True, "panel")
    places.evacuate("karin-ek", ("robot-cell",), "Smoke")
    report(site, standing=(panel(START_NS + ns(1), on=False),))
    assert places.evacuation().on
    assert not places.all_clear("karin-ek", "Over").on


def test_the_same_report_again_is_not_news(site: Pager) -> None:
    said = {"standing": (plc("locked_out", START_NS),)}
    for _ in range(3):
        report(site, **said)
        site.now_ns += ns(6)
    with site.parts.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM standing")).scalar_one() == 1


@pytest.mark.parametrize(
    ("zone", "person", "said"),
    [
        pytest.param("robot-sell", "karin-ek", 'did you mean "robot-cell"', id="no such zone"),
        pytest.param("robot-cell", "karin-eck", 'did you mean "karin-ek"', id="no such person"),
    ],
)
def test_nobody_sets_what_is_not_there(site: Pager, zone: str, person: str, said: str) -> None:
    with pytest.raises(UnknownError, match=said):
        site.parts.places.set_state(zone, person, "locked_out", WHY)


@pytest.mark.parametrize("table", ["standing", "assignment"])
def test_what_was_set_cannot_be_rewritten(site: Pager, table: str) -> None:
    site.parts.places.set_state("robot-cell", "karin-ek", "locked_out", WHY)
    site.parts.tags.assign("ff01", "o-lund", "karin-ek")
    with (
        pytest.raises(DBAPIError, match=f"{table} is append-only"),
        site.parts.database.write() as session,
    ):
        session.execute(text(f"DELETE FROM {table}"))


# Evacuation


def test_an_evacuation_begins_changes_and_ends(site: Pager) -> None:
    places = site.parts.places
    with pytest.raises(IllegalTransitionError, match="no evacuation stands"):
        places.all_clear("karin-ek", "Nothing burns")
    assert places.evacuate("karin-ek", (), "Smoke").on
    places.evacuate("ines-falk", (), "Smoke")  # a second tap adds nothing
    assert places.evacuation().by == "karin-ek"
    site.now_ns += 1
    places.evacuate("ines-falk", ("chemicals",), "Only there")
    assert (places.evacuation().zones, places.evacuation().by) == (("chemicals",), "ines-falk")
    orders = report(site).orders
    assert [(o.on, o.zones) for o in orders if isinstance(o, EvacuationBlock)] == [
        (True, ("chemicals",))
    ]
    site.now_ns += 1
    assert not places.all_clear("karin-ek", "The fire brigade says so").on


# Muster


def muster(pager: Pager) -> dict[str, tuple[str, str | None]]:
    view = pager.parts.muster.look_up("karin-ek", "test")
    return {person.person: (person.where, person.zone_title) for person in view.people}


EVERYBODY = (
    there("m-keller", "robot-cell"),
    there("o-lund", "press-line", inside=False, ago_s=200),
    there("k-sato", "yard", inside=False, ago_s=30),
)


def test_who_is_inside_and_who_went_quiet_where(site: Pager) -> None:
    site.parts.places.evacuate("karin-ek", (), "Smoke")
    report(site, whereabouts=EVERYBODY)
    assert muster(site) == {
        "m-keller": ("inside", "B4 Robot cell"),
        "o-lund": ("last-seen", "B3 Press line"),
        "k-sato": ("safe", "Yard"),
    }
    view = site.parts.muster.look_up("karin-ek", "test")
    assert [person.person for person in view.people] == ["m-keller", "o-lund", "k-sato"]
    assert (view.not_heard, view.people[0].phone) == (1, "+46700001003")


def test_only_the_zones_that_must_be_empty_count(site: Pager) -> None:
    site.parts.places.evacuate("karin-ek", ("robot-cell",), "Smoke")
    report(site, whereabouts=(EVERYBODY[0], there("o-lund", "press-line")))
    assert muster(site)["o-lund"] == ("elsewhere", "B3 Press line")


def test_who_left_through_the_gate_has_gone_home(site: Pager) -> None:
    site.parts.places.evacuate("karin-ek", (), "Smoke")
    report(site, whereabouts=(there("o-lund", "gatehouse", inside=False),))
    assert muster(site) == {}


def test_without_an_evacuation_only_hazards_are_a_purpose(site: Pager) -> None:
    report(site, whereabouts=EVERYBODY)
    assert muster(site) == {"m-keller": ("inside", "B4 Robot cell")}
    assert site.parts.muster.head_count().inside == 1


def test_whom_the_gateway_no_longer_names_is_forgotten(site: Pager) -> None:
    site.parts.places.evacuate("karin-ek", (), "Smoke")
    report(site, whereabouts=EVERYBODY)
    report(site, whereabouts=())
    with site.parts.database.read() as session:
        assert session.scalars(select(WhereaboutsRow)).all() == []


def test_every_look_is_on_record_and_a_stranger_gets_none(site: Pager) -> None:
    report(site, whereabouts=EVERYBODY)
    muster(site)
    with pytest.raises(UnknownError, match="karin-ek"):
        site.parts.muster.look_up("karin-eck", "test")
    site.parts.muster.head_count()  # names nobody
    with site.parts.database.read() as session:
        (row,) = session.scalars(select(AccessRow))
    assert (row.who, row.what) == ("karin-ek", "muster")
    assert row.details == {"via": "test", "purpose": "hazard-zones", "people": 1}


# Tags


def counted(pager: Pager, count: int, boot: int = 1, tag: str = "ff01") -> None:
    told = TagCount(reader="reader-1", tag=tag, count=count)
    report(pager, boot=boot, unknown_tags=(told, told))


def test_unknown_tags_are_counted_across_restarts_and_offered(site: Pager) -> None:
    counted(site, 30)
    counted(site, 30)  # the answer was lost
    counted(site, 38)
    counted(site, 3, boot=2)
    (tag,) = site.parts.tags.unknown()
    assert (tag.tag, tag.count, tag.reader) == ("ff01", 41, "reader-1")
    assert tag.zones == ("B4 Robot cell", "Yard")


def test_an_assignment_is_recorded_handed_to_the_gateway_and_withdrawn(site: Pager) -> None:
    counted(site, 41)
    tags = site.parts.tags
    assigned = tags.assign("ff01", "o-lund", "karin-ek")
    assert (assigned.wearer_name, assigned.by_name, assigned.in_force) == (
        "Olle Lund", "Karin Ek", False,
    )  # fmt: skip
    assert 'wearer = "o-lund"\ntag = "ff01"' in assigned.site_file
    assert tags.unknown() == []
    (told,) = report(site).assigned
    assert (told.device, told.tag, told.wearer, told.by) == (
        "backend",
        "ff01",
        "o-lund",
        "karin-ek",
    )
    assert report(site, tags_boot=told.boot, tags_seq=told.seq).assigned == ()
    assert tags.assigned()[0].in_force
    tags.withdraw("ff01", "karin-ek")
    (gone,) = report(site, tags_boot=told.boot, tags_seq=told.seq).assigned
    assert (gone.tag, gone.wearer, gone.seq > told.seq) == ("ff01", None, True)
    assert [tag.tag for tag in tags.unknown()] == ["ff01"]
    with pytest.raises(UnknownError, match="was not assigned here"):
        tags.withdraw("ff01", "karin-ek")


def test_a_gateway_that_holds_something_gets_history_and_a_new_one_the_newest_of_each_tag(
    site: Pager,
) -> None:
    said = [("ff01", "o-lund"), ("ff02", "k-sato"), ("ff01", "m-keller")]
    for tag, wearer in said:
        site.parts.tags.assign(tag, wearer, "karin-ek")
    whole = report(site).assigned
    assert [(each.tag, each.wearer) for each in whole] == said[1:]
    boot, first = whole[0].boot, whole[0].seq - 1
    missed = report(site, tags_boot=boot, tags_seq=first).assigned
    assert [(each.tag, each.wearer) for each in missed] == said[1:]
    site.parts.tags.assign("ff02", "o-lund", "karin-ek")
    site.parts.tags.withdraw("ff02", "karin-ek")
    missed = report(site, tags_boot=boot, tags_seq=whole[-1].seq).assigned
    assert [(each.tag, each.wearer) for each in missed] == [("ff02", "o-lund"), ("ff02", None)]
    another = report(site, tags_boot=boot + 1, tags_seq=whole[-1].seq).assigned
    assert [(each.tag, each.wearer) for each in another] == [("ff01", "m-keller"), ("ff02", None)]
    assert not any(each.in_force for each in site.parts.tags.assigned())


def test_what_is_said_last_of_a_tag_holds_though_the_clock_was_set_back(site: Pager) -> None:
    site.parts.tags.assign("ff01", "o-lund", "karin-ek")
    (first,) = report(site).assigned
    site.now_ns -= ns(3600)
    site.parts.tags.assign("ff01", "m-keller", "karin-ek")
    (last,) = report(site).assigned
    assert (last.wearer, last.t0_ns > first.t0_ns) == ("m-keller", True)


def test_an_assignment_that_the_gateway_refuses_is_not_in_force_and_says_why(site: Pager) -> None:
    site.parts.tags.assign("ff01", "o-lund", "karin-ek")
    (told,) = report(site).assigned
    refused = TagRefused(seq=told.seq, reason='the site file has no wearer "o-lund"')
    report(site, tags_boot=told.boot, tags_seq=told.seq, tags_refused=(refused,))
    (shown,) = site.parts.tags.assigned()
    assert (shown.in_force, shown.refused) == (False, 'the site file has no wearer "o-lund"')
    report(site, tags_boot=told.boot, tags_seq=told.seq)
    (shown,) = site.parts.tags.assigned()
    assert (shown.in_force, shown.refused) == (True, None)


@pytest.mark.parametrize(
    ("tag", "wearer", "error", "said"),
    [
        pytest.param("ff01", "o-lunt", UnknownError, 'did you mean "o-lund"', id="nobody"),
        pytest.param("e280aa03", "o-lund", ContradictionError, 'gives tag "e280aa03" to "m-keller"',
                     id="the site file knows better"),
        pytest.param("ff01", "t-berg", ContradictionError, "carries no device",
                     id="a wearer without any device"),
    ],
)  # fmt: skip
def test_a_tag_is_not_given_to(
    site: Pager, tag: str, wearer: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        site.parts.tags.assign(tag, wearer, "karin-ek")
