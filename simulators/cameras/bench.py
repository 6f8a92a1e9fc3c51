"""Runs cameras' films through edge and pipeline, and scores what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract.detection import Detection
from contract.detection_kinds import DOWN, DetectionKind
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, seconds
from contract.message import Block
from contract.site import Site
from detectors.detector import Detector
from detectors.fall.detector import FallDetector
from detectors.fusion import FusionDetector
from detectors.pipeline import Pipeline
from detectors.vision.detector import CameraDetector
from simulators.cameras.films import Clip, DrawnZone, Scene, clips, scenes
from simulators.cameras.scoring import (
    HELD_S,
    FallScore,
    Reported,
    ZoneScore,
    score_clip,
    score_zone,
)
from simulators.cameras.watching import CAMERA, T0_NS, Cost, Eye, Watched, watch
from simulators.errors import AccuracyError
from simulators.recordings import urfd
from simulators.recordings.blocks import blocks

BELT, WEARER = "belt-1", "somebody"
AFTER_S = 60
"""So long the clock ticks on after a film: whoever is in view at its end leaves with it."""
Progress = Callable[[int, int], None]


def quiet(_done: int, _total: int) -> None:
    """Show no progress."""


@dataclass(slots=True)
class Told:
    """What the pipeline told of one film."""

    detections: list[Detection] = field(default_factory=list)
    visits: list[Detection] = field(default_factory=list)

    def falls_s(self) -> list[float]:
        """Return when each fall was told, in seconds of the film."""
        return [
            seconds(found.decided_ns - T0_NS)
            for found in self.detections
            if found.kind in DOWN and found.phase == "onset"
        ]

    def reported(self) -> list[Reported]:
        """Return the visits, of those that ended."""
        begun = {d.id: d for d in self.visits if d.phase == "onset"}
        found = []
        for ended in (d for d in self.visits if d.phase == "clear" and d.id in begun):
            first_s = seconds(ended.onset_ns - T0_NS)
            told_s = seconds(begun[ended.id].decided_ns - T0_NS)
            last_s = first_s + ended.evidence["dwell_s"]
            found.append(Reported(ended.zone or "", first_s, last_s, told_s))
        return found


@dataclass(slots=True)
class ZoneBench:
    """Zone scenes, by scene and zone."""

    zones: dict[tuple[str, str], ZoneScore] = field(default_factory=dict)
    cost: Cost = field(default_factory=Cost)

    @property
    def total(self) -> ZoneScore:
        """All together."""
        return sum(self.zones.values(), ZoneScore())


@dataclass(slots=True)
class FallBench:
    """Clips of falls by their name, and how many have a wearable's recording as well."""

    clips: dict[str, FallScore] = field(default_factory=dict)
    together: FallScore = field(default_factory=FallScore)
    """Camera and wearable, of the falls that both recorded."""
    worn_only: FallScore = field(default_factory=FallScore)
    seen_only: FallScore = field(default_factory=FallScore)
    events: int = 0
    """What camera and wearable told in all: one a fall, or some are told twice."""
    cost: Cost = field(default_factory=Cost)

    @property
    def total(self) -> FallScore:
        """All films by camera alone."""
        return sum(self.clips.values(), FallScore())


def bench_zones(
    folder: Path, eye: Eye, detector: CameraDetector, progress: Progress = quiet
) -> ZoneBench:
    """Score the zone scenes of a folder."""
    found = scenes(folder)
    bench = ZoneBench()
    for done, scene in enumerate(found):
        progress(done, len(found))
        watched = watch(scene.path, scene.fps, eye, bench.cost)
        reported = run(site_of(scene), (detector,), watched.blocks).reported()
        for zone, name in _named(scene):
            mine = [each for each in reported if each.zone == name]
            score = score_zone(zone, [m._replace(zone=zone.id) for m in mine], watched.frame_s)
            bench.zones[scene.name, zone.id] = score
    progress(len(found), len(found))
    return bench


