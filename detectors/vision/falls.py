"""Who went down: what is told of somebody's posture, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.vision.person import Person, Sure
from detectors.vision.posture import DOWN_TILT_DEG, Down

BENT_DROP, BENT_HEIGHT = 0.42, 0.5
"""Whoever bends over lowers the top of their box by a third; whoever lies, by half and more."""
LATEST_NS = ns(0.3)
SEEN_SINKING = 2
"""Whoever was seen on the way down in so many looks need not be seen to lie in more than one: a
model loses people as they come to lie, and one look of a box gone wrong shows no way down."""


@dataclass(frozen=True, slots=True)
class FallRules:
    """How fast is a fall, and how long it takes to believe it.

    Attributes
    ----------
    confirm_s, looks, share
        Down for so long, in so many looks, which are at least this share of all looks since.
    fast_s
        Who sinks by a third of their height in less falls; whoever takes longer lies down.
    person_down_s
        So long somebody lies who was not seen to fall.
    still_s
        Lying so long without moving is told again.
    sure
        Who was never seen upright must be somebody: a table's foot lies, too.
    """

    confirm_s: float
    looks: int
    share: float
    fast_s: float
    person_down_s: float
    still_s: float
    sure: Sure


def judged(
    person: Person, t_ns: int, zone: str | None, rules: FallRules
) -> tuple[Person, tuple[Finding, ...]]:
    """Return a person after a look at `t_ns`, and what their posture has led to."""
    posture = person.posture
    if posture.risen is not None:
        risen = posture.risen
        person = replace(person, posture=replace(posture, risen=None))
        if risen.told is None:
            return person, ()
        return person, (_finding(person, risen, risen.told, "clear", t_ns, zone, "is up again"),)
    down = posture.down
    if down is None:
        return person, ()
    if down.told is None and _believed(person, down, t_ns, rules):
        kind = DetectionKind.FALL if _fell(down, rules) else DetectionKind.PERSON_DOWN
        told = down._replace(told=kind)
        new = _finding(person, told, kind, "onset", t_ns, zone, _words(told))
    elif down.told is not None and not down.still and _still_s(down, t_ns) >= rules.still_s:
        told = down._replace(still=True)
        words = f"lies there and has not moved for {rules.still_s:.0f} s"
        new = _finding(person, told, down.told, "update", t_ns, zone, words)
    else:
        return person, ()
    return replace(person, posture=replace(posture, down=told)), (new,)


def lost(person: Person, t_ns: int, zone: str | None) -> tuple[Finding, ...]:
    """Return what is known of somebody who is given up: who lay there may lie there still."""
    down = person.posture.down
    if down is None or down.told is None:
        return ()
    words = "is not seen any more, and was not seen to get up"
    return (_finding(person, down, down.told, "update", t_ns, zone, words),)


def _fell(down: Down, rules: FallRules) -> bool:
    """Whether somebody went down fast, and all the way: who bends over stands on their legs."""
    low = down.drop >= BENT_DROP or down.height <= BENT_HEIGHT
    return low and down.fell_s is not None and down.fell_s <= rules.fast_s


def _believed(person: Person, down: Down, t_ns: int, rules: FallRules) -> bool:
    """Whether somebody has been down for long enough.

    Unseen counts as down in mid-picture: a model that finds who stands in nearly every frame finds
    who lies in some. At its edge it does not, unless the trunk was seen to lie: a box that the edge
    cuts off becomes flat when somebody walks out below.
    """
    walks_out = person.last.cut and down.tilt_deg < DOWN_TILT_DEG
    until_ns = person.last.t_ns if walks_out else t_ns
    fell = _fell(down, rules)
    wait_s = rules.confirm_s if fell else rules.person_down_s
    looks = 1 if fell and down.sinking >= SEEN_SINKING else rules.looks
    return (
        down.looks >= looks
        and down.looks >= rules.share * (down.looks + down.others)
        and down.ups == 0
        and person.last.t_ns - down.last_ns <= LATEST_NS
        and (down.from_ns is not None or person.believed(rules.sure))
        and until_ns - down.first_ns >= ns(wait_s)
    )


def _still_s(down: Down, t_ns: int) -> float:
    return seconds(t_ns - down.rest_ns)


def _words(down: Down) -> str:
    seen = f"box {down.aspect:.1f} times as wide as high"
    if down.tilt_deg:
        seen += f", trunk {down.tilt_deg:.0f}° from upright"
    if down.told == DetectionKind.FALL:
        return (
            f"seen to fall: sank by a third of their height in {down.fell_s or 0:.1f} s; {seen}, "
            f"its top lower by {down.drop:.1f} body heights"
        )
    return f"somebody lies there and was not seen to fall: {seen}"


def _finding(
    person: Person,
    down: Down,
    kind: DetectionKind,
    phase: Phase,
    t_ns: int,
    zone: str | None,
    words: str,
) -> Finding:
    share = down.looks / max(1, down.looks + down.others)
    evidence = {
        "tilt_deg": round(down.tilt_deg, 1),
        "aspect": round(down.aspect, 2),
        "drop_heights": round(down.drop, 2),
        "lying_looks": float(down.looks),
    }
    facts = {"still_s": round(_still_s(down, t_ns), 2)} if down.still and phase == "update" else {}
    return Finding(
        kind=kind,
        phase=phase,
        onset_ns=down.first_ns if down.from_ns is None else down.from_ns,
        decided_ns=t_ns,
        confidence=round(min(0.95, 0.5 + 0.25 * share + 0.3 * min(1.0, person.best)), 3),
        reason=words,
        evidence=evidence,
        facts=facts,
        zone=zone,
        track=down.track,
    )
