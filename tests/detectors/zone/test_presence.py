"""Where a person is: entries, crossings, silence, doors, coordinates, several tags."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest

from contract.door import DoorEvent
from contract.instants import seconds
from contract.reads import Read
from detectors.zone.presence import PresenceModel, PresenceSettings
from tests.support.motions import T0_NS
from tests.support.premises import (
    MODEL,
    at,
    blocks,
    door,
    followed,
    located,
    path,
    premises,
    read,
    stay,
)

Heard = Sequence[Read | DoorEvent]


def after_s(instant_ns: int) -> float:
    return seconds(instant_ns - T0_NS)


def test_who_is_heard_in_a_zone_is_soon_in_it() -> None:
    presence, (entry,) = followed(blocks(stay(0, 6, "north")))
    assert (entry.direction, entry.zone, entry.person) == ("entry", "north", "ann")
    assert after_s(entry.decided_ns) <= 2.5
    assert entry.at_ns <= entry.decided_ns
    assert entry.confidence > 0.9
    assert entry.device == "reader-1"
    assert entry.evidence["reads_in_zone"] == entry.evidence["reads"] >= 4
    assert (presence.zone, presence.confidence > 0.99) == ("north", True)
    assert presence.last_seen is not None
    assert (presence.last_seen.zone, presence.last_seen.point) == ("north", "1")


def test_a_real_crossing_is_followed_within_three_seconds() -> None:
    walked = [*stay(0, 60, "north"), *stay(60, 66, "south")]
    _, crossings = followed(blocks(walked))
    assert path(crossings) == [("entry", "north"), ("exit", "north"), ("entry", "south")]
    assert crossings[1].decided_ns == crossings[2].decided_ns
    assert 60 <= after_s(crossings[2].decided_ns) <= 63
    assert crossings[1].at_ns == crossings[2].at_ns


@pytest.mark.parametrize("hz", [1, 2, 4])
def test_a_tag_that_is_seldom_heard_is_followed_as_well(hz: float) -> None:
    walked = [*stay(0, 30, "north", hz=hz), *stay(30, 60, "south", hz=hz)]
    _, crossings = followed(blocks(walked, 1), 61)
    entries = [each for each in crossings if (each.direction, each.zone) == ("entry", "south")]
    assert len(entries) == 1
    assert 30 <= after_s(entries[0].decided_ns) <= 34


STRAYS: dict[str, list[Read]] = {
    "one read": [read(0, "cell")],
    "three reads": [read(t, "cell") for t in (0, 0.2, 0.4)],
    "a read a minute": [read(60.0 * n, "cell") for n in range(8)],
}


@pytest.mark.parametrize("reads", STRAYS.values(), ids=STRAYS)
def test_stray_reads_put_nobody_in_a_zone(reads: list[Read]) -> None:
    presence, crossings = followed(blocks(reads, 1), 600)
    assert crossings == []
    assert presence.stays == ()
    assert presence.last_seen is not None


DANGEROUS = PresenceModel.of(
    premises().model_copy(
        update={
            "zone": tuple(
                zone.model_copy(update={"hazard": "A" if zone.id == "south" else "none"})
                for zone in premises().zone
            )
        }
    ),
    PresenceSettings(),
)


@pytest.mark.parametrize(
    ("lasts_s", "harmless", "hazardous"),
    [
        pytest.param(1.25, True, False, id="heard there for a moment"),
        pytest.param(3.0, True, True, id="there"),
    ],
)
def test_where_an_alarm_hangs_on_it_a_zone_is_believed_only_when_it_stays_probable(
    lasts_s: float, harmless: bool, hazardous: bool
) -> None:
    back_s = 30 + lasts_s
    walked = [*stay(0, 30, "north"), *stay(30, back_s, "south"), *stay(back_s, 60, "north")]
    for model, entered in ((MODEL, harmless), (DANGEROUS, hazardous)):
        _, crossings = followed(blocks(walked), model=model)
        assert (("entry", "south") in path(crossings)) is entered


def test_a_door_into_a_hazard_zone_is_believed_at_once() -> None:
    heard: list[tuple[str, Heard]] = [*blocks(stay(0, 10, "north"))]
    presence, crossings = followed([*heard, ("acs", [door(10, "gate", "in")])], 14, model=DANGEROUS)
    assert presence.zone == "south"
    assert after_s(crossings[-1].at_ns) == 10


def test_some_reads_of_the_next_antenna_take_nobody_out() -> None:
    walked = [*stay(0, 30, "north"), *(read(10 + n, "south", level=-68) for n in range(15))]
    _, crossings = followed(blocks(sorted(walked, key=lambda each: each.t_ns)))
    assert path(crossings) == [("entry", "north")]


@pytest.mark.parametrize(
    ("silent_s", "expected"),
    [
        pytest.param(12.0, [("entry", "north")], id="a body stands between for a while"),
        pytest.param(
            30.0, [("entry", "north"), ("exit", "north"), ("entry", "north")], id="gone, and back"
        ),
    ],
)
def test_silence(silent_s: float, expected: list[tuple[str, str]]) -> None:
    _, crossings = followed(blocks([*stay(0, 10, "north"), *stay(10 + silent_s, 50, "north")]))
    assert path(crossings) == expected


def test_who_is_silent_has_left_when_they_were_last_heard() -> None:
    presence, (_, left) = followed(blocks(stay(0, 10, "north")), 60)
    assert (left.direction, presence.stays) == ("exit", ())
    assert after_s(left.at_ns) == pytest.approx(10, abs=0.3)
    assert after_s(left.decided_ns) == pytest.approx(25, abs=1.1)
    assert left.evidence["silent_s"] >= 15


def test_what_an_agent_delivers_after_an_outage_is_still_judged() -> None:
    """Ticks went on for two minutes; then come the reads of that time."""
    presence, crossings = followed(blocks(stay(0, 10, "north")), 130)
    assert path(crossings) == [("entry", "north"), ("exit", "north")]
    presence, late = MODEL.observe(presence, "reader-1", stay(12, 30, "south"))
    assert path(late) == [("entry", "south")]
    assert late[0].at_ns >= crossings[-1].at_ns
    assert presence.late_reads == 0


def test_reads_that_come_too_late_are_counted() -> None:
    presence, _ = followed(blocks(stay(0, 20, "north")))
    after, crossings = MODEL.observe(presence, "reader-1", stay(1, 6, "south"))
    assert crossings == ()
    assert after.late_reads == 40


def test_a_reader_that_tells_no_levels_serves_as_well() -> None:
    reads = [read(n / 5, "cell", level=None) for n in range(40)]
    _, crossings = followed(blocks(reads))
    assert path(crossings) == [("entry", "hall"), ("entry", "cell")]


def test_an_antenna_without_a_zone_says_nothing() -> None:
    reads = [each.model_copy(update={"point": "9"}) for each in stay(0, 10, "cell")]
    assert followed(blocks(reads), 30) == (MODEL.start("ann"), [])


# Zones within zones.


def test_in_doubt_between_two_zones_somebody_is_in_the_one_around_them() -> None:
    both = [each for n in range(80) for each in (read(n / 8, "cell"), read(n / 8 + 0.01, "pit"))]
    presence, crossings = followed(blocks(both))
    assert path(crossings) == [("entry", "hall")]
    assert presence.zone == "hall"


def test_from_one_inner_zone_to_the_next_the_outer_stay_goes_on() -> None:
    presence, crossings = followed(blocks([*stay(0, 20, "cell"), *stay(20, 30, "pit")]))
    assert path(crossings) == [
        ("entry", "hall"),
        ("entry", "cell"),
        ("exit", "cell"),
        ("entry", "pit"),
    ]
    assert [each.zone for each in presence.stays] == ["pit", "hall"]
    assert after_s(presence.stays[1].since_ns) < 2
    assert presence.stays[0].confidence <= presence.stays[1].confidence


# Doors.


def test_a_door_puts_somebody_where_no_antenna_hears_and_silence_does_not_end_it() -> None:
    heard: list[tuple[str, Heard]] = [*blocks(stay(0, 10, "north"))]
    heard += [("acs", [door(10, "vault-door", "in")])]
    presence, crossings = followed(heard, 4000)
    assert path(crossings) == [("entry", "north"), ("exit", "north"), ("entry", "vault")]
    assert crossings[-1].device == "vault-door"
    assert after_s(crossings[-1].at_ns) == 10
    assert presence.zone == "vault"
    presence, out = MODEL.observe(presence, "acs", [door(4100, "vault-door", "out")])
    presence, more = MODEL.reach(presence, at(4110))
    assert path([*out, *more])[:2] == [("exit", "vault"), ("entry", "north")]


DOORS: dict[str, tuple[list[DoorEvent], str | None]] = {
    "in": ([door(10, "gate", "in")], "south"),
    "out, to where no zone is": ([door(10, "gate", "in"), door(20, "gate", "out")], None),
    "refused": ([door(10, "gate", "in", granted=False)], None),
    "a door that does not know the way: in": ([door(10, "gate", "unknown")], "south"),
    "a door that does not know the way: in and out": (
        [door(10, "gate", "unknown"), door(20, "gate", "unknown")],
        None,
    ),
    "a copy of an entry after the exit": (
        [door(10, "gate", "in"), door(20, "gate", "out"), door(10, "gate", "in")],
        None,
    ),
    "an unknown door": ([door(10, "portal", "in")], None),
}


@pytest.mark.parametrize(("events", "zone"), DOORS.values(), ids=DOORS)
def test_doors(events: list[DoorEvent], zone: str | None) -> None:
    presence, _ = followed([("acs", [event]) for event in events], 24)
    assert presence.zone == zone


# Coordinates.

PLACES: dict[str, tuple[list[Read], list[str]]] = {
    "in the middle of a zone": ([located(n / 2, 5, 5) for n in range(20)], ["south"]),
    "in a zone within a zone": ([located(n / 2, 22, 7) for n in range(20)], ["cell", "hall"]),
    "around it": ([located(n / 2, 15, 3) for n in range(20)], ["hall"]),
    "on a wall": ([located(n / 2, 5, 10, 1.0) for n in range(20)], []),
    "on no zone": ([located(n / 2, 40, 40) for n in range(20)], []),
    "a reader that does not know": ([located(n / 2, 5, 5, 500.0) for n in range(20)], []),
}


@pytest.mark.parametrize(("reads", "zones"), PLACES.values(), ids=PLACES)
def test_coordinates(reads: list[Read], zones: list[str]) -> None:
    presence, _ = followed([("locator", [each]) for each in reads])
    assert [each.zone for each in presence.stays] == zones


def test_one_wrong_coordinate_moves_nobody() -> None:
    reads = [located(n / 2, 5, 5) for n in range(60)]
    reads[30] = located(15, 22, 7)
    _, crossings = followed([("locator", [each]) for each in reads])
    assert path(crossings) == [("entry", "south")]


# Several tags.


def still(from_s: float, until_s: float, zone: str, tag: str) -> list[Read]:
    """Return reads of a tag that lies still: a decibel up or down."""
    count = round((until_s - from_s) * 4)
    return [read(from_s + n / 4 + 0.03, zone, tag, -50.0 + n % 2) for n in range(count)]


def mixed(*parts: list[Read]) -> list[tuple[str, Heard]]:
    every = sorted((each for part in parts for each in part), key=lambda each: each.t_ns)
    return [*blocks(every, 8)]


def test_two_tags_on_one_body_are_one_presence() -> None:
    heard = mixed(
        *(stay(a, b, zone, tag) for tag in ("bb01", "bb02") for a, b, zone in
          ((0, 20, "north"), (20, 30, "south")))
    )  # fmt: skip
    _, crossings = followed(heard, person="bo")
    assert path(crossings) == [("entry", "north"), ("exit", "north"), ("entry", "south")]


def test_a_tag_in_the_locker_does_not_fight_the_one_on_the_body() -> None:
    locker = still(0, 400, "pit", "bb02")
    body = [*stay(0, 100, "north", "bb01"), *stay(100, 200, "south", "bb01")]
    _, crossings = followed(mixed(locker, body), 420, person="bo")
    moved = [each for each in crossings if after_s(each.decided_ns) > 40]
    assert path(moved) == [("exit", "north"), ("entry", "south"), ("exit", "south")]
    assert after_s(moved[-1].at_ns) == pytest.approx(200, abs=1)


def test_a_tag_that_is_taken_up_again_counts() -> None:
    locker = still(0, 200, "pit", "bb02")
    body = stay(0, 100, "north", "bb01")
    worn = stay(200, 290, "south", "bb02")
    presence, _ = followed(mixed(locker, body, worn), person="bo")
    assert presence.zone == "south"


# What a site measured.

HEARING = "\n".join(
    f'[[hearing]]\nreader = "reader-1"\npoint = "{point}"\nzone = "{zone}"\nseconds = 60\n'
    f"reads = {sum(counts)}\nfrom_dbm = -70\nstep_db = 10\ncounts = {counts}"
    for zone, point, counts in (
        ("north", "1", [300, 60, 0]),
        ("north", "2", [20, 300, 300]),
        ("south", "1", [20, 0, 0]),
        ("south", "2", [300, 300, 0]),
    )
)
"""The south antenna hears the north better than its own."""


def test_what_was_measured_overrules_where_antennas_hang() -> None:
    model = PresenceModel.of(premises(HEARING), PresenceSettings())
    loud = [*stay(0, 10, "south", level=-50), *stay(0, 10, "north", level=-62)]
    heard = blocks(sorted(loud, key=lambda each: each.t_ns))
    assert followed(heard, model=model)[0].zone == "north"
    assert followed(heard)[0].zone == "south"


def test_a_beacon_is_heard_fainter_than_a_passive_tag() -> None:
    """-85 dBm is next to nothing of a passive tag, and ordinary of a beacon."""
    beacon = [
        each.model_copy(update={"tag": "aa:bb:cc:dd:ee:01"})
        for each in stay(0, 10, "north", level=-85)
    ]
    assert followed(blocks(beacon))[0].zone == "north"


def test_a_presence_can_be_written_down_and_read_again() -> None:
    presence, _ = followed(blocks(stay(0, 10, "north")))
    assert pickle.loads(pickle.dumps(presence)) == presence
    assert len(pickle.dumps(presence)) < 4000
