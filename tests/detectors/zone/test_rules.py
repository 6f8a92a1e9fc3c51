"""The other rules, each by named cases: company, crowding, stays, quiet tags, muster, rescuers."""

from __future__ import annotations

import pytest

from tests.support.rounds import Play, Round, Say

TANK = '[[zone]]\nid = "tank"\nhazard = "A"\nwearers = ["anna", "ben", "cleo", "dan"]\n'
HALL = '[[zone]]\nid = "hall"\n'
ATTENDED = """
[[zone]]
id = "tank"
hazard = "A"
adjacent = ["yard"]
permit_required = true
attendant = true
[[permit]]
id = "entry-1"
zones = ["tank"]
wearers = ["anna"]
attendants = ["ben"]
valid_from = 2026-11-02T07:00:00
valid_to = 2026-11-02T08:05:00
"""
IDLH = """
[[zone]]
id = "tank"
hazard = "A"
idlh = true
adjacent = ["yard"]
wearers = ["anna"]
rescue_training = ["rescue"]
[[certificate]]
wearer = "ben"
training = "rescue"
"""
PERMIT = """
[[permit]]
id = "entry-2"
zones = ["tank"]
wearers = ["cleo"]
valid_from = 2026-11-02T07:00:00
valid_to = 2026-11-02T08:01:00
"""

