"""Who wears and carries what: whose a block is, and what detectors are told of whom they watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from contract.assignment import AssignmentBlock
from contract.message import Block, Message
from contract.reads import Read, ReadsBlock
from contract.site import Site
from detectors.assignments import Assignments
from detectors.subject import Subject


class Wearers:
    """The site file's word, and beside it what people assigned since."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._assignments = Assignments()

    def assign(self, block: AssignmentBlock) -> None:
        """Take up whose a tag is from now on."""
        self._assignments = self._assignments.after(block, self._site)

    def of_tag(self, tag: str, at_ns: int) -> str | None:
        """Return who carried a tag at an instant; None for nobody."""
        return self._assignments.wearer(self._site, tag, at_ns)

    def of_device(self, device: str | None) -> str | None:
        """Return who wears a device; None for nobody, and for one that the site does not know."""
        known = self._site.devices.get(device or "")
        return None if known is None else known.wearer

    def shares(self, block: Block) -> Iterator[tuple[str, Message]]:
        """Yield whose block it is; a reader's reads are shared out by the tags' wearers."""
        if not isinstance(block, ReadsBlock):
            wearer = self.of_device(block.device)
            if wearer is not None:
                yield wearer, block
            return
        of_person: dict[str, list[Read]] = {}
        for read in block.reads:
            person = self.of_tag(read.tag, read.t_ns)
            if person is not None:
                of_person.setdefault(person, []).append(read)
        for person, reads in of_person.items():
            yield person, block.model_copy(update={"reads": tuple(reads)})

    def device(self, device_id: str) -> Subject:
        """Return what the detectors of a device are told of it and its wearer."""
        device = self._site.devices.get(device_id)
        if device is None or device.wearer is None:
            return Subject(device_id, device=device_id, worn=device.worn if device else None)
        return replace(self.person(device.wearer), id=device_id, device=device_id, worn=device.worn)

    def person(self, person: str) -> Subject:
        """Return what the detectors of a person are told of them; KeyError for nobody."""
        wearer = self._site.wearers[person]
        return Subject(person, wearer=person, roles=wearer.roles, lone=wearer.lone)
