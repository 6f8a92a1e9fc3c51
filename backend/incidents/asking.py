"""Asks the wearer "are you all right?", or warns them: whom, how long, and when to stop."""

from __future__ import annotations

from collections.abc import Iterator

from backend.database.tables import IncidentRow
from backend.incidents.lifecycle import Life
from contract.detection import AskWearer, Detection
from contract.detection_kinds import WARNED
from contract.instants import ns
from contract.site import Site

WARNED_NS = ns(60)
"""A warning that arrives later than this after the decision is of a moment that has passed."""


def devices_that_ask(site: Site, person: str | None) -> tuple[str, ...]:
    """Return the devices that can ask this wearer."""
    if person is None:
        return ()
    return tuple(d.id for d in site.device if d.can_ask and d.wearer == person)


def ask(site: Site, incident: IncidentRow, now_ns: int) -> Iterator[AskWearer]:
    """Yield what the wearer's devices should do about this incident now: ask, while it is open."""
    until_ns = incident.asking_until_ns
    if until_ns is None or until_ns <= now_ns or incident.status == Life.RESOLVED:
        return
    for device in devices_that_ask(site, incident.person):
        yield AskWearer(
            id=f"ask-{incident.id}-{incident.asked_ns}-{device}",
            device=device,
            command="ask-all-right",
            expires_ns=until_ns,
        )


def warn(site: Site, detection: Detection, now_ns: int) -> Iterator[AskWearer]:
    """Yield what the devices of somebody who is about to be in danger should do: warn them."""
    expires_ns = detection.decided_ns + WARNED_NS
    if detection.kind not in WARNED or detection.phase == "clear" or expires_ns <= now_ns:
        return
    for device in devices_that_ask(site, detection.person):
        yield AskWearer(
            id=f"warn-{detection.id}-{device}",
            device=device,
            command="warn",
            expires_ns=expires_ns,
        )


def stop_asking(site: Site, incident: IncidentRow) -> Iterator[AskWearer]:
    """Yield the end of the asking. Expired together with the question that it ends."""
    if incident.asked_ns is None:
        return
    for device in devices_that_ask(site, incident.person):
        yield AskWearer(
            id=f"stop-{incident.id}-{incident.asked_ns}-{device}",
            device=device,
            command="stop-asking",
            expires_ns=incident.asked_ns + ns(site.severity.no_answer_s),
        )
