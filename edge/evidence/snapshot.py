"""One picture of what happened, with boxes: it is there long before the clip is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from contract.instants import ns
from edge.evidence import faces
from edge.evidence.clip import NOTHING, NothingKeptError, shown
from edge.evidence.ring import Segment
from edge.vision import drawing
from edge.vision.masks import Masks
from edge.vision.people import PeopleModel, Picture, Seen
from edge.vision.tracker import Followed, Tracker
from edge.vision.watch import track_of

BEFORE_NS, AFTER_NS = ns(5), ns(2)
"""Whoever lies is a weak sight, and is known by having been followed down."""
EVERY_NS = ns(0.18)
JPEG_QUALITY = 85


def write(
    segments: Sequence[Segment], at_ns: int, masks: Masks, model: PeopleModel, out: Path
) -> None:
    """Write the picture nearest to `at_ns`, with blurred heads and boxes of who is seen.

    Raises
    ------
    NothingKeptError
        When there is no picture from five seconds before to two seconds after it.
    """
    tracker = Tracker()
    latest: tuple[int, Picture] | None = None
    people: Sequence[Seen] = ()
    followed: Sequence[Followed] = ()
    for t_ns, picture in shown(segments, at_ns - BEFORE_NS, at_ns + AFTER_NS):
        if latest and (t_ns - latest[0] < EVERY_NS or abs(latest[0] - at_ns) <= t_ns - at_ns):
            continue
        masks.blacken(picture)
        before, people = people, model.find(picture)
        followed = tracker.step(t_ns, people)
        latest = t_ns, picture
    if latest is None:
        raise NothingKeptError(NOTHING)
    picture = latest[1]
    if model.finds == "motion":
        faces.coarsen(picture)
    else:
        missed = [Seen(one.box_px, one.score) for one in followed if not one.is_seen]
        faces.blur(picture, [*people, *before, *missed])
    for one in followed:
        drawing.person(picture, track_of(one, model.finds), str(one.track))
    done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise NothingKeptError("the snapshot could not be made")
    out.write_bytes(encoded.tobytes())
