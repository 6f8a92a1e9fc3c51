"""Whether anything is kept of a camera, and what keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.instants import ns
from edge.evidence.keeper import Keeper, Limits
from edge.sensors.sensor import Context, Refuse
from edge.vision.hours import Hours
from edge.vision.masks import Masks

if TYPE_CHECKING:
    from edge.sensors.camera import Camera

DAY_S = 86_400


def keeper_of(settings: Camera, context: Context, refuse: Refuse) -> Keeper | None:
    """Return what keeps a camera's evidence; None where nothing may be stored, or can be."""
    device = context.site.devices.get(settings.device)
    view = device.view if device else None
    if context.state_dir is None or (view is not None and view.store == "never"):
        return None
    limits = Limits(
        settings.ring_s,
        settings.ring_mb * 1_000_000,
        ns(settings.originals_days * DAY_S),
        settings.originals_mb * 1_000_000,
    )
    masks = Masks(view.size_px, view.masks) if view else Masks((1, 1), ())
    hours = Hours(context.site, view.hours if view else ())
    folder = context.state_dir / "clips"
    return Keeper(
        settings.device, folder, limits, masks, hours, settings.model, context.clock, refuse
    )
