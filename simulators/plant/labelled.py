"""Labelled walking: what a site records to calibrate its readers, here with the work going on.

Some people walk about in one zone after another and say which; everybody else works as usual, with
other people and other noise than what is scored, because a reader's time is shared by all tags.
"""

from __future__ import annotations

from functools import partial
from math import ceil

import numpy as np

from contract.instants import ns
from contract.site import Device
from simulators.badges.calibration import Labelled
from simulators.plant.layout import Box
from simulators.plant.people import Badge
from simulators.plant.plant import START_NS, Plant, hear
from simulators.plant.progress import Progress, silent
from simulators.plant.way import Point, Way

WALKERS = 8
ZONE_S = 60.0
PACE_M_A_S, RUN_M_A_S = 1.0, 20.0
APART_M, EDGE_M = 2.5, 0.5
"""How far apart they walk up and down, and how near they come to the zone's ends."""
CLEAR_S = 1.0
"""Reads this near the change of zone are left out: nobody presses a button at the very line."""


def labelled(
    plant: Plant, seed: int, zone_s: float = ZONE_S, progress: Progress = silent
) -> tuple[Labelled, ...]:
    """Return what is heard of `WALKERS` people who share out the plant's zones among them.

    They walk up and down each zone, for `zone_s` or until they have been everywhere. The reads of
    a walker are in the order of their reports, so times go back now and then.
    """
    zones = list(plant.layout.boxes)
    rng = np.random.default_rng([seed, 44])
    spans: list[list[tuple[float, float, str]]] = []
    walkers: list[Badge] = []
    for number in range(WALKERS):
        mine = zones[number::WALKERS]
        way, span = _round(plant, mine, zone_s, rng)
        device = Device(id=f"calibration-{number + 1}", kind="badge", tag=f"ca11b8a7e{number:015x}")
        walkers.append(Badge(device, device.id, way))
        spans.append(span)
    lasts_s = max(badge.way.now_s for badge in walkers)
    badges = (*plant.people.badges, *walkers)
    told = hear(
        plant.channel,
        plant.array,
        plant.around,
        badges,
        lasts_s,
        rng,
        plant.layout,
        partial(progress, "walking about to calibrate"),
    )
    first = len(plant.people.badges)
    reads: list[Labelled] = []
    for row in np.flatnonzero(told.tag >= first):
        at_s, number = float(told.at_s[row]), int(told.tag[row]) - first
        zone = next((z for a, b, z in spans[number] if a <= at_s < b), None)
        if zone is not None:
            antenna = plant.layout.antennas[int(told.antenna[row])]
            rssi_dbm = float(told.rssi_dbm[row])
            reads.append(
                Labelled(zone, antenna.reader, antenna.point, START_NS + ns(at_s), rssi_dbm)
            )
    return tuple(reads)


def _round(
    plant: Plant, zones: list[str], zone_s: float, rng: np.random.Generator
) -> tuple[Way, list[tuple[float, float, str]]]:
    """Walk one zone after the other; from one to the next the walker runs, and says nothing."""
    way: Way | None = None
    spans = []
    for zone in zones:
        up_and_down = _up_and_down(plant.layout.boxes[zone])
        if way is None:
            way = Way.begin(rng, up_and_down[0])
        way.walk(up_and_down[0], RUN_M_A_S)
        begun_s = way.now_s
        while way.now_s - begun_s < zone_s:
            for corner in up_and_down:
                way.walk(corner, PACE_M_A_S)
            up_and_down.reverse()
        spans.append((begun_s + CLEAR_S, way.now_s - CLEAR_S, zone))
    assert way is not None
    return way, spans


def _up_and_down(box: Box) -> list[Point]:
    """Return the corners of lines along the longer side, `APART_M` apart at most."""
    x0, y0, x1, y1 = box
    wide = x1 - x0 >= y1 - y0
    (low, high), (side, other) = ((x0, x1), (y0, y1)) if wide else ((y0, y1), (x0, x1))
    count = ceil((other - side) / APART_M)
    corners: list[Point] = []
    for line in range(count):
        across = side + (line + 0.5) * (other - side) / count
        ends = [low + EDGE_M, high - EDGE_M]
        ends = ends if line % 2 == 0 else ends[::-1]
        corners += [(along, across) if wide else (across, along) for along in ends]
    return corners
