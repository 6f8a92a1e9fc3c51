"""Finds trials in files and folders, whatever format they have: the content tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Literal

import structlog

from simulators.errors import RecordingError
from simulators.recordings import npz, own, sisfall, urfd
from simulators.recordings.trial import Trial, Wanted

log = structlog.get_logger(__name__)

Format = Literal["npz", "sisfall", "urfd", "own"]
FORMATS: Mapping[Format, ModuleType] = {"npz": npz, "sisfall": sisfall, "urfd": urfd, "own": own}
WANTED = (
    "an .npz of recordings/imu, a SisFall text file (nine integers a line), a URFD acc.csv "
    "(time in ms, magnitude, x, y, z) or a recording made by `floorwatch record`"
)
_PACKED = (b"PK\x03\x04", b"\x1f\x8b")
_ENDINGS = (".npz", ".txt", ".csv")
"""What is looked at in a folder. A file that is named outright may be called anything."""


def recognise(path: Path) -> Format:
    """Return the format of a file by its content.

    Raises
    ------
    RecordingError
        That says what was found in it, and what is wanted.
    """
    try:
        with path.open("rb") as opened:
            head = opened.read(4096)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None
    for name, module in FORMATS.items():
        if module.looks_like(path, head):
            return name
    found = "nothing" if not head else f"{head[:40]!r} at its beginning"
    if head.startswith(_PACKED):
        found = "a packed file that is cut short or damaged"
    raise RecordingError(f"{path}: {found}; wanted is {WANTED}")


def find(
    paths: Iterable[Path | str],
    subjects: Iterable[str] | None = None,
    activities: Iterable[str] | None = None,
    trials: Iterable[int] | None = None,
) -> Iterator[Trial]:
    """Yield the wanted trials of files, and of all recordings under folders, in order of name.

    In a folder, files that are no recording of trials are passed over, and one that is broken is
    logged and passed over (URFD's adl-27 is: its times go back). A file named outright is not.

    Raises
    ------
    RecordingError
        For a file that is no recording of trials, and for a folder without any.
    """
    wanted = Wanted(
        subjects=None if subjects is None else frozenset(s.casefold() for s in subjects),
        activities=None if activities is None else frozenset(a.casefold() for a in activities),
        trials=None if trials is None else frozenset(trials),
    )
    for path in map(Path, paths):
        if not path.is_dir():
            yield from _read(path, recognise(path), wanted)
            continue
        found = 0
        for file in sorted(p for p in path.rglob("*") if p.suffix in _ENDINGS and p.is_file()):
            try:
                form = recognise(file)
            except RecordingError:
                continue
            if form == "own":
                continue
            try:
                yield from _read(file, form, wanted)
                found += 1
            except RecordingError as error:
                log.warning("a recording is passed over", reason=str(error))
        if not found:
            raise RecordingError(f"{path}: no file in it is a recording of trials; wanted {WANTED}")


def _read(path: Path, form: Format, wanted: Wanted) -> Iterator[Trial]:
    if form == "own":
        raise RecordingError(
            f"{path}: a recording of what crossed a broker; it is played back as it is and has no "
            "trials to choose from"
        )
    yield from FORMATS[form].read(path, wanted)
