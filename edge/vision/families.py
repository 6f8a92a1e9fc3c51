"""Which people models there are. A box without cameras can ask it: none of them is imported."""

from __future__ import annotations

import pkgutil

from edge.vision import models


def families() -> tuple[str, ...]:
    """Return the kinds of people model, which are the files of `edge/vision/models`, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(models.__path__)))
