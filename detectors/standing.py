"""What was said of zones and evacuations, as the detectors are to take it."""

from __future__ import annotations

from contract.message import Block
from contract.report import SPEAKER
from contract.site import Site
from contract.standing import Word, state_that_holds
from contract.zone import Zone
from contract.zonestate import EnergyState, EvacuationBlock, ZoneStateBlock


class Holding:
    """Puts what holds into a block that says what somebody wants to hold.

    The table of `contract.standing` decides; this keeps each speaker's newest word.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._words: dict[str, dict[str, Word]] = {}
        self._newest_ns: dict[str, int] = {}
        self._states: dict[str, EnergyState] = {}

    def settle(self, block: Block) -> Block | None:
        """Return the block with what holds after it; None where it changes nothing at all."""
        match block:
            case ZoneStateBlock():
                return self._state(block)
            case EvacuationBlock():
                return block if block.on or block.device == SPEAKER else None
            case _:
                return block

    def is_live(self, zone: Zone) -> bool:
        """Whether a zone harms now, in the state that holds."""
        return zone.is_live(self._states.get(zone.id, zone.declared_state))

    def _state(self, block: ZoneStateBlock) -> ZoneStateBlock | None:
        zone = self._site.zones.get(block.zone)
        if zone is None:
            return block
        words = self._words.setdefault(zone.id, {})
        known = words.get(block.device)
        if known is not None and known.t0_ns > block.t0_ns:
            return None
        words[block.device] = Word(block.device, block.t0_ns, block.state)
        held = state_that_holds(zone.declared_state, words.values())
        # What holds is told as of the newest word: the detectors leave out what is older.
        t0_ns = max(block.t0_ns, self._newest_ns.get(zone.id, 0))
        self._newest_ns[zone.id] = t0_ns
        state = self._states[zone.id] = held.state if held else zone.declared_state
        return block.model_copy(update={"state": state, "t0_ns": t0_ns})
