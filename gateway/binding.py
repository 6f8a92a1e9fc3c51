"""Which agent is believed about which device, and what of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from contract.assignment import AssignmentBlock, refusal
from contract.message import Block
from contract.refusal import RefusedBlock
from contract.report import SPEAKER, Bound
from contract.site import Device, Site
from contract.speech import SPEAKS, may_say
from contract.suggestion import did_you_mean
from contract.zonestate import EvacuationBlock, ZoneStateBlock
from gateway.effects import Reason

log: structlog.stdlib.BoundLogger = structlog.get_logger("gateway")

Wrong = tuple[Reason, str]


class Bindings:
    """Every device has one agent: the site file's, the site's only one, or the first that spoke.

    The last is a guess, so it is kept for good and told (`bound`): whoever comes second is refused.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        agents = [agent.id for agent in site.agent]
        self._agents = frozenset(agents)
        self._only = agents[0] if len(agents) == 1 else None
        self._first: dict[str, str] = {}

    def restore(self, bound: Iterable[Bound]) -> None:
        """Take up who spoke first, as an earlier process found."""
        for each in bound:
            if self._guesses(each.device) and each.agent in self._agents:
                self._first[each.device] = each.agent

    def bind(self, device: str, agent: str) -> Bound | None:
        """Note that an agent speaks for a device that no other may speak for; None if known."""
        if device in self._first or not self._guesses(device):
            return None
        self._first[device] = agent
        log.warning("device-bound", device=device, agent=agent, why="the site file names none")
        return Bound(device=device, agent=agent)

    @property
    def bound(self) -> Mapping[str, str]:
        """Agents by device, of devices for which the site file names none of several."""
        return self._first

    def wrong(self, agent: str, block: Block) -> Wrong | None:
        """Return why an agent is not believed when it brings a block."""
        device = self._site.devices.get(block.device)
        if device is None and isinstance(block, RefusedBlock) and block.device == agent:
            return None  # of input that it cannot tell whose it is
        if device is None:
            told = f'there is no device "{block.device}"'
            return Reason.UNKNOWN_DEVICE, told + did_you_mean(block.device, self._site.devices)
        owner = device.agent or self._only or self._first.get(device.id)
        if owner is not None and owner != agent:
            told = f"agent {owner!r} speaks for {device.id!r}, not {agent!r}"
            first = "" if device.agent else "; it did so first, and the site file names none"
            return Reason.WRONG_AGENT, told + first
        if not may_say(device.kind, block.message):
            known = ", ".join(sorted(SPEAKS[device.kind]))
            told = f'{device.id!r} is kind = "{device.kind}", which says {known}'
            return Reason.KIND, f"{told}, not {block.message}"
        if isinstance(block, ZoneStateBlock):
            return self._wrong_state(device, block)
        if isinstance(block, EvacuationBlock):
            return _wrong_evacuation(device, block)
        return None

    def _guesses(self, device: str) -> bool:
        known = self._site.devices.get(device)
        return known is not None and known.agent is None and self._only is None

    def _wrong_state(self, device: Device, block: ZoneStateBlock) -> Wrong | None:
        problem = _unknown_zone(self._site, block)
        if problem is not None:
            return problem
        its_own = {*device.points.values(), device.zone}
        if block.zone not in its_own:
            told = f"{device.id!r} stands in {', '.join(sorted(z for z in its_own if z))}"
            return Reason.ZONE, f"{told}: it is not believed about {block.zone!r}"
        return None


def wrong_order(site: Site, block: Block) -> Wrong | None:
    """Return why something is not believed that came as an order of the backend."""
    if block.device == SPEAKER:
        match block:
            case ZoneStateBlock():
                return _unknown_zone(site, block)
            case EvacuationBlock():
                return None
            case AssignmentBlock():
                told = refusal(site, block)
                return None if told is None else (Reason.INVALID, told)
    return Reason.INVALID, f"{block.message} of {block.device!r} is no order of the backend"


def _unknown_zone(site: Site, block: ZoneStateBlock) -> Wrong | None:
    """Return what is wrong with a state of a zone that the site does not have."""
    if block.zone in site.zones:
        return None
    told = f'there is no zone "{block.zone}"{did_you_mean(block.zone, site.zones)}'
    return Reason.INVALID, f"{told}; said by {block.device!r}"


def _wrong_evacuation(device: Device, block: EvacuationBlock) -> Wrong | None:
    if not device.evacuates:
        return Reason.KIND, f"{device.id!r} may not begin an evacuation: no evacuates = true"
    if not block.on:
        return Reason.KIND, f"{device.id!r} may not end an evacuation; a person does"
    return None
