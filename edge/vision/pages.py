"""Gives back memory pages of a file that was read, and will hardly be read again."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

DONT_NEED = 4
"""MADV_DONTNEED: of a mapped file the kernel drops its copy, and reads it anew if it is asked."""


def give_back(file: Path) -> int:
    """Drop the pages of a mapped file; return how many bytes were mapped, 0 where that is unknown.

    It is safe whether or not somebody still reads: nothing is lost but the time to read it again.
    """
    if not sys.platform.startswith("linux"):
        return 0
    libc = ctypes.CDLL(None)
    dropped = 0
    try:
        for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
            span, access, *_rest = line.split(maxsplit=5)
            if line.endswith(str(file)) and "w" not in access:
                begins, ends = (int(address, 16) for address in span.split("-"))
                size = ends - begins
                if libc.madvise(ctypes.c_void_p(begins), ctypes.c_size_t(size), DONT_NEED) == 0:
                    dropped += size
    except OSError:  # no /proc in this container
        return 0
    return dropped