def bench_falls(
    folder: Path, eye: Eye, detector: CameraDetector, progress: Progress = quiet
) -> FallBench:
    """Score the clips of falls of a folder; no fall may be told in its zone scenes either."""
    bench = FallBench()
    films = clips(folder)
    others = scenes(folder) if any(folder.glob("zones/*/scene.json")) else ()
    for done, clip in enumerate(films):
        progress(done, len(films) + len(others))
        watched = watch(clip.path, clip.fps, eye, bench.cost, HELD_S)
        told_s = run(_bare(), (detector,), watched.blocks).falls_s()
        bench.clips[clip.video] = score_clip(clip, told_s, watched.end_s)
        if clip.imu is not None and clip.kind == "fall":
            _together(bench, clip, watched, detector)
    for done, scene in enumerate(others, start=len(films)):
        progress(done, len(films) + len(others))
        watched = watch(scene.path, scene.fps, eye, bench.cost)
        told_s = run(_bare(), (detector,), watched.blocks).falls_s()
        bench.clips[f"{scene.name} (zones)"] = FallScore(activities=1, false=len(told_s))
    progress(len(films) + len(others), len(films) + len(others))
    return bench


def _together(bench: FallBench, clip: Clip, watched: Watched, detector: CameraDetector) -> None:
    """Score a fall by camera and wearable, by one, and by the other."""
    assert clip.imu is not None
    sent = _worn(clip.folder / clip.imu)
    all_three = (detector, FallDetector(), FusionDetector())
    merged = sorted([*watched.blocks, *sent], key=lambda block: block.end_ns)
    told = run(_bare(), all_three, merged)
    bench.together += score_clip(clip, told.falls_s(), watched.end_s)
    bench.events += len(told.falls_s())
    bench.worn_only += score_clip(clip, run(_bare(), all_three, sent).falls_s(), watched.end_s)
    bench.seen_only += bench.clips[clip.video]


def _worn(path: Path) -> list[ImuBlock]:
    (trial,) = urfd.read(path)
    return list(blocks(trial, BELT, 0, T0_NS, 0.25, HELD_S))


def run(site: Site, detectors: Sequence[Detector], stream: Sequence[Block]) -> Told:
    """Feed blocks to the pipeline, with a tick a second and for a while after.

    Raises
    ------
    AccuracyError
        When a detector raised: a score would say nothing of it.
    """
    pipeline = Pipeline(site, [detector.at(site) for detector in detectors])
    told = Told()
    tick_ns = T0_NS
    for block in stream:
        while tick_ns + NS_PER_S <= block.end_ns:
            tick_ns += NS_PER_S
            _take(told, pipeline, tick_ns)
        _take(told, pipeline, block)
    for _ in range(AFTER_S):
        tick_ns += NS_PER_S
        _take(told, pipeline, tick_ns)
    return told


def _take(told: Told, pipeline: Pipeline, of: Block | int) -> None:
    outcome = pipeline.tick(of) if isinstance(of, int) else pipeline.feed(of)
    for fault in outcome.faults:
        raise AccuracyError(f"the detector {fault.detector} raised: {fault.reason}")
    told.detections += outcome.detections
    told.visits += [found for found in outcome.observations if found.kind == DetectionKind.VISIT]


def site_of(scene: Scene) -> Site:
    """Return a site with a scene's zones and one camera that looks at them."""
    drawn = {name: zone.polygon for zone, name in _named(scene)}
    return Site.model_validate(
        {
            "site": {"id": "filmed"},
            "zone": [{"id": name, "hazard": "C"} for name in drawn],
            "device": [
                {
                    "id": CAMERA,
                    "kind": "camera",
                    "view": {"size_px": scene.size, "image_zones": drawn},
                }
            ],
        }
    )


def _named(scene: Scene) -> Iterator[tuple[DrawnZone, str]]:
    """Yield each zone with a name that a site file takes."""
    for number, zone in enumerate(scene.zones):
        yield zone, f"zone-{number}"


def _bare() -> Site:
    """Return a site with one camera, and somebody who wears a belt."""
    return Site.model_validate(
        {
            "site": {"id": "filmed"},
            "wearer": [{"id": WEARER, "name": "Somebody"}],
            "device": [
                {"id": CAMERA, "kind": "camera"},
                {"id": BELT, "kind": "imu", "wearer": WEARER, "worn": "trunk"},
            ],
        }
    )
