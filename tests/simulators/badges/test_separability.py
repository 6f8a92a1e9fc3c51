"""How well zones are told apart, on walking whose answer one knows."""

from __future__ import annotations

import pytest

from contract.site import About, Device, Site
from contract.zone import Zone
from simulators.badges.calibration import Labelled
from simulators.badges.separability import separability
from tests.support.badge_recordings import as_reads, standing


def walked(zone: str, near: str, seconds: float = 60, begin_s: float = 0) -> list[Labelled]:
    reads = as_reads(standing(near, seconds, begin_s))
    return [Labelled(zone, "reader-1", r.point, r.t_ns, r.rssi_dbm) for r in reads]


APART = [*walked("a", "1"), *walked("b", "2"), *walked("c", "3")]
ALIKE = [*walked("a", "1"), *walked("b", "1", begin_s=100), *walked("c", "3")]


def test_zones_with_an_antenna_each_are_never_mistaken() -> None:
    for zone in separability(APART):
        assert zone.share_right == 1.0
        assert (zone.mistaken, zone.mistaken_looks) == (None, 0)
        assert zone.looks == zone.right >= 60
        assert (zone.reads, round(zone.seconds)) == (1200, 60)


def test_zones_that_sound_alike_are_named() -> None:
    found = {zone.zone: zone for zone in separability(ALIKE)}
    assert found["c"].share_right == 1.0
    for zone, other in (("a", "b"), ("b", "a")):
        share = found[zone].share_right
        assert share is not None
        assert share < 0.8
        assert found[zone].mistaken == other
        assert found[zone].mistaken_looks == found[zone].looks - found[zone].right


def test_no_look_is_asked_about_what_it_taught() -> None:
    """The other half is another world here: who asked what it had learned would see nothing."""
    moved = [*walked("a", "1", 30), *walked("a", "2", 30, begin_s=30)]
    moved += [*walked("b", "2", 30), *walked("b", "1", 30, begin_s=30)]
    assert [zone.share_right for zone in separability(moved)] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("labelled", "looks"),
    [
        pytest.param([], [], id="nothing was walked"),
        pytest.param(walked("a", "1", 0.05), [0], id="a single read leaves nothing to ask"),
        pytest.param(walked("a", "1", 0.1), [2], id="two reads ask each other"),
    ],
)
def test_too_little_is_no_error(labelled: list[Labelled], looks: list[int]) -> None:
    found = separability(labelled)
    assert [zone.looks for zone in found] == looks
    assert all(zone.looks or zone.share_right is None for zone in found)


def test_a_site_may_have_zones_where_nobody_walked() -> None:
    site = Site(
        site=About(id="hall"),
        zone=tuple(Zone(id=name) for name in ("a", "b", "c", "never")),
        device=(Device(id="reader-1", kind="reader", points={"1": "a", "2": "b", "3": "c"}),),
    )
    assert [(zone.zone, zone.share_right) for zone in separability(APART, site)] == [
        ("a", 1.0),
        ("b", 1.0),
        ("c", 1.0),
    ]
