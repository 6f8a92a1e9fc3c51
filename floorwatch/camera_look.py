"""Looks through a camera for some seconds, and says what it sees and what would come of it."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from contract.detection_kinds import DOWN
from contract.instants import NS_PER_S, ns
from contract.site import Device, Site
from contract.tracks import Frame, TracksBlock
from detectors.finding import Finding
from detectors.subject import Subject
from detectors.vision.detector import CameraDetector
from detectors.vision.floor import Floor
from edge.errors import EdgeError
from edge.vision import drawing
from edge.vision.address import password_of, told, with_credentials
from edge.vision.loader import load
from edge.vision.masks import Masks
from edge.vision.model import Model
from edge.vision.people import Picture
from edge.vision.stream import StreamEndedError, open_stream, picture_of
from edge.vision.watch import Watch

FPS = 15.0
"""At most so many pictures a second are looked at."""


@dataclass
class CameraReport:
    """What was seen, in the last picture and over all of the time."""

    address: str
    codec: str
    model: str
    sees: str
    out: Path
    size_px: tuple[int, int] = (0, 0)
    looked_s: float = 0.0
    pictures: int = 0
    ms_a_picture: float = 0.0
    view: str = "clear"
    people: list[dict[str, Any]] = field(default_factory=list)
    found: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, for a program."""
        return {**self.__dict__, "out": str(self.out), "size_px": list(self.size_px)}

    def lines(self) -> list[str]:
        """Return all of it, for a person."""
        return [
            f"{self.address}: {self.codec}, {self.size_px[0]} x {self.size_px[1]}",
            f"{self.pictures} pictures of {self.looked_s:.1f} s looked at with {self.model}, "
            f"{self.ms_a_picture:.0f} ms of processor time each",
            *([] if self.view == "clear" else [f"The camera is blind: {self.view}."]),
            *self.notes,
            "In the last picture:" if self.people else "Nobody is in the last picture.",
            *(f"  {one['caption']}" for one in self.people),
            "It would be told:" if self.found else "Nothing would be told.",
            *(f"  at {one['at_s']:.1f} s: {one['kind']}: {one['reason']}" for one in self.found),
            f"The picture is {self.out}.",
        ]


def look(
    url: str, site: Site, device: Device, model: Model, *, from_s: float, for_s: float, out: Path
) -> CameraReport:
    """Look, draw the last picture, and return the report.

    Raises
    ------
    EdgeError
        When the stream cannot be opened, has no picture, or the model is not there.
    """
    people_model = load(model)
    view = device.view
    masks = Masks(view.size_px, view.masks) if view else Masks((1, 1), ())
    watch = Watch(people_model, masks, gated=False)
    detector = CameraDetector().at(site)
    state = detector.start(Subject(device.id, device.id))
    floor = Floor.of(device, site)
    username = next(
        (each.get("username") for agent in site.agent for each in agent.sensors
         if each.get("kind") == "camera" and each.get("device") == device.id),
        None,
    )  # fmt: skip
    address = with_credentials(url, username, password_of(device.id))
    found: list[tuple[float, Finding]] = []
    last: tuple[Picture, Frame] | None = None
    spent_s = 0.0
    with closing(open_stream(address)) as stream:
        report = CameraReport(told(url), stream.codec, people_model.name, people_model.finds, out)
        first_s: float | None = None
        due_s = from_s
        try:
            for _packet, frames in stream.read():
                for each in frames:
                    at_s = each.time or 0.0
                    first_s = at_s if first_s is None else first_s
                    at_s -= first_s
                    if at_s < due_s:
                        continue
                    due_s = at_s + 0.9 / FPS
                    picture = picture_of(each)
                    began_s = time.process_time()
                    # Detectors refuse nothing of the year 1970, but 0 is "never" to some.
                    frame = watch.step(NS_PER_S + ns(at_s), picture)
                    spent_s += time.process_time() - began_s
                    report.pictures += 1
                    report.looked_s = at_s - from_s
                    if frame is None:
                        continue
                    report.size_px = picture.shape[1], picture.shape[0]
                    last = picture, frame
                    block = TracksBlock(
                        device=device.id,
                        seq=report.pictures,
                        t0_ns=frame.t_ns,
                        size_px=report.size_px,
                        frames=(frame,),
                        sees=people_model.finds,
                    )
                    state, said = detector.step(state, block)
                    found += [(at_s, one) for one in said if one.phase == "onset"]
                if report.looked_s >= for_s:
                    break
        except StreamEndedError:
            pass
    if last is None:
        raise EdgeError(f"{report.address}: no picture came after {from_s:g} s")
    report.ms_a_picture = 1000 * spent_s / report.pictures
    report.found = [
        {"at_s": at_s, "kind": one.kind, "zone": one.zone, "reason": one.reason}
        for at_s, one in found
    ]
    _finish(report, site, device, floor, *last)
    return report


def _finish(
    report: CameraReport, site: Site, device: Device, floor: Floor, picture: Picture, frame: Frame
) -> None:
    report.view = frame.view
    if report.sees == "motion":
        report.notes.append(
            "This sees motion only: it cannot tell a person from a door, and finds nobody who "
            "lies still."
        )
    _draw_zones(report, site, device, picture)
    down = any(one["kind"] in DOWN for one in report.found)
    for track in frame.tracks:
        zones = floor.zones(track.foot_px, report.size_px)
        where = f"in {', '.join(zones)}" if zones else "in no zone"
        x, y = track.foot_px
        caption = (
            f"{track.seen} {track.track}, feet at ({x:.0f}, {y:.0f}) {where}, "
            f"sure to {track.confidence:.2f}"
        )
        report.people.append({**track.model_dump(), "zones": list(zones), "caption": caption})
        drawing.person(
            picture, track, f"{track.track} {' '.join(zones)}", alarm=bool(zones or down)
        )
    told_of = "; ".join(one["kind"] for one in report.found) or "nothing would be told"
    drawing.label(picture, f"{device.id}: {told_of}", (4, picture.shape[0]))
    if not cv2.imwrite(str(report.out), picture):
        raise EdgeError(
            f"{report.out} cannot be written: is it a .jpg or .png in a folder of yours?"
        )


def _draw_zones(report: CameraReport, site: Site, device: Device, picture: Picture) -> None:
    view = device.view
    if view is None:
        report.notes.append("No zone is drawn for it in a site file.")
        return
    width, height = report.size_px
    across, down = width / view.size_px[0], height / view.size_px[1]
    if abs(across - down) > 0.02 * across:
        report.notes.append(
            f"Zones were drawn on a picture of {view.size_px[0]} x {view.size_px[1]}, which has "
            "other proportions: they are wrong here."
        )
    drawn = dict(view.image_zones)
    if view.floor is not None:
        for zone in site.zone:
            corners = [view.floor.to_px(corner) for corner in zone.polygon_m]
            seen = tuple(corner for corner in corners if corner is not None)
            if zone.id not in drawn and len(seen) >= 3 and len(seen) == len(corners):
                drawn[zone.id] = seen
    for name, polygon in drawn.items():
        drawing.zone(picture, name, [(x * across, y * down) for x, y in polygon])
