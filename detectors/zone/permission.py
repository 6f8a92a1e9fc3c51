"""Whether somebody may be in a zone now: role, name, permit, training, hours, state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeVar

from contract.site import Site
from contract.zone import Zone
from contract.zonestate import EnergyState
from detectors.zone.validity import Hours, Spans, Validity

K = TypeVar("K")
Answer = Literal["yes", "no", "expired"]
NEVER = Spans()
EVER = 2**62


class Verdict(NamedTuple):
    """Whether somebody may be there, why not, and until when that holds."""

    answer: Answer
    why: str = ""
    since_ns: int = 0
    """When what is wrong went wrong; 0 if it always was."""
    until_ns: int | None = None
    """When the answer may change by itself."""
    escortable: bool = False
    """Company would make it right: it is not the hour, and not the zone's state."""


YES = Verdict("yes")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What the site file allows. More of it never makes an answer worse."""

    roles: Mapping[str, frozenset[str]]
    permits: Mapping[tuple[str, str], Spans]
    """By zone and entrant."""
    attendants: Mapping[str, Mapping[str, Spans]]
    """By zone, and by attendant."""
    certificates: Mapping[tuple[str, str], Spans]
    """By training and wearer."""
    hours: Hours

    @classmethod
    def of(cls, site: Site) -> Permissions:
        """Return what a site file allows."""
        hours = Hours.of(site.site.time_zone, site.shift, site.calendar)
        permits: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        attendants: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(dict)
        for permit in site.permit:
            if permit.cancelled:
                continue
            span = hours.moment(permit.valid_from), hours.moment(permit.valid_to)
            for zone in permit.zones:
                for who in permit.wearers:
                    permits[zone, who].append(span)
                for who in permit.attendants:
                    attendants[zone].setdefault(who, []).append(span)
        papers: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for paper in site.certificate:
            first, last = 0, EVER
            midnight = timedelta(days=1)
            if paper.valid_from:
                first = hours.moment(_midnight(paper.valid_from))
            if paper.expires:
                last = hours.moment(_midnight(paper.expires + midnight))
            papers[paper.training, paper.wearer].append((first, last))
        return cls(
            {wearer.id: frozenset(wearer.roles) for wearer in site.wearer},
            _spans(permits),
            {zone: _spans(spans) for zone, spans in attendants.items()},
            _spans(papers),
            hours,
        )

    def judge(
        self, person: str, zone: Zone, state: EnergyState, state_since_ns: int, at_ns: int
    ) -> Verdict:
        """Return whether `person` may be in `zone` at `at_ns`, while it is in `state`.

        Without a hazard class, and in one of the zone's `open_states`, anybody may. Otherwise it
        takes a role, a name or a valid permit (a permit and nothing less where one is required),
        every training, one of the hours and one of the states. What was there and has run out is
        "expired", and anything else that is missing is "no".
        """
        if zone.hazard == "none" or state in zone.open_states:
            return YES
        wrong: list[tuple[str, Validity]] = []
        named = person in zone.wearers or not self.roles.get(person, NOBODY).isdisjoint(zone.roles)
        looks: list[int] = []
        if zone.permit_required or not named:
            permit = self.permits.get((zone.id, person), NEVER).at(at_ns)
            if permit.until_ns is not None:
                looks.append(permit.until_ns)
            if permit.standing != "valid":
                lacks = "has no permit" if zone.permit_required else "is not among who may be there"
                wrong.append(
                    ("the permit has run out" if permit.standing == "expired" else lacks, permit)
                )
        for training in zone.training:
            paper = self.certificates.get((training, person), NEVER).at(at_ns)
            if paper.until_ns is not None and paper.until_ns < EVER:
                looks.append(paper.until_ns)
            if paper.standing != "valid":
                lapsed = "has run out" if paper.standing == "expired" else "is missing"
                wrong.append((f"the training {training} {lapsed}", paper))
        escortable = True
        if zone.hours:
            hours = self.hours.at(zone.hours, at_ns)
            if hours.until_ns is not None:
                looks.append(hours.until_ns)
            if hours.standing != "valid":
                escortable = False
                wrong.append(("it is outside the hours", hours._replace(standing="never")))
        if state not in zone.entry_states:
            escortable = False
            told = f"the zone is {state.replace('_', ' ')}"
            wrong.append((told, Validity("never", state_since_ns, None)))
        until_ns = min(looks, default=None)
        if not wrong:
            return YES if until_ns is None else Verdict("yes", until_ns=until_ns)
        lapsed_only = all(validity.standing == "expired" for _, validity in wrong)
        return Verdict(
            "expired" if lapsed_only else "no",
            "; ".join(why for why, _ in wrong),
            _since(wrong, lapsed_only=lapsed_only),
            until_ns,
            escortable,
        )

    def is_trained(self, person: str, trainings: Iterable[str], at_ns: int) -> bool:
        """Whether somebody holds a valid certificate for each of these, and there are any."""
        listed = tuple(trainings)
        return bool(listed) and all(
            self.certificates.get((name, person), NEVER).at(at_ns).standing == "valid"
            for name in listed
        )


NOBODY: frozenset[str] = frozenset()


def _since(wrong: list[tuple[str, Validity]], *, lapsed_only: bool) -> int:
    """Return since when it is wrong: since the first of the things that are wrong was."""
    counted = [v.since_ns for _, v in wrong if lapsed_only or v.standing != "expired"]
    return min(counted, default=0)


def _spans(found: Mapping[K, list[tuple[int, int]]]) -> dict[K, Spans]:
    return {key: Spans.of(spans) for key, spans in found.items()}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
