"""Our own recordings: what crossed a broker, one JSON object a line, gzipped or not.

::

    {"arrived_ns": 1767225600000000000, "topic": "floorwatch/1/hall-7/edge-1/batch", "payload": "…"}

A payload that is not UTF-8 text is written as base64, and the line says `"encoding": "base64"`.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import structlog

from simulators.errors import RecordingError

log = structlog.get_logger(__name__)

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Crossing:
    """One message as it crossed the broker."""

    arrived_ns: int
    topic: str
    payload: bytes


class Writer:
    """Writes crossings to a file; `.gz` at the end of its name gzips it. A context manager.

    An existing file is not overwritten: `FileExistsError`.
    """

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._raw = path.open("xb")
        zipped = path.suffix == ".gz"
        # No name and no time inside, so that the same crossings make the same file.
        self._zip = gzip.GzipFile("", "wb", 6, self._raw, mtime=0) if zipped else None
        self._out: IO[bytes] | gzip.GzipFile = self._zip or self._raw

    def write(self, crossing: Crossing) -> None:
        """Add one line."""
        self._out.write(as_line(crossing))
        self.count += 1

    def flush(self) -> None:
        """Hand to the file what was written so far, so that a crash keeps it."""
        self._out.flush()
        self._raw.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._zip is not None:
            self._zip.close()
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def as_line(crossing: Crossing) -> bytes:
    """Return a crossing as a line of a recording, with its end."""
    line: dict[str, Any] = {"arrived_ns": crossing.arrived_ns, "topic": crossing.topic}
    try:
        line["payload"] = crossing.payload.decode("utf-8")
    except UnicodeDecodeError:
        line |= {"payload": b64encode(crossing.payload).decode(), "encoding": "base64"}
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def looks_like(path: Path, head: bytes) -> bool:
    """Whether a file begins as one of our recordings does."""
    if head.startswith(_GZIP):
        try:
            with gzip.open(path) as lines:
                head = lines.read(4096)
        except (OSError, EOFError):
            return False
    return head.lstrip().startswith(b"{") and b'"arrived_ns"' in head.splitlines()[0]


def recognises(path: Path) -> bool:
    """Whether a file is one of our recordings; False for a folder and for no file at all."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return looks_like(path, opened.read(4096))


def read(path: Path) -> Iterator[Crossing]:
    """Yield the crossings of a recording, in its order.

    A last line without its end, as a recorder that was killed leaves it, is logged and left out.

    Raises
    ------
    RecordingError
        When any other line is none of ours; it names the line.
    """
    number = 0
    with _opened(path) as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    yield _crossing(line)
                except (ValueError, KeyError, TypeError) as error:
                    if not line.endswith(b"\n"):
                        log.warning("the recording breaks off", path=str(path), line=number)
                        return
                    raise RecordingError(
                        f"{path}, line {number}: no crossing: {type(error).__name__} {error}"
                    ) from None
        except EOFError:
            log.warning("the recording breaks off", path=str(path), line=number + 1)
        except (gzip.BadGzipFile, OSError) as error:
            raise RecordingError(f"{path}: cannot be read: {error}") from None


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    with path.open("rb") as raw:
        zipped = raw.read(2) == _GZIP
    return gzip.open(path, "rb") if zipped else path.open("rb")


def _crossing(line: bytes) -> Crossing:
    raw = json.loads(line)
    arrived_ns, topic, payload = raw["arrived_ns"], raw["topic"], raw["payload"]
    encoding = raw.get("encoding", "text")
    if isinstance(arrived_ns, bool) or not isinstance(arrived_ns, int) or arrived_ns < 0:
        raise ValueError("arrived_ns: nanoseconds since 1970 are wanted")
    if not isinstance(topic, str) or not isinstance(payload, str):
        raise TypeError("topic and payload: text is wanted")
    if encoding not in ("text", "base64"):
        raise ValueError(f"encoding {encoding!r}: text or base64")
    data = b64decode(payload, validate=True) if encoding == "base64" else payload.encode()
    return Crossing(arrived_ns, topic, data)
