"""Whether anything is kept of a camera, and what keeps it."""

from __future__ import annotations

from pathlib import Path

import structlog

from contract.instants import ns
from edge.evidence.job import files_of
from edge.evidence.keeper import Keeper, Limits
from edge.sensor import Context, Refuse
from edge.vision.hours import Hours
from edge.vision.masks import Masks
from edge.vision.settings import CameraSettings

log = structlog.get_logger(__name__)

DAY_S = 86_400


def keeper_of(settings: CameraSettings, context: Context, refuse: Refuse) -> Keeper | None:
    """Return what keeps a camera's evidence; None where nothing may be stored, or can be."""
    device = context.site.devices.get(settings.device)
    view = device.view if device else None
    if context.state_dir is None:
        return None
    folder = context.state_dir / "clips"
    if view is not None and view.store == "never":
        _forget(settings.device, folder)
        return None
    limits = Limits(
        settings.ring_s,
        settings.ring_mb * 1_000_000,
        ns(settings.originals_days * DAY_S),
        settings.originals_mb * 1_000_000,
    )
    masks = Masks(view.size_px, view.masks) if view else Masks((1, 1), ())
    hours = Hours(context.site, view.hours if view else ())
    return Keeper(
        settings.device, folder, limits, masks, hours, settings.model, context.clock, refuse
    )


def _forget(device: str, folder: Path) -> None:
    """Remove what is left of a camera that may not be stored any more."""
    left = files_of(device, folder) if folder.is_dir() else []
    for path in left:
        path.unlink(missing_ok=True)
    if left:
        log.warning("nothing may be stored of it: removed", camera=device, files=len(left))
