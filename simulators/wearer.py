"""A simulated wearer: works here, walks there, and now and then an episode happens to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contract.event import EventName
from contract.site import Wearer, Worn
from simulators.body.curve import Floats, ease
from simulators.body.movement import Build
from simulators.body.script import Script, Step
from simulators.floor import Floor, Point, contains, may_enter
from simulators.reel import Reel, Signals
from simulators.scenario import Episode, Fall, Press, Stumble

SPEED_M_S = 1.2
LADDER_LEAD_S = 5.0
"""Somebody who falls off a ladder has climbed it first."""
PLANNED_S = 20.0
"""How far ahead a wearer must know of an episode, so that no spell of work runs into it."""
FADE_S = 0.2
"""Two spells are faded into each other for this long; a body does not jump either."""


@dataclass(frozen=True)
class Truth:
    """Something that really happened, in seconds from the hall's start."""

    kind: str
    wearer: str
    at_s: float
    end_s: float
    impact_s: float | None = None
    zone: str | None = None
    answers: bool = True


@dataclass(frozen=True)
class _Spell:
    signals: Signals
    count: int
    start: Point
    goal: Point
    lying: bool = False


class SimulatedWearer:
    """What one person does, sample by sample. Deterministic by its generator.

    `advance` returns what is felt on trunk and arm; `at` says where they were at a sample lately.
    """

    def __init__(
        self,
        person: Wearer,
        floor: Floor,
        home: str,
        reel: Reel,
        rng: np.random.Generator,
        start: Point | None = None,
    ) -> None:
        self.person = person
        self.truth: list[Truth] = []
        self.presses: list[tuple[float, EventName]] = []
        self._floor = floor
        self._permitted = floor.permitted(person)
        self._range = floor.reachable(home, self._permitted)
        self._zone = home
        self._reel = reel
        self._rng = rng
        self._build = Build.drawn(rng)
        self._here = start or floor.spot(home, rng)
        self._episodes: deque[Episode] = deque()
        self._spells: deque[_Spell] = deque()
        self._planned = 0
        self._done = 0
        self._used = 0
        self._last: dict[Worn, Floats] = {}
        self._track: deque[tuple[int, _Spell]] = deque(maxlen=24)

    def expect(self, episode: Episode) -> None:
        """Take an episode that begins at least `PLANNED_S` after the samples given out so far."""
        self._episodes.append(episode)

    def advance(self, until: int) -> dict[Worn, Floats]:
        """Return what is felt from the last sample given out up to sample `until`."""
        nothing = np.empty((0, 3))
        parts: dict[Worn, list[Floats]] = {"trunk": [nothing], "arm": [nothing]}
        while self._done < until:
            while not self._spells:
                self._plan()
            spell = self._spells[0]
            if self._used == 0:
                self._track.append((self._done, spell))
            take = min(until - self._done, spell.count - self._used)
            for worn, pieces in parts.items():
                pieces.append(self._faded(worn, spell, take))
            self._used += take
            self._done += take
            if self._used == spell.count:
                self._last = {worn: spell.signals[worn][spell.count - 1] for worn in parts}
                self._spells.popleft()
                self._used = 0
        return {worn: np.concatenate(pieces) for worn, pieces in parts.items()}

    def at(self, sample: int) -> tuple[Point, Point, bool]:
        """Return where they were, which way they faced (0, 0 if no way) and whether they lay."""
        since = [entry for entry in self._track if entry[0] <= sample]
        begun, spell = since[-1] if since else self._track[0]
        share = min(max((sample - begun) / spell.count, 0.0), 1.0)
        (x0, y0), (x1, y1) = spell.start, spell.goal
        length = float(np.hypot(x1 - x0, y1 - y0))
        facing = ((x1 - x0) / length, (y1 - y0) / length) if length > 0 else (0.0, 0.0)
        return (x0 + share * (x1 - x0), y0 + share * (y1 - y0)), facing, spell.lying

    def _faded(self, worn: Worn, spell: _Spell, take: int) -> Floats:
        piece = spell.signals[worn][self._used : self._used + take]
        fade = max(1, round(FADE_S * self._reel.odr_hz))
        if self._used >= fade or worn not in self._last:
            return piece
        share = ease((self._used + 1 + np.arange(min(take, fade - self._used))) / (fade + 1))
        piece = piece.copy()
        head = piece[: len(share)]
        piece[: len(share)] = share[:, None] * head + (1 - share[:, None]) * self._last[worn]
        return piece

    # --- what comes next ---

    def _plan(self) -> None:
        odr_hz = self._reel.odr_hz
        left = None
        if self._episodes:
            left = round(self._begins_s(self._episodes[0]) * odr_hz) - self._planned
            if left <= 0:
                self._begin(self._episodes.popleft())
                return
        self._work(left)

    @staticmethod
    def _begins_s(episode: Episode) -> float:
        ladder = isinstance(episode, Fall) and episode.how == "fall_from_height"
        return max(0.0, episode.at_s - (LADDER_LEAD_S if ladder else 0.0))

    def _work(self, left: int | None) -> None:
        """Plan an ordinary spell, no longer than `left` samples."""
        choice = self._rng.random()
        whole = {"bend_and_lift": 0.10, "sit": 0.14}
        for name, share in whole.items():
            signals = self._piece(name)
            if choice < share and (left is None or left >= len(signals["trunk"])):
                self._add(signals, len(signals["trunk"]), self._here)
                return
        if choice < 0.5:
            self._stay(float(self._rng.uniform(3.0, 11.0)), left)
            return
        zone = self._zone
        if self._rng.random() < 0.25:
            zone = str(self._rng.choice(self._range))
        legs = [*self._floor.route(self._zone, zone, self._permitted)]
        legs.append(self._floor.spot(zone, self._rng))
        if left is None:
            for leg in legs:
                self._walk(leg)
            self._zone = zone
        elif zone == self._zone:
            self._walk(legs[-1], left)
        else:
            self._stay(3.0, left)

    def _stay(self, duration_s: float, left: int | None = None) -> None:
        count = max(1, round(duration_s * self._reel.odr_hz))
        count = count if left is None else min(count, left)
        while count > 0:
            signals = self._piece("stand")
            now = min(count, len(signals["trunk"]))
            self._add(signals, now, self._here)
            count -= now

    def _walk(self, goal: Point, left: int | None = None) -> None:
        """Walk to a place in a straight line, or as far as one gets in `left` samples."""
        start = self._here
        way_m = float(np.hypot(goal[0] - start[0], goal[1] - start[1]))
        count = max(1, round(way_m / SPEED_M_S * self._reel.odr_hz))
        walked = 0
        while walked < count and (left is None or walked < left):
            signals = self._piece("walk")
            now = min(count - walked, len(signals["trunk"]))
            now = now if left is None else min(now, left - walked)
            walked += now
            share = walked / count
            to = (start[0] + share * (goal[0] - start[0]), start[1] + share * (goal[1] - start[1]))
            self._add(signals, now, to)

    def _begin(self, episode: Episode) -> None:
        match episode:
            case Fall():
                self._fall(episode)
            case Stumble():
                self._act("stumble", Script((Step("stumble"),)))
            case Press():
                self._truth("press", self._planned, self._planned, detail=episode.event)
                self.presses.append((self._planned / self._reel.odr_hz, episode.event))
            case _:
                self._visit(episode.zone, episode.stay_s)

    def _act(self, kind: str, script: Script) -> None:
        signals, impact_s = self._reel.render(script, self._build, self._rng)
        begun = self._planned
        self._add(signals, len(signals["trunk"]), self._here)
        self._truth(kind, begun, self._planned, impact_s)

    def _fall(self, fall: Fall) -> None:
        if fall.how == "fall_from_height":
            signals = self._piece("climb_ladder")
            lead = round(fall.at_s * self._reel.odr_hz) - self._planned
            if lead > 0:
                self._add(signals, min(lead, len(signals["trunk"])), self._here)
        steps = (Step(fall.how, None, fall.settings), Step(fall.after, fall.down_s))
        script = Script((*steps, Step("get_up_from_floor")))
        signals, impact_s = self._reel.render(script, self._build, self._rng)
        begun = self._planned
        self._add(signals, len(signals["trunk"]), self._here, lying=True)
        self._truth(fall.how, begun, self._planned, impact_s, answers=fall.answers)

    def _visit(self, zone: str, stay_s: float) -> None:
        """Walk into a zone, stay, and walk back the same way."""
        back = self._here
        doors = self._floor.route(self._zone, zone, self._permitted)
        begun = self._planned
        first = len(self._spells)
        for leg in (*doors, self._floor.spot(zone, self._rng, margin_m=1.5)):
            self._walk(leg)
        self._stay(stay_s)
        for leg in (*reversed(doors), back):
            self._walk(leg)
        inside = list(self._inside(zone, begun, list(self._spells)[first:]))
        if inside:
            kind = "visit" if may_enter(self.person, self._floor.zones[zone]) else "breach"
            self._truth(kind, inside[0], inside[-1], zone=zone)

    def _inside(self, zone: str, begun: int, spells: list[_Spell]) -> Iterator[int]:
        step = max(1, round(0.05 * self._reel.odr_hz))
        room = self._floor.rooms[zone]
        for spell in spells:
            (x0, y0), (x1, y1) = spell.start, spell.goal
            for i in range(0, spell.count, step):
                share = i / spell.count
                if contains(room, (x0 + share * (x1 - x0), y0 + share * (y1 - y0))):
                    yield begun + i
            begun += spell.count

    def _piece(self, name: str) -> Signals:
        return self._reel.piece(name, int(self._rng.integers(1 << 16)))

    def _add(self, signals: Signals, count: int, goal: Point, lying: bool = False) -> None:
        self._spells.append(_Spell(signals, count, self._here, goal, lying))
        self._planned += count
        self._here = goal

    def _truth(
        self,
        kind: str,
        begun: int,
        ended: int,
        impact_s: float | None = None,
        zone: str | None = None,
        answers: bool = True,
        detail: str | None = None,
    ) -> None:
        at_s = begun / self._reel.odr_hz
        self.truth.append(
            Truth(
                kind=detail or kind,
                wearer=self.person.id,
                at_s=at_s,
                end_s=ended / self._reel.odr_hz,
                impact_s=None if impact_s is None else at_s + impact_s,
                zone=zone,
                answers=answers,
            )
        )
