"""What is to happen in a hall: episodes, each with who and when; the demonstration's among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from contract.event import EventName
from contract.site import Site
from simulators.body.movement import FALLS
from simulators.errors import ScenarioError
from simulators.floor import Floor, Point, may_enter

PLAIN_FALL = {"contact_s": 0.05, "caught": 0.2, "lying_deg": 95.0}
"""The fall that a demonstration begins with: what chance deals out may be as odd as in life."""

After = Literal["lie_still", "lie_moving", "crawl"]


@dataclass(frozen=True)
class Fall:
    """Somebody falls at `at_s`, and stays down for `down_s`; `answers` when asked, or does not."""

    wearer: str
    at_s: float
    how: str = "fall_forward"
    after: After = "lie_still"
    down_s: float = 100.0
    answers: bool = False
    settings: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.how not in FALLS:
            raise ScenarioError(f'"{self.how}" is no fall; there are {", ".join(sorted(FALLS))}')


@dataclass(frozen=True)
class Stumble:
    """Somebody trips at `at_s` and recovers. It is no fall, and nothing may alarm."""

    wearer: str
    at_s: float


@dataclass(frozen=True)
class Visit:
    """Somebody sets out at `at_s` for a zone, stays `stay_s` inside, and walks back."""

    wearer: str
    at_s: float
    zone: str
    stay_s: float = 12.0


@dataclass(frozen=True)
class Press:
    """Somebody presses a button at `at_s`."""

    wearer: str
    at_s: float
    event: EventName = "sos"


Episode = Fall | Stumble | Visit | Press


@dataclass(frozen=True)
class Scenario:
    """Episodes in order of time, which may have no end, and where some people start."""

    episodes: Iterable[Episode] = ()
    start: Mapping[str, Point] = field(default_factory=dict)

    def checked(self, site: Site) -> Iterator[Episode]:
        """Yield the episodes, each checked against the site as it comes up."""
        last_s = 0.0
        for episode in self.episodes:
            if episode.wearer not in site.wearers:
                raise ScenarioError(f'the site has no wearer "{episode.wearer}"')
            if isinstance(episode, Visit) and episode.zone not in site.zones:
                raise ScenarioError(f'the site has no zone "{episode.zone}"')
            if episode.at_s < last_s:
                raise ScenarioError(f"{episode} comes after one at {last_s:g} s; put them in order")
            last_s = episode.at_s
            yield episode


def quiet() -> Scenario:
    """Return a scenario in which people just work."""
    return Scenario()


def demo(site: Site, seed: int = 0) -> Scenario:
    """Return the demonstration: a fall and a zone visit within 15 s, then something now and then.

    Whoever has no accelerometer does not fall, and nobody visits where they may be anyway.
    """
    rng = np.random.default_rng([seed, 0xDE30])
    floor = Floor(site)
    homes = floor.homes(site.wearer)
    worn = {device.wearer for device in site.device if device.kind == "imu"}
    badged = {device.wearer for device in site.device if device.kind == "badge"}
    faller_ids = [w.id for w in site.wearer if w.id in worn]
    visits = [
        (wearer.id, zone)
        for wearer in site.wearer
        if wearer.id in badged
        for zone in floor.doors(homes[wearer.id])
        if not may_enter(wearer, site.zones[zone])
    ]
    if not faller_ids:
        raise ScenarioError("nobody on this site wears an accelerometer; who should fall?")
    first = next((w.id for w in site.wearer if w.id in worn and not w.lone), faller_ids[0])
    others = [visit for visit in visits if visit[0] != first]
    worst = min((site.zones[zone].hazard for _, zone in others), default="none")
    others = [visit for visit in others if site.zones[visit[1]].hazard == worst]
    if not others:
        return Scenario(_demo_episodes(rng, first, None, faller_ids, visits))
    visitor, zone = others[int(rng.integers(len(others)))]
    home = homes[visitor]
    door = floor.doors(home)[zone]
    near = min((floor.spot(home, rng) for _ in range(12)), key=lambda at: _way_m(at, door))
    episodes = _demo_episodes(rng, first, (visitor, zone), faller_ids, visits)
    return Scenario(episodes, start={visitor: near})


def _demo_episodes(
    rng: np.random.Generator,
    faller: str,
    visit: tuple[str, str] | None,
    fallers: list[str],
    visits: list[tuple[str, str]],
) -> Iterator[Episode]:
    at_s = 1.0
    free_at_s: dict[str, float] = {faller: 130.0}
    if visit:
        yield Visit(visit[0], at_s, visit[1], stay_s=20.0)
        free_at_s[visit[0]] = 60.0
    yield Fall(faller, 6.0, down_s=100.0, settings=PLAIN_FALL)
    at_s = 40.0
    kinds = ["answered", "stumble", "visit", "stumble", "still", "visit", "sos"]
    number = 0
    while True:
        kind = kinds[number % len(kinds)]
        number += 1
        able = [who for who in fallers if free_at_s.get(who, 0.0) <= at_s]
        going = [visit for visit in visits if free_at_s.get(visit[0], 0.0) <= at_s]
        if kind == "visit" and going:
            wearer, zone = going[int(rng.integers(len(going)))]
            yield Visit(wearer, at_s, zone, stay_s=float(rng.uniform(10, 25)))
            free_at_s[wearer] = at_s + 90.0
        elif kind != "visit" and able:
            wearer = able[int(rng.integers(len(able)))]
            yield _happens(kind, wearer, at_s, rng)
            free_at_s[wearer] = at_s + 150.0
        at_s += float(rng.uniform(30, 60))


def _happens(kind: str, wearer: str, at_s: float, rng: np.random.Generator) -> Episode:
    hows = ["fall_forward", "fall_backward", "fall_sideways", "fall_after_recovery_attempt"]
    how = hows[int(rng.integers(len(hows)))]
    match kind:
        case "stumble":
            return Stumble(wearer, at_s)
        case "sos":
            return Press(wearer, at_s)
        case "answered":
            return Fall(wearer, at_s, how, "lie_moving", down_s=12.0, answers=True)
        case _:
            return Fall(wearer, at_s, how, "lie_still", down_s=100.0)


def _way_m(a: Point, b: Point) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