CASES = [
    # The two-person rule.
    pytest.param(
        TANK + "least_people = 2", "two_person",
        lambda r: r.enters(0, "anna", "tank").enters(8, "ben", "tank").until(60), [],
        id="two-person/they-come-one-by-one",
    ),
    pytest.param(
        TANK + "least_people = 2", "two_person",
        lambda r: r.enters(0, "anna", "tank").enters(1, "ben", "tank").leaves(20, "ben", "tank")
        .until(31),
        [("onset", 30)], id="two-person/the-second-leaves",
    ),
    pytest.param(
        TANK + "least_people = 2", "two_person",
        lambda r: r.enters(0, "anna", "tank").enters(1, "ben", "tank").leaves(20, "ben", "tank")
        .leaves(25, "anna", "tank").until(60),
        [], id="two-person/both-leave",
    ),
    pytest.param(
        TANK + "least_people = 2", "two_person",
        lambda r: r.enters(0, "anna", "tank").until(20).enters(21, "dan", "tank").until(60),
        [("onset", 10), ("clear", 41)], id="two-person/somebody-joins",
    ),
    # Attendants.
    pytest.param(
        ATTENDED, "no_attendant",
        lambda r: r.enters(0, "ben", "yard").enters(1, "anna", "tank").until(60), [],
        id="attendant/stands-outside",
    ),
    pytest.param(
        ATTENDED, "no_attendant",
        lambda r: r.enters(0, "ben", "yard").enters(1, "anna", "tank").leaves(20, "ben", "yard")
        .until(31),
        [("onset", 30)], id="attendant/goes-away",
    ),
    pytest.param(
        ATTENDED, "no_attendant",
        lambda r: r.enters(0, "ben", "yard").enters(1, "anna", "tank")
        .goes(20, "ben", "yard", "tank").until(31),
        [("onset", 30)], id="attendant/goes-in",
    ),
    pytest.param(
        ATTENDED, "no_attendant",
        lambda r: r.enters(0, "cleo", "yard").enters(1, "anna", "tank").until(12),
        [("onset", 11)], id="attendant/somebody-else-is-none",
    ),
    pytest.param(
        ATTENDED, "no_attendant",
        lambda r: r.enters(0, "ben", "yard").enters(1, "anna", "tank").until(301),
        [("onset", 300)], id="attendant/the-permit-ends",
    ),
    # Maximum occupancy.
    pytest.param(
        HALL + "most_people = 2", "overcrowded",
        lambda r: r.enters(0, "anna", "hall").enters(1, "ben", "hall").until(60), [],
        id="crowding/as-many-as-may",
    ),
    pytest.param(
        HALL + "most_people = 2", "overcrowded",
        lambda r: r.enters(0, "anna", "hall").enters(1, "ben", "hall").enters(2, "cleo", "hall")
        .until(3).leaves(3, "anna", "hall").until(60),
        [("onset", 2), ("clear", 23)], id="crowding/one-too-many",
    ),
    pytest.param(
        HALL + "most_people = 2", "overcrowded",
        lambda r: r.enters(0, "anna", "hall").enters(1, "ben", "hall").enters(2, "cleo", "hall")
        .leaves(3, "anna", "hall").enters(4, "dan", "hall").until(6),
        [("onset", 2)], id="crowding/one-leaves-and-another-comes-is-the-same",
    ),
    # The longest stay.
    pytest.param(
        HALL + 'max_stay_s = 60\nexposure = "heat"', "overstay",
        lambda r: r.enters(0, "anna", "hall").leaves(59, "anna", "hall").until(120), [],
        id="stay/in-time",
    ),
    pytest.param(
        HALL + 'max_stay_s = 60\nexposure = "heat"', "overstay",
        lambda r: r.enters(0, "anna", "hall").until(200).leaves(201, "anna", "hall").until(300),
        [("onset", 60), ("update", 180), ("clear", 221)], id="stay/too-long",
    ),
    pytest.param(
        HALL + "max_stay_s = 60", "overstay",
        lambda r: r.enters(0, "anna", "hall").leaves(50, "anna", "hall").enters(55, "anna", "hall")
        .until(110), [],
        id="stay/without-a-rest-it-counts-afresh",
    ),
    pytest.param(
        HALL + "max_stay_s = 60\nrest_s = 600", "overstay",
        lambda r: r.enters(0, "anna", "hall").leaves(50, "anna", "hall").enters(300, "anna", "hall")
        .until(312), [("onset", 310)],
        id="stay/a-short-rest-is-none",
    ),
    pytest.param(
        HALL + "max_stay_s = 60\nrest_s = 600", "overstay",
        lambda r: r.enters(0, "anna", "hall").leaves(50, "anna", "hall").enters(650, "anna", "hall")
        .until(700), [],
        id="stay/rested",
    ),
    # Alone.
    pytest.param(
        HALL + "alone_max_s = 60", "lone_work",
        lambda r: r.enters(0, "anna", "hall").enters(30, "ben", "hall").leaves(40, "ben", "hall")
        .until(101),
        [("onset", 100)], id="alone/since-the-other-left",
    ),
    pytest.param(
        HALL + "alone_max_s = 60", "lone_work",
        lambda r: r.enters(0, "anna", "hall").enters(30, "ben", "hall").until(200), [],
        id="alone/never",
    ),
    # A tag goes quiet.
    pytest.param(
        TANK, "badge_silent",
        lambda r: r.enters(0, "anna", "tank").falls_quiet(20, "anna", "tank").until(400),
        [("onset", 110), ("update", 320)], id="quiet/after-90-s-and-after-5-min",
    ),
    pytest.param(
        TANK, "badge_silent",
        lambda r: r.enters(0, "anna", "tank").falls_quiet(20, "anna", "tank").until(60)
        .enters(61, "anna", "yard").until(400),
        [], id="quiet/heard-again-in-time",
    ),
    pytest.param(
        TANK, "badge_silent",
        lambda r: r.enters(0, "anna", "tank").falls_quiet(20, "anna", "tank").until(150)
        .enters(151, "anna", "yard").until(400),
        [("onset", 110), ("clear", 151)], id="quiet/heard-elsewhere",
    ),
    pytest.param(
        TANK + "way_out = true", "badge_silent",
        lambda r: r.enters(0, "anna", "tank").falls_quiet(20, "anna", "tank").until(400),
        [], id="quiet/gone-home",
    ),
    pytest.param(
        HALL, "badge_silent",
        lambda r: r.enters(0, "anna", "hall").falls_quiet(20, "anna", "hall").until(400),
        [], id="quiet/where-nothing-harms",
    ),
    pytest.param(
        TANK.replace('"A"', '"B"') + 'state = "locked_out"', "badge_silent",
        lambda r: r.enters(0, "anna", "tank").falls_quiet(20, "anna", "tank").until(400),
        [], id="quiet/in-a-lane-that-is-closed",
    ),
    pytest.param(
        TANK, "blind_area",
        lambda r: r.enters(0, "anna", "tank").enters(0, "ben", "tank").enters(0, "cleo", "tank")
        .falls_quiet(20, "anna", "tank").falls_quiet(21, "ben", "tank")
        .falls_quiet(22, "cleo", "tank").until(200),
        [("onset", 110)], id="quiet/three-at-once-is-the-reader",
    ),
    pytest.param(
        TANK, "badge_silent",
        lambda r: r.enters(0, "anna", "tank").enters(0, "ben", "tank").enters(0, "cleo", "tank")
        .falls_quiet(20, "anna", "tank").falls_quiet(21, "ben", "tank")
        .falls_quiet(22, "cleo", "tank").until(200),
        [], id="quiet/three-at-once-is-nobody-in-particular",
    ),
    # Muster.
    pytest.param(
        HALL + "evacuate_s = 60", "not_evacuated",
        lambda r: r.enters(0, "anna", "hall").evacuation(10).goes(50, "anna", "hall", "shelter")
        .until(200), [],
        id="muster/out-in-time",
    ),
    pytest.param(
        HALL + "evacuate_s = 60", "not_evacuated",
        lambda r: r.enters(0, "anna", "hall").enters(0, "ben", "hall").evacuation(10).until(80)
        .leaves(80, "anna", "hall").until(100).leaves(101, "ben", "hall").until(200),
        [("onset", 70), ("update", 80), ("clear", 121)], id="muster/who-is-still-inside",
    ),
    pytest.param(
        HALL + "evacuate_s = 60", "not_evacuated",
        lambda r: r.enters(0, "anna", "hall").evacuation(10).until(90).evacuation(90, on=False)
        .until(200),
        [("onset", 70), ("clear", 110)], id="muster/all-clear",
    ),
    pytest.param(
        HALL + "evacuate_s = 60", "not_evacuated",
        lambda r: r.enters(0, "anna", "hall").falls_quiet(20, "anna", "hall").evacuation(40)
        .until(102),
        [("onset", 100)], id="muster/whose-tag-is-quiet-may-be-inside",
    ),
    pytest.param(
        HALL + "evacuate_s = 60", "not_evacuated",
        lambda r: r.enters(0, "anna", "hall").evacuation(10, "yard").until(200), [],
        id="muster/another-zone",
    ),
    pytest.param(
        HALL, "not_evacuated",
        lambda r: r.evacuation(10).enters(20, "anna", "shelter").until(400), [],
        id="muster/at-the-assembly-point",
    ),
    # Rescuers.
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "anna", "tank").goes_down(30, "anna", "tank")
        .enters(40, "cleo", "yard").until(60),
        [("onset", 40)], id="rescuer/comes-to-the-edge",
    ),
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "anna", "tank").goes_down(30, "anna", "tank")
        .enters(40, "ben", "yard").until(60),
        [], id="rescuer/trained",
    ),
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "cleo", "yard").enters(0, "anna", "tank")
        .goes_down(30, "anna", "tank").until(60),
        [], id="rescuer/stood-there-before",
    ),
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "cleo", "yard").enters(0, "anna", "tank")
        .goes_down(30, "anna", "tank").is_refused(35, "cleo", "tank").until(60),
        [("onset", 35)], id="rescuer/tries-the-door",
    ),
    pytest.param(
        IDLH + PERMIT, "rescuer",
        lambda r: r.enters(0, "anna", "tank").goes_down(30, "anna", "tank")
        .enters(40, "cleo", "yard").until(62),
        [("onset", 60)], id="rescuer/whose-permit-ends",
    ),
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "anna", "tank").enters(10, "cleo", "yard").until(60), [],
        id="rescuer/nobody-is-down",
    ),
    pytest.param(
        IDLH, "rescuer",
        lambda r: r.enters(0, "anna", "tank").goes_down(30, "anna", "tank")
        .enters(40, "cleo", "yard").goes_down(30, "anna", "tank", over=True).until(80),
        [("onset", 40), ("clear", 60)], id="rescuer/who-was-down-is-up",
    ),
    pytest.param(
        IDLH, "zone_breach",
        lambda r: r.enters(0, "anna", "tank").goes_down(30, "anna", "tank")
        .enters(40, "cleo", "yard").goes(45, "cleo", "yard", "tank").until(46),
        [("onset", 45)], id="rescuer/goes-in",
    ),
    # Unknown tags.
    pytest.param(
        HALL + "unknown_tags = true", "unknown_tag",
        lambda r: r.enters(0, "tag:e2009999", "hall").enters(1, "tag:e2008888", "hall").until(4),
        [("onset", 0)], id="unknown-tag/where-the-zone-minds",
    ),
    pytest.param(
        HALL, "unknown_tag", lambda r: r.enters(0, "tag:e2009999", "hall").until(4), [],
        id="unknown-tag/elsewhere",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zones", "kind", "play", "said"), CASES)
def test_each_rule(zones: str, kind: str, play: Play, said: list[Say]) -> None:
    assert play(Round(zones)).said(kind) == said


def test_a_muster_names_who_is_left() -> None:
    play = Round(HALL + "evacuate_s = 60").enters(0, "anna", "hall").enters(0, "ben", "hall")
    play.enters(0, "dan", "hall").falls_quiet(5, "dan", "hall").evacuation(30).until(91)
    told = play.last("not_evacuated")
    assert told.reason == "3 are still in hall: anna, ben, dan (not heard)"
    assert told.facts["people"] == 3


def test_the_muster_follows_who_comes_back() -> None:
    """The number is the same again, the people are not."""
    play = Round(HALL + "evacuate_s = 60").enters(0, "anna", "hall").evacuation(0).until(61)
    play.enters(65, "ben", "hall").leaves(65, "anna", "hall").until(80)
    assert "ben" in play.last("not_evacuated").reason
    assert "anna" not in play.last("not_evacuated").reason


def test_a_blind_area_names_who_was_there() -> None:
    play = Round(TANK)
    for person in ("anna", "ben", "cleo"):
        play.enters(0, person, "tank")
    for person in ("anna", "ben", "cleo"):
        play.falls_quiet(20, person, "tank")
    told = play.until(111).last("blind_area")
    assert told.reason == "3 tags in tank fell quiet at once: anna, ben, cleo"
    assert told.device == "reader-1"
