"""A recording through the real pipeline, as its device would have sent it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from contract.detection_kinds import DetectionKind
from contract.imu import ImuBlock
from contract.site import Device, Site, Wearer, Worn
from detectors.detector import Detector
from detectors.pipeline import Pipeline
from simulators.accuracy.truth import Claim
from simulators.errors import AccuracyError, RecordingError
from simulators.recordings.blocks import blocks
from simulators.recordings.trial import Trial

BLOCK_S = 1.0
HELD_S = 3.0
"""The last sample is held this long: many recordings end before it is seen what came of a fall.
Whoever lies at the end of one is thereby taken to lie on."""
DEVICE = "worn-1"
T0_NS = 1_700_000_000_000_000_000


def site_of(worn: Worn) -> Site:
    """Return a site with one wearer, who wears one device there."""
    return Site.model_validate(
        {
            "site": {"id": "recorded"},
            "wearer": [Wearer(id="somebody", name="Somebody")],
            "device": [Device(id=DEVICE, kind="imu", wearer="somebody", worn=worn)],
        }
    )


def sent(trial: Trial) -> tuple[ImuBlock, ...]:
    """Return the blocks of a trial, of a second each, at its own rate.

    Raises
    ------
    RecordingError
        When no device could have sent it: it names the trial and what the contract says.
    """
    try:
        return tuple(blocks(trial, DEVICE, 0, T0_NS, BLOCK_S, HELD_S))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RecordingError(f"{trial.name}: {key}: {first['msg']}") from None


def claims(
    received: Sequence[ImuBlock], worn: Worn, detectors: Sequence[Detector]
) -> tuple[Claim, ...]:
    """Return the falls that are claimed of a recording's blocks.

    Raises
    ------
    AccuracyError
        When a detector raised, or claims to have decided on samples that were yet to come. A score
        would say nothing of it.
    """
    site = site_of(worn)
    pipeline = Pipeline(site, [detector.at(site) for detector in detectors])
    claimed: list[Claim] = []
    for block in received:
        outcome = pipeline.feed(block)
        for fault in outcome.faults:
            raise AccuracyError(f"the detector {fault.detector} raised: {fault.reason}")
        for found in outcome.detections:
            if found.kind != DetectionKind.FALL or found.phase != "onset":
                continue
            if found.decided_ns > block.end_ns:
                raise AccuracyError(
                    f"a fall was decided {(found.decided_ns - block.end_ns) / 1e9:.3f} s after "
                    "the last sample that was measured"
                )
            claimed.append(Claim((found.onset_ns - T0_NS) / 1e9, (found.decided_ns - T0_NS) / 1e9))
    return tuple(claimed)
