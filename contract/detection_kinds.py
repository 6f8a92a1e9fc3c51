"""What each kind of detection means to everybody who is told of one: one row a kind. Pure.

A new kind is a name, a row, and a rule of `contract.tiers`; a test fails when one of them is
missing. A newer gateway may tell an older backend of a kind that it has never heard of: that one
is an event, titled by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class DetectionKind(StrEnum):
    """The kinds of detections, by the name that goes over the wire."""

    FALL = "fall"
    PERSON_DOWN = "person_down"
    NO_MOTION = "no_motion"
    MISSED_CHECK_IN = "missed_check_in"
    SOS = "sos"
    ZONE_BREACH = "zone_breach"
    OVERSTAY = "overstay"
    TWO_PERSON = "two_person"
    NO_ATTENDANT = "no_attendant"
    OVERCROWDED = "overcrowded"
    LONE_WORK = "lone_work"
    NOT_EVACUATED = "not_evacuated"
    UNKNOWN_TAG = "unknown_tag"
    RESCUER = "rescuer"
    NEAR_VEHICLE = "near_vehicle"
    STUMBLE = "stumble"
    IMPACT = "impact"
    DEVICE_SILENT = "device_silent"
    BADGE_SILENT = "badge_silent"
    BLIND_AREA = "blind_area"
    UNREADABLE = "unreadable"
    CANARY = "canary"
    LEFT_OPEN = "left_open"
    STRANGER = "stranger"
    CANCEL = "cancel"
    ALL_RIGHT = "all_right"
    CHECK_IN = "check_in"
    PRESENCE = "presence"
    VISIT = "visit"


class Role(StrEnum):
    """What becomes of a detection."""

    EVENT = "event"
    """An incident: people work on it."""
    ANSWER = "answer"
    """Somebody's word about their open incidents. It opens none."""
    OBSERVATION = "observation"
    """Material for the detectors of the whole site. It leaves the gateway to nobody."""


class About(StrEnum):
    """Whom or what a kind is about."""

    PERSON = "person"
    """A person; where nobody knows who, whoever the device is on or a camera sees."""
    ZONE = "zone"
    """A zone as a whole."""
    DEVICE = "device"
    """A device, or what it is mounted on."""
    SYSTEM = "system"
    """Floorwatch itself."""


class Teller(StrEnum):
    """Who says so first."""

    DETECTOR = "detector"
    GATEWAY = "gateway"
    BACKEND = "backend"


