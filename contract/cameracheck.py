"""What does not hold together among a site's cameras and its zones."""

from __future__ import annotations

from collections.abc import Iterator

from contract.site import Device, Site
from contract.suggestion import did_you_mean


def blind_views(site: Site) -> Iterator[str]:
    """Yield one sentence for each view that would not watch what it says."""
    shifts = {shift.id for shift in site.shift}
    for device in site.device:
        told = f'[[device]] "{device.id}"'
        if device.view is None:
            continue
        if device.kind != "camera":
            yield f'{told}: view is for a camera, and this is kind = "{device.kind}"'
            continue
        for name in device.view.image_zones:
            if name not in site.zones:
                yield f'{told}: view: there is no zone "{name}"{did_you_mean(name, site.zones)}'
        for name in device.view.hours:
            if name not in shifts:
                yield f'{told}: view: there is no [[shift]] "{name}"{did_you_mean(name, shifts)}'
        yield from _floor(site, device, told)


def _floor(site: Site, device: Device, told: str) -> Iterator[str]:
    assert device.view is not None
    if device.view.homography and not any(len(zone.polygon_m) >= 3 for zone in site.zone):
        yield f"{told}: view: homography leads to a floor plan, and no [[zone]] has a polygon_m"
