"""Sends a file to the backend in pieces, and goes on where it was broken off."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import httpx

PIECE_BYTES = 250_000
"""What a break costs at most: seconds of a slow line."""
TIMEOUT_S = 15.0
OFFSET = "Upload-Offset"
"""The backend's count of what it holds durably."""

Sent = Literal["sent", "again", "refused"]


def send(file: Path, url: str, media_type: str) -> tuple[Sent, str]:
    """Send what the other side does not hold yet; say whether all of it is there, and what it said.

    `again`: it did not answer, or is busy. `refused`: it will never take it.
    """
    total = file.stat().st_size
    try:
        # The address is the backend's own: no proxy of the environment's is between.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            held = _held(client.head(url))
            with file.open("rb") as content:
                while isinstance(held, int) and held < total:
                    content.seek(held)
                    piece = content.read(PIECE_BYTES)
                    answer = client.put(
                        url,
                        content=piece,
                        headers={
                            "Content-Type": media_type,
                            "Content-Range": f"bytes {held}-{held + len(piece) - 1}/{total}",
                        },
                    )
                    before, held = held, _held(answer)
                    if isinstance(held, int) and held <= before:
                        return "again", f"it holds {held} bytes after {before}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return "again", type(error).__name__
    return ("sent", "all of it") if isinstance(held, int) else held


def _held(answer: httpx.Response) -> int | tuple[Sent, str]:
    """Return how much the other side holds, or why it takes no more."""
    offset = answer.headers.get(OFFSET, "")
    if offset.isdigit() and answer.status_code in (200, 201, 204, 409):
        return int(offset)
    lasting = 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)
    return ("refused" if lasting else "again"), f"HTTP {answer.status_code}"
