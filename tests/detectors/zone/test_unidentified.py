"""A camera sees more people in a hazard zone than badges explain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from contract.detection import Detection
from contract.instants import ns
from contract.message import Block
from contract.reads import ReadsBlock
from contract.site import Site
from detectors.pipeline import Pipeline
from detectors.vision.detector import CameraDetector
from detectors.zone.detector import ZoneDetector
from tests.support.badges import sent, walk
from tests.support.filmed import T0_NS, Body, empty, filmed, walking
from tests.support.hall import TOML, hall

SITE = hall(TOML.replace('hazard = "C"', 'hazard = "C"\nroles = ["operator"]'))


def standing(x_px: float, track: int, from_s: float, lasts_s: float) -> list[Body]:
    return [
        replace(Body((x_px, 400), track=track), t_s=from_s + n / 10)
        for n in range(round(lasts_s * 10))
    ]


def badge(from_s: float, lasts_s: float) -> list[ReadsBlock]:
    """Keller, who may be there, carries a badge through the stores."""
    stays = [("aisle", from_s), ("stores", lasts_s)]
    return list(sent(walk(stays)))


def breaches(*stream: Iterable[Block], site: Site = SITE) -> Sequence[Detection]:
    pipeline = Pipeline(site, [d.at(site) for d in (CameraDetector(), ZoneDetector())])
    found: list[Detection] = []
    every = sorted((b for part in stream for b in part), key=lambda block: block.end_ns)
    end_ns = every[-1].end_ns + ns(60)
    tick_ns = T0_NS
    for block in every:
        while tick_ns + ns(1) <= block.end_ns:
            tick_ns += ns(1)
            found += pipeline.tick(tick_ns).detections
        found += pipeline.feed(block).detections
    while tick_ns < end_ns:
        tick_ns += ns(1)
        found += pipeline.tick(tick_ns).detections
    assert all(d.kind != "visit" for d in found)
    return [d for d in found if d.kind == "zone_breach"]


def test_somebody_without_a_badge_is_a_breach_that_ends() -> None:
    found = breaches(filmed(standing(400, 1, 0, 12)), empty(12, 40))
    assert [d.phase for d in found] == ["onset", "update", "clear"]
    assert found[0].person is None
    assert 11 <= found[-1].facts.dwell_s <= 13
    assert (found[0].zone, found[0].device) == ("stores", "camera-1")
    assert "an unidentified person is in stores" in found[0].reason


def test_whom_a_badge_explains_is_none() -> None:
    assert breaches(badge(4, 30), filmed(standing(400, 1, 10, 12)), empty(22, 20)) == []


def test_two_in_two_zones_of_one_camera_are_two_claims_about_two_people() -> None:
    lane = "[[0, 240], [320, 240], [320, 480], [0, 480]]"
    drawn = TOML.replace("[device.view.image_zones]", f"[device.view.image_zones]\naisle = {lane}")
    site = hall(drawn.replace('id = "aisle"', 'id = "aisle"\nhazard = "C"'))
    found = breaches(filmed(standing(400, 1, 0, 9), standing(100, 2, 2, 7)), empty(9, 5), site=site)
    onsets = [d for d in found if d.phase == "onset"]
    assert [(d.zone, d.subject) for d in onsets] == [
        ("stores", "track:camera-1/0/1"),
        ("aisle", "track:camera-1/0/2"),
    ]


def test_a_breach_is_one_claim_while_those_who_are_there_change() -> None:
    found = breaches(filmed(standing(400, 1, 0, 8), standing(560, 2, 4, 20)), empty(24, 40))
    assert found[-1].phase == "clear"
    assert {d.subject for d in found} == {"track:camera-1/0/1"}
    assert len({d.id for d in found}) == 1


def test_a_breach_is_one_claim_while_the_camera_that_sees_it_changes() -> None:
    first = SITE.devices["camera-1"]
    site = SITE.model_copy(
        update={"device": (*SITE.device, first.model_copy(update={"id": "camera-2"}))}
    )
    other = filmed(standing(560, 5, 4, 20), device="camera-2")
    found = breaches(filmed(standing(400, 1, 0, 8)), other, empty(8, 40), site=site)
    assert len({d.id for d in found}) == 1


def test_two_people_and_one_badge_are_one_too_many() -> None:
    two = filmed(standing(400, 1, 10, 12), standing(560, 2, 12, 10))
    found = breaches(badge(4, 30), two, empty(22, 20))
    assert found[0].phase == "onset"
    assert "camera-1 sees 2, and one badge is there" in found[0].reason


def test_a_badge_may_be_read_a_moment_later() -> None:
    passes = [
        *standing(400, 1, 0, 1.0),
        *walking(Body((400, 400), t_s=1.0), (200, 400), 1.0),
        *walking(Body((200, 400), t_s=2.0), (200, 400), 4.0),
    ]
    assert breaches(filmed(passes), empty(6, 20)) == []
