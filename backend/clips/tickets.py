"""Asks cameras for clips. The address that a clip is sent to is signed, and is all that it takes.

So a box in a hall holds no key to the API: it can deliver what it was asked for, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from backend.errors import ExpiredLinkError, ForgedLinkError
from contract.detection import AskWearer, Detection
from contract.instants import NS_PER_S, Clock, ns
from contract.site import Device, Site
from contract.zone import Zone

BEFORE_NS = ns(20)
AFTER_NS = ns(20)
DECIDED_NS = ns(5)
"""What settled a claim is in its clip, however late that was …"""
LONGEST_NS = ns(100)
"""… up to this."""
KEPT_NS = ns(100)
"""A box keeps two minutes: of what is older there is no clip."""
ASKED_NS = ns(600)
"""An agent that is away for longer has let go of it."""
LIFE_S = 25 * 3600
"""A box tries to deliver for a day."""
MOST_CAMERAS = 4


@dataclass(frozen=True)
class Ticket:
    """What may be delivered at an address."""

    detection: str
    device: str


class Tickets:
    """Makes and opens the addresses of clips."""

    def __init__(self, site: Site, secret: str, base_url: str, clock: Clock) -> None:
        self._site = site
        self._signer = URLSafeSerializer(secret, salt="clip/1")
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def ask(self, detection: Detection, now_ns: int) -> Iterator[AskWearer]:
        """Yield what the cameras that see the place of a detection are asked for."""
        onset_ns, decided_ns = detection.onset_ns, detection.decided_ns
        from_ns = onset_ns - BEFORE_NS
        to_ns = min(max(onset_ns + AFTER_NS, decided_ns + DECIDED_NS), from_ns + LONGEST_NS)
        is_old = detection.late or detection.exercise or now_ns - from_ns > KEPT_NS + BEFORE_NS
        if detection.phase != "onset" or is_old:
            return
        for camera in cameras_of(self._site, detection):
            yield AskWearer(
                id=f"clip-{detection.id}-{camera.id}"[:120],
                device=camera.id,
                command="clip",
                expires_ns=now_ns + ASKED_NS,
                from_ns=from_ns,
                to_ns=to_ns,
                at_ns=min(max(onset_ns, decided_ns), to_ns),
                upload=self.url(Ticket(detection.id, camera.id), now_ns),
            )

    def url(self, ticket: Ticket, now_ns: int) -> str:
        """Return the address that a clip is delivered to."""
        expires_s = now_ns // NS_PER_S + LIFE_S
        signed = self._signer.dumps([ticket.detection, ticket.device, expires_s])
        return f"{self._base_url}/api/v1/clips/{signed}"

    def open(self, signed: str) -> Ticket:
        """Return what an address is for.

        Raises
        ------
        ForgedLinkError
            When it was not signed here.
        ExpiredLinkError
            When it is too old.
        """
        try:
            detection, device, expires_s = self._signer.loads(signed)
        except (BadSignature, ValueError, TypeError):
            raise ForgedLinkError("this address was not made by this Floorwatch") from None
        if self._clock() > ns(expires_s):
            raise ExpiredLinkError(f"this address is older than {LIFE_S // 3600} hours")
        return Ticket(detection, device)


def cameras_of(site: Site, detection: Detection) -> tuple[Device, ...]:
    """Return the cameras that saw a detection, or see its zone; none that must store nothing."""
    zone = site.zones.get(detection.zone or "")
    found = [
        device
        for device in site.device
        if device.kind == "camera"
        and (device.view is None or device.view.store != "never")
        and (device.id == detection.device or _sees(device, zone))
    ]
    found.sort(key=lambda device: device.id != detection.device)
    return tuple(found[:MOST_CAMERAS])


def _sees(camera: Device, zone: Zone | None) -> bool:
    if zone is None:
        return False
    if camera.zone == zone.id or camera.view is None:
        return camera.zone == zone.id
    return zone.id in camera.view.image_zones or camera.view.shows(zone.polygon_m)
