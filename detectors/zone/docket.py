"""The breaches that are open: what was told of each, and when something is due.

A claim that appears is one breach, told once, told again when it has lasted a while or worsened,
and cleared when it has been absent for `rejoin_s`: whoever steps to and fro over a boundary is one
incident. Nothing here is changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from contract.detection_kinds import DetectionKind
from contract.instants import ns
from detectors.finding import Finding
from detectors.zone.agenda import Agenda, Matter
from detectors.zone.breach import OVER, Breach, absent, dues, finding, renewed, told
from detectors.zone.rules.claim import Claim, Recheck
from detectors.zone.rules.rule import RuleSettings

Key = tuple[DetectionKind, str | None]
"""A breach in its zone: its kind, and whom it is about."""
EARLIER_KEPT = 4096


class Earlier(NamedTuple):
    """Breaches of the same kind by the same person in the same zone that are over."""

    times: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class File:
    """What is open in one matter."""

    breaches: Mapping[Key, Breach] = field(default_factory=dict)
    due_ns: int | None = None
    """When to look again though nobody moves: where the matter is on the agenda."""


EMPTY = File()


@dataclass(frozen=True, slots=True)
class Docket:
    """All breaches, by matter: what somebody does in a zone, and what a zone as a whole lacks."""

    files: Mapping[str, Mapping[str, File]] = field(default_factory=dict)
    """By the matter's zone and its person; none of them empty."""
    agenda: Agenda = Agenda()  # noqa: RUF009 -- frozen: one empty agenda serves all
    """Every file's due time."""
    earlier: Mapping[tuple[str, str, str | None], Earlier] = field(default_factory=dict)
    """By zone, kind and person."""

    def judged(
        self,
        matter: Matter,
        now_ns: int,
        said: Iterable[Claim | Recheck],
        left_ns: Mapping[str, int],
        settings: RuleSettings,
    ) -> tuple[Docket, list[Finding]]:
        """Hold what the rules say of a matter now against what is open in it.

        Parameters
        ----------
        left_ns
            When people left the zone, of those who have just left it.
        """
        zone = matter.zone
        file = self.files.get(zone, {}).get(matter.person, EMPTY)
        breaches: dict[Key, Breach] = {}
        looks: list[int] = []
        found: list[Finding] = []
        for each in said:
            if isinstance(each, Recheck):
                looks.append(each.at_ns)
                continue
            key = (each.kind, each.person)
            if key in breaches:
                continue
            known = file.breaches.get(key)
            if known is not None and not each.linger and each.onset_ns > known.claim.onset_ns:
                # It was over in between, though nobody looked.
                if known.told:
                    ended = replace(known, left_ns=known.left_ns or now_ns)
                    found.append(finding(zone, ended, "clear", now_ns, OVER, 0))
                known = None
            times = self._times(zone, key, now_ns, settings)
            breach, new = told(zone, renewed(known, each), times, settings)
            if new is not None:
                found.append(new)
            breaches[key] = breach
            looks += dues(breach, settings)
        earlier = self.earlier
        for key, breach in file.breaches.items():
            if key in breaches or not breach.told:
                continue
            kept, over_ns, cleared = absent(zone, breach, now_ns, left_ns, settings)
            if cleared is not None:
                found.append(cleared)
            if kept is not None:
                breaches[key] = kept
                looks.append(over_ns)
            else:
                times = self._times(zone, key, now_ns, settings) + 1
                earlier = _remembered(earlier, (zone, *key), Earlier(times, now_ns))
        due_ns = min((at_ns for at_ns in looks if at_ns > now_ns), default=None)
        docket = self._filed(matter, file, File(breaches, due_ns))
        return (docket if earlier is self.earlier else replace(docket, earlier=earlier)), found

    def _times(self, zone: str, key: Key, now_ns: int, settings: RuleSettings) -> int:
        """Return how often this was so not long ago."""
        before = self.earlier.get((zone, *key))
        if before is None or now_ns - before.last_ns > ns(settings.repeat_s):
            return 0
        return before.times

    def _filed(self, matter: Matter, was: File, now: File) -> Docket:
        if not (was.breaches or now.breaches) and was.due_ns == now.due_ns:
            return self
        of_zone = dict(self.files.get(matter.zone, {}))
        if not now.breaches and now.due_ns is None:
            of_zone.pop(matter.person, None)
        else:
            of_zone[matter.person] = now
        agenda = self.agenda.put(matter, was.due_ns, now.due_ns)
        return Docket({**self.files, matter.zone: of_zone}, agenda, self.earlier)


def _remembered(
    earlier: Mapping[tuple[str, str, str | None], Earlier],
    key: tuple[str, str, str | None],
    last: Earlier,
) -> Mapping[tuple[str, str, str | None], Earlier]:
    """Return what was over earlier with one more; beyond `EARLIER_KEPT` the oldest is forgotten."""
    found = dict(earlier)
    found.pop(key, None)
    found[key] = last
    if len(found) > EARLIER_KEPT:
        del found[next(iter(found))]
    return found
