"""Labelled walking that the site itself recorded: a file of `floorwatch record`, and its zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path

from contract.batch import read as read_payload
from contract.reads import Read, ReadsBlock
from contract.signing import split
from simulators.badges.calibration import Labelled
from simulators.badges.recording import zone_name
from simulators.errors import RecordingError
from simulators.recordings import own


def walked(path: Path, zone: str, tags: Collection[str] = ()) -> list[Labelled]:
    """Return the reads of a recording, during which the badge was in one zone.

    Parameters
    ----------
    path
        What `floorwatch record` wrote.
    zone
        Where the badge was.
    tags
        The badges that were carried; without any, the one that was read most.

    Raises
    ------
    RecordingError
        When the file holds no read of such a badge, or no site can have such a zone.
    """
    zone_name(zone)
    heard: dict[tuple[str, str | int, int], tuple[str, tuple[Read, ...]]] = {}
    for crossing in own.read(path):
        _, blocks, _ = read_payload(split(crossing.payload)[0])
        for block in blocks:
            if isinstance(block, ReadsBlock):  # once, however often it was delivered
                heard[block.device, block.boot, block.seq] = (block.device, block.reads)
    found = [(device, read) for device, reads in heard.values() for read in reads]
    counts = Counter(read.tag for _, read in found)
    wanted = {tag.lower() for tag in tags} or {tag for tag, _ in counts.most_common(1)}
    kept = [Labelled.of(zone, device, read) for device, read in found if read.tag in wanted]
    if not kept:
        known = ", ".join(f"{tag} ({count})" for tag, count in counts.most_common(5))
        told = f"no read of {', '.join(sorted(wanted))}" if tags else "no read of any badge"
        raise RecordingError(f"{path}: {told}; there are: {known or 'none'}")
    return kept
