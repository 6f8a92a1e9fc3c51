"""What a command and its processes write is for whoever runs it, and for nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from host.private import FOR_OWNER_ONLY


@contextmanager
def for_owner_only() -> Iterator[None]:
    """Make every file and folder within 0600 and 0700, those of started processes too.

    For commands that write what is known of people. A table of figures or a page of documentation
    is made as any other file.
    """
    before = os.umask(FOR_OWNER_ONLY)
    try:
        yield
    finally:
        os.umask(before)
