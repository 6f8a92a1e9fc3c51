"""Who went down: what is told of somebody's posture, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.instants import ns, seconds
from detectors.finding import Finding
from detectors.vision.person import Person
from detectors.vision.posture import DOWN_TILT_DEG, Down, Posture
from detectors.vision.watcher import Look, Watcher

BENT_DROP, BENT_HEIGHT = 0.42, 0.5
"""Whoever bends over lowers the top of their box by a third; whoever lies, by half and more."""
LATEST_NS = ns(0.3)
SEEN_SINKING = 2
"""Whoever was seen on the way down in so many looks need not be seen to lie in more than one: a
model loses people as they come to lie, and one look of a box gone wrong shows no way down."""


Postures = Mapping[int, Posture]
"""The posture of everybody, by their number."""


class SeenFallWatcher(Watcher[Postures]):
    """Who lies on the floor.

    A fall is told when somebody upright sank fast (`fast_s`) and stays down for `confirm_s`;
    whoever lies there without having been seen to fall, after `person_down_s`. Someone down and
    not seen any more is down. Only people are looked at: a model that finds motion only shows none.
    """

    kind: ClassVar[str] = "falls"
    tells: ClassVar = frozenset({DetectionKind.FALL, DetectionKind.PERSON_DOWN})

    confirm_s: float = Field(1.0, ge=0, le=60, description="Down for so long after a fall …")
    lying_looks: int = Field(
        2, ge=1, le=100, description="… in so many looks, or one if seen to sink …"
    )
    lying_share: float = Field(0.6, ge=0, le=1, description="… and this share of all looks since")
    fast_s: float = Field(
        1.4, gt=0, le=10, description="Who sinks by a third of their height in less falls"
    )
    person_down_s: float = Field(
        20.0, ge=0, le=600, description="Lying for so long, though not seen to fall"
    )
    still_s: float = Field(15.0, gt=0, le=600, description="Then lying still so long is told")

    def start(self) -> Postures:
        """Return that nobody's posture is known."""
        return {}

    def look(self, state: Postures, look: Look) -> tuple[Postures, tuple[Finding, ...]]:
        """Follow how everybody holds themselves, and tell who went down, lies still or is up."""
        found: list[Finding] = []
        after = dict(state)
        for number, person in look.everybody():
            if person.seen != "person":
                continue
            posture = state.get(number, Posture())
            if number in look.seen:
                posture = posture.seen(person.last, person.track)
            if look.sees == "people":
                posture, new = self._judged(person, posture, look)
                found += new
            after[number] = posture
            if number in look.gone:
                found += _lost(person, after.pop(number), look)
        return after, tuple(found)

    def silent(self, state: Postures, look: Look) -> tuple[Postures, tuple[Finding, ...]]:
        """Tell of whoever lay there: they may lie there still."""
        return {}, tuple(
            finding
            for number, person in look.everybody()
            for finding in _lost(person, state.get(number, Posture()), look)
        )

    def _judged(
        self, person: Person, posture: Posture, look: Look
    ) -> tuple[Posture, tuple[Finding, ...]]:
        """Return a person's posture after a look, and what it has led to."""
        if posture.risen is not None:
            risen = posture.risen
            posture = replace(posture, risen=None)
            if risen.told is None:
                return posture, ()
            return posture, (_finding(person, risen, risen.told, "clear", look, "is up again"),)
        down = posture.down
        if down is None:
            return posture, ()
        if down.told is None and self._believed(person, down, look):
            kind = DetectionKind.FALL if self._fell(down) else DetectionKind.PERSON_DOWN
            down = down._replace(told=kind)
            new = _finding(person, down, kind, "onset", look, _words(down))
        elif (told := down.told) and not down.still and self._lies_still(down, look):
            down = down._replace(still=True)
            words = f"lies there and has not moved for {self.still_s:.0f} s"
            new = _finding(person, down, told, "update", look, words)
        else:
            return posture, ()
        return replace(posture, down=down), (new,)

    def _lies_still(self, down: Down, look: Look) -> bool:
        return _still_s(down, look.t_ns) >= self.still_s

    def _fell(self, down: Down) -> bool:
        """Whether somebody went down fast, and all the way: who bends over stands on their legs."""
        low = down.drop >= BENT_DROP or down.height <= BENT_HEIGHT
        return low and down.fell_s is not None and down.fell_s <= self.fast_s

    def _believed(self, person: Person, down: Down, look: Look) -> bool:
        """Whether somebody has been down for long enough.

        Unseen counts as down in mid-picture: a model that finds who stands in nearly every frame
        finds who lies in some. At its edge it does not, unless the trunk was seen to lie: a box
        that the edge cuts off becomes flat when somebody walks out below.
        """
        walks_out = person.last.cut and down.tilt_deg < DOWN_TILT_DEG
        until_ns = person.last.t_ns if walks_out else look.t_ns
        fell = self._fell(down)
        wait_s = self.confirm_s if fell else self.person_down_s
        looks = 1 if fell and down.sinking >= SEEN_SINKING else self.lying_looks
        return (
            down.looks >= looks
            and down.looks >= self.lying_share * (down.looks + down.others)
            and down.ups == 0
            and person.last.t_ns - down.last_ns <= LATEST_NS
            and (down.from_ns is not None or person.believed(look.sure))
            and until_ns - down.first_ns >= ns(wait_s)
        )


def _lost(person: Person, posture: Posture, look: Look) -> tuple[Finding, ...]:
    """Return what is known of somebody who is given up: who lay there may lie there still."""
    down = posture.down
    if down is None or down.told is None:
        return ()
    words = "is not seen any more, and was not seen to get up"
    return (_finding(person, down, down.told, "update", look, words),)


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
    look: Look,
    words: str,
) -> Finding:
    share = down.looks / max(1, down.looks + down.others)
    evidence = {
        "tilt_deg": round(down.tilt_deg, 1),
        "aspect": round(down.aspect, 2),
        "drop_heights": round(down.drop, 2),
        "lying_looks": float(down.looks),
    }
    still = down.still and phase == "update"
    facts = {"still_s": round(_still_s(down, look.t_ns), 2)} if still else {}
    return Finding(
        kind=kind,
        phase=phase,
        onset_ns=down.first_ns if down.from_ns is None else down.from_ns,
        decided_ns=look.t_ns,
        confidence=round(min(0.95, 0.5 + 0.25 * share + 0.3 * min(1.0, person.best)), 3),
        reason=words,
        evidence=evidence,
        facts=facts,
        zone=look.zone(person),
        track=down.track,
    )