class Sequel(NamedTuple):
    """A kind belongs to an open incident of another kind, if that began not long before."""

    of: DetectionKind
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One row: all that hangs on a detection's kind.

    Attributes
    ----------
    title
        The incident in a few words, `{}` for its zone.
    titles
        Titles that say more, by the rule of `contract.tiers` that decided the tier.
    about
        Whom or what.
    role
        What becomes of it.
    teller
        Who says so first.
    facts
        The facts that come with it, beside those that the site adds (`SITE_FACTS`).
    may_lie
        Somebody may be on the floor, and is drawn so.
    down
        Somebody *is* on the floor: several of them in one zone are a mass event. Who calls for help
        may stand; who does not check in may have forgotten.
    rescued
        Others may go in after whoever it is about: in an IDLH zone they are warned.
    asked
        The wearer is asked "Are you all right?", and their word counts.
    warned
        Whoever it is about is about to be in danger, and their device warns them.
    passes
        "It is over" is a measurement. Somebody who fell is not well because they move.
    all_is_well
        The wearer says so.
    still_down
        The rules that say that somebody is down now, and not only that they were.
    follows
        The incident of another kind that it is part of.
    """

    title: str
    titles: Mapping[str, str] = field(default_factory=dict)
    about: About = About.PERSON
    role: Role = Role.EVENT
    teller: Teller = Teller.DETECTOR
    facts: frozenset[str] = frozenset()
    may_lie: bool = False
    down: bool = False
    rescued: bool = False
    asked: bool = False
    warned: bool = False
    passes: bool = False
    all_is_well: bool = False
    still_down: frozenset[str] = frozenset()
    follows: Sequel | None = None

    @property
    def known(self) -> frozenset[str]:
        """Every fact that may come to be known of such an event."""
        later = {*(ASKED_FACTS if self.asked else ()), *(DOWN_FACTS if self.down else ())}
        return frozenset({"kind", *SITE_FACTS, *self.facts, *later})


SITE_FACTS = ("hazard", "live", "idlh", "lone")
"""Facts that the site file adds to whatever happens in a zone."""
ASKED_FACTS = ("unanswered_s", "cancelled")
"""Facts that come of asking the wearer."""
DOWN_FACTS = ("people_down",)
"""Facts that come of counting who is down."""
_SEVERAL = {"mass-event": "Several people down"}
_EXPIRED = "In {}, permit or training expired"

_K = DetectionKind
MEANINGS: Mapping[DetectionKind, Meaning] = {
    _K.FALL: Meaning(
        title="Fall",
        titles={
            "fall/still": "Person down, not moving",
            "fall/no-answer": "Person down, does not answer",
            "fall/height": "Fall from height",
            "fall/hazard-zone": "Fall in a danger zone",
            **_SEVERAL,
        },
        facts=frozenset({"free_fall_s", "still_s"}),
        may_lie=True, down=True, rescued=True, asked=True,
        still_down=frozenset({"fall/still"}),
    ),
    _K.PERSON_DOWN: Meaning(
        title="Somebody lies on the floor", titles=_SEVERAL, facts=frozenset({"still_s"}),
        may_lie=True, down=True, rescued=True,
    ),
    _K.NO_MOTION: Meaning(
        title="No movement",
        titles={"man-down/no-answer": "No movement, no answer", **_SEVERAL},
        may_lie=True, down=True, rescued=True, asked=True,
        still_down=frozenset({"man-down"}),
        # Whoever fell and lies still needs help once, not two crews; but whoever does not move
        # today did not fall yesterday. A fall is watched for minutes, and no motion is told within
        # minutes.
        follows=Sequel(_K.FALL, 900),
    ),
    _K.MISSED_CHECK_IN: Meaning(
        title="Check-in missed", titles={"man-down/no-answer": "No movement, no answer"},
        may_lie=True, rescued=True, asked=True, still_down=frozenset({"man-down"}),
    ),
    _K.SOS: Meaning(title="Help called for", rescued=True),
    _K.ZONE_BREACH: Meaning(
        title="In {} without authorisation",
        titles={"zone/expired": _EXPIRED, "zone/expired-idlh": _EXPIRED},
        facts=frozenset({"authorised", "dwell_s", "people"}), passes=True,
    ),
    _K.OVERSTAY: Meaning(
        title="Too long in {}",
        facts=frozenset({"authorised", "overstay_s"}), passes=True,
    ),
    _K.TWO_PERSON: Meaning(
        title="Second person missing in {}", about=About.ZONE,
        facts=frozenset({"dwell_s", "people"}), passes=True,
    ),
    _K.NO_ATTENDANT: Meaning(
        title="Nobody attends to {}", about=About.ZONE,
        facts=frozenset({"dwell_s", "people"}), passes=True,
    ),
    _K.OVERCROWDED: Meaning(
        title="Too many people in {}", about=About.ZONE,
        facts=frozenset({"dwell_s", "people"}), passes=True,
    ),
    _K.LONE_WORK: Meaning(
        title="Alone too long in {}",
        facts=frozenset({"dwell_s"}), passes=True,
    ),
    _K.NOT_EVACUATED: Meaning(
        title="Still in {} after the evacuation", about=About.ZONE,
        facts=frozenset({"dwell_s", "people"}), passes=True,
    ),
    _K.UNKNOWN_TAG: Meaning(
        title="Unknown tag in {}", about=About.ZONE,
        facts=frozenset({"dwell_s", "people"}), passes=True,
    ),
    _K.RESCUER: Meaning(
        title="About to go into {} uncleared", facts=frozenset({"authorised", "dwell_s"}),
        warned=True, passes=True,
    ),
    _K.NEAR_VEHICLE: Meaning(title="Close to a moving vehicle"),
    _K.STUMBLE: Meaning(title="Stumble"),
    _K.IMPACT: Meaning(title="Equipment struck", about=About.DEVICE),
    _K.DEVICE_SILENT: Meaning(
        title="Device silent", about=About.DEVICE,
        facts=frozenset({"silent_s"}), passes=True,
    ),
    _K.BADGE_SILENT: Meaning(
        title="Badge silent in {}",
        facts=frozenset({"silent_s"}), passes=True,
    ),
    _K.BLIND_AREA: Meaning(
        title="Area not watched", about=About.DEVICE,
        facts=frozenset({"silent_s", "people"}), passes=True,
    ),
    _K.UNREADABLE: Meaning(
        title="An alarm that could not be read", about=About.DEVICE, teller=Teller.GATEWAY
    ),
    _K.CANARY: Meaning(
        title="The paging path has failed", about=About.SYSTEM, teller=Teller.BACKEND
    ),
    _K.STRANGER: Meaning(
        title="Somebody speaks who is not believed", about=About.SYSTEM, teller=Teller.BACKEND
    ),
    _K.LEFT_OPEN: Meaning(
        title="Incidents were left open", about=About.SYSTEM, teller=Teller.BACKEND
    ),
    _K.CANCEL: Meaning(
        title="Alarm cancelled by the wearer", role=Role.ANSWER, all_is_well=True,
        facts=frozenset({"cancelled"}),
    ),
    _K.ALL_RIGHT: Meaning(
        title="The wearer is all right", role=Role.ANSWER, all_is_well=True,
        facts=frozenset({"cancelled"}),
    ),
    _K.CHECK_IN: Meaning(title="Checked in", role=Role.ANSWER),
    _K.PRESENCE: Meaning(title="In {}", role=Role.OBSERVATION),
    _K.VISIT: Meaning(title="Seen in {}", role=Role.OBSERVATION),
}  # fmt: skip


def meaning(kind: str) -> Meaning:
    """Return what a kind means; a kind without a row is an event, titled by its name.

    >>> meaning("rescuer").warned
    True
    >>> meaning("gas_leak").title
    'Gas leak'
    """
    if kind in _BY_NAME:
        return _BY_NAME[kind]
    return Meaning(title=kind.replace("_", " ").capitalize())


_BY_NAME: Mapping[str, Meaning] = {str(kind): row for kind, row in MEANINGS.items()}

ANSWERS = frozenset(kind for kind, row in MEANINGS.items() if row.role is Role.ANSWER)
"""Somebody's word, and no event: they open no incident."""
ALL_IS_WELL = frozenset(kind for kind, row in MEANINGS.items() if row.all_is_well)
OBSERVATIONS = frozenset(kind for kind, row in MEANINGS.items() if row.role is Role.OBSERVATION)
ASKED = frozenset(kind for kind, row in MEANINGS.items() if row.asked)
DOWN = frozenset(kind for kind, row in MEANINGS.items() if row.down)
MAY_LIE = frozenset(kind for kind, row in MEANINGS.items() if row.may_lie)
RESCUED = frozenset(kind for kind, row in MEANINGS.items() if row.rescued)
WARNED = frozenset(kind for kind, row in MEANINGS.items() if row.warned)
