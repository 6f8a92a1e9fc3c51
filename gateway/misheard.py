"""Who is heard and not understood: by device, with the latest reason. Bounded; for one lock."""

from __future__ import annotations

from collections import OrderedDict

from contract.report import MOST_MISHEARD, Misheard
from gateway.effects import PARTLY, Effects

_Key = tuple[str, str, bool]
"""Device, who could not read it, and whether the rest was taken."""


class MisheardList:
    """Counts since the start. Whoever was misheard longest ago gives way."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, Misheard] = OrderedDict()

    def note(self, effects: Effects, at_ns: int) -> None:
        """Take what agents told, and what the gateway itself could not read."""
        for block in effects.misheard:
            for count, partly in ((block.lost, False), (block.partly, True)):
                if count:
                    self._add(block.device, "agent", partly, block.reason, count, at_ns)
        for reject in effects.rejects:
            who = reject.device or reject.topic.split("/")[-2:][0]
            partly = reject.reason in PARTLY
            told = f"{reject.reason}: {reject.detail}"
            self._add(who, "gateway", partly, told, 1, at_ns)

    def _add(
        self, device: str, where: str, partly: bool, reason: str, count: int, at_ns: int
    ) -> None:
        key = (device[:127], where, partly)
        before = self._known.pop(key, None)
        self._known[key] = Misheard.model_validate(
            {
                "device": device[:127],
                "where": where,
                "partly": partly,
                "reason": reason[:500],
                "count": count + (before.count if before else 0),
                "first_ns": before.first_ns if before else at_ns,
                "last_ns": at_ns,
            }
        )
        if len(self._known) > MOST_MISHEARD:
            self._known.popitem(last=False)

    def all(self, understood_ns: dict[str, int]) -> tuple[Misheard, ...]:
        """Return them, the latest first, with when anything of theirs was understood last."""
        return tuple(
            each.model_copy(update={"understood_ns": understood_ns.get(each.device)})
            for each in reversed(self._known.values())
        )
