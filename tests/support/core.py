"""The core by itself: blocks in, detections out, with no shell around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.detection import Detection
from contract.message import Block
from detectors import catalogue
from detectors.detector import Detector
from detectors.pipeline import Pipeline
from tests.support.hall import hall
from tests.support.posture_weights import by_posture


def pipeline(*more: Detector, exercise: bool = False) -> Pipeline:
    """Return a pipeline of the small hall, with its own detectors and these.

    Its falls are told by posture: what the trained model makes of a body that a test wrote down is
    nobody's promise.
    """
    site = hall()
    own = (by_posture().at(site) if d.kind == "fall" else d for d in catalogue.build(site))
    added = (detector.at(site) for detector in more)
    return Pipeline(site, (*own, *added), exercise=exercise)


def fed(to: Pipeline, sent: Iterable[Block], *, late: bool = False) -> list[Detection]:
    """Return all that a pipeline detects in blocks, in the order in which it says it."""
    return [found for block in sent for found in to.feed(block, late=late).detections]


def onsets(found: Sequence[Detection], kind: str = "fall") -> list[Detection]:
    """Return the beginnings among detections."""
    return [d for d in found if d.kind == kind and d.phase == "onset"]
