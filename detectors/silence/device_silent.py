"""A device was heard and is not any more; or everything behind one agent is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from contract.detection import Phase
from contract.detection_kinds import DetectionKind
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import ns, seconds
from contract.refusal import RefusedBlock
from contract.site import Site
from contract.tick import Tick
from detectors.detector import Detector
from detectors.finder import Finder
from detectors.finding import Finding
from detectors.silence.roll import NEVER, BoolArray, Roll
from detectors.subject import Subject

CONFIDENCE = 0.9
NAMES_TOLD = 12


class Watched(BaseModel):
    """Behind which agent a device is, and who wears it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str = Field(description="Id of the agent, or of the gateway where that is open")
    wearer: str | None = Field(None, description="Id of the wearer")
    streams: bool = Field(True, description="It speaks all the time; else only when it is pressed")


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that was told."""

    onset_ns: int
    told: int
    """How many of `steps_s` have been reported."""
    misheard: bool = False
    """It is heard, and not understood."""


@dataclass(frozen=True, slots=True)
class SilenceState:
    """Who was heard when, and what was said of it. Mappings are never written to once here."""

    roll: Roll
    silent: Mapping[int, Silence] = field(default_factory=dict)
    """The devices that are silent, by their number."""
    blind: Mapping[str, int] = field(default_factory=dict)
    """The agents behind which nothing is heard, and since when."""
    misheard: Mapping[int, str] = field(default_factory=dict)
    """Why nothing of a device is understood since it was understood last, by its number."""


Heard = ImuBlock | EventBlock | RefusedBlock | Tick
Step = tuple[SilenceState, tuple[Finding, ...]]


class SilenceDetector(Detector):
    """A device whose last block arrived `steps_s[0]` ago, told again at each further step.

    It is cleared when a block arrives, and when the device says that it is charging or off the
    body, after which nobody waits for it. Where `area_devices` or more, and at least `area_share`
    of what is behind one agent, fell silent within `together_s`, it is not the devices: that is one
    `blind_area`, with the people in it. When something behind that agent is heard again it is
    cleared, and whoever is still silent is waited for from then on.

    A device that is heard and not understood is told as that, in the same steps: its wearer is
    unwatched. One that speaks only when it is pressed is told at once, for that may have been a
    call for help; until then nobody waits for it.

    Only ticks make time pass. Where they paused for more than `away_s`, the gateway itself was
    away, and every count begins again.

    Examples
    --------
    >>> from simulators.examples import moved, told
    >>> told("device_silent", moved(("stand", 5)), for_s=100)
    ['onset device_silent SEV4']

    Notes
    -----
    An own design; how often devices fall silent in a real hall was not measured. A device that was
    neither heard nor misheard since the gateway started is not missed. A whole hall without power
    is a blind area for each agent. Which agent a device is behind is known from its `agent` in the
    site file, or if there is only one; all others count as one group.
    """

    kind: ClassVar[str] = "device_silent"
    tells: ClassVar = frozenset(
        {DetectionKind.DEVICE_SILENT, DetectionKind.NOT_UNDERSTOOD, DetectionKind.BLIND_AREA}
    )

    steps_s: tuple[float, ...] = Field(
        (90.0, 300.0),
        min_length=1,
        description="A silence is reported when it has lasted this long; the site's severity adds "
        "`silent_s` and `silent_long_s`",
    )
    area_devices: int = Field(3, ge=2, description="So many silent at once are one blind area …")
    area_share: float = Field(
        0.5, gt=0, le=1, description="… if they are this share of what was heard behind the agent"
    )
    together_s: float = Field(
        10.0, ge=0, le=120, description="What counts as at once: longer than any device's blocks"
    )
    away_s: float = Field(
        30.0, ge=2, le=600, description="A longer pause between ticks: the gateway was away"
    )

    def at(self, site: Site) -> SilenceFinder:
        """Return what runs with these settings."""
        return SilenceFinder(self, site)


class SilenceFinder(Finder[SilenceDetector, SilenceState, Heard]):
    """Waits for every accelerometer of the site, and for presses that nobody understood."""

    keyed_by: ClassVar = "site"

    def __init__(self, settings: SilenceDetector, site: Site) -> None:
        super().__init__(settings)
        only = site.agent[0].id if len(site.agent) == 1 else site.gateway.id
        self.devices = {
            device.id: Watched(
                agent=device.agent or only, wearer=device.wearer, streams=device.kind == "imu"
            )
            for device in site.device
            if device.kind == "imu" or (device.kind in ("button", "badge") and device.wearer)
        }
        times = {site.severity.silent_s, site.severity.silent_long_s}
        if settings.steps_s != SilenceDetector.model_fields["steps_s"].default:
            times |= set(settings.steps_s)
        self.steps_s = tuple(sorted(times))
        """A silence is told when it has lasted so long."""
        self.numbers = {device: at for at, device in enumerate(self.devices)}
        """The place of each device in the roll."""
        behind: dict[str, list[int]] = {}
        for at, watched in enumerate(self.devices.values()):
            behind.setdefault(watched.agent, []).append(at)
        self.behind = {agent: np.array(numbers) for agent, numbers in behind.items()}
        """The devices behind each agent."""
        self.streaming = tuple(watched.streams for watched in self.devices.values())
        """Whether each device speaks all the time."""

    def start(self, subject: Subject) -> SilenceState:
        """Return a site of which nothing was heard."""
        return SilenceState(Roll.of(len(self.devices)))

    def step(self, state: SilenceState, message: Heard) -> Step:
        """Note who is heard; at a tick, say who is not."""
        if isinstance(message, Tick):
            return self._tick(state, message.at_ns)
        number = self.numbers.get(message.device)
        if number is None:
            return state, ()
        if isinstance(message, RefusedBlock):
            return self._misheard(state, number, message), ()
        if isinstance(message, EventBlock):
            if self.streaming[number]:
                return state, ()  # its samples say whether it watches
            put_away = True
        else:
            put_away = message.worn is False
        roll = state.roll.hear(number, put_away=put_away)
        if number in state.misheard:
            left = {n: why for n, why in state.misheard.items() if n != number}
            state = replace(state, misheard=left)
        return (state if roll is state.roll else replace(state, roll=roll)), ()

    def _misheard(self, state: SilenceState, number: int, told: RefusedBlock) -> SilenceState:
        """Note that a device is not understood; whoever was not waited for is from now on."""
        if not told.lost:
            return state
        awaited = state.roll.heard_ns[number] != NEVER
        roll = state.roll if awaited else state.roll.hear(number, put_away=False)
        return replace(state, roll=roll, misheard={**state.misheard, number: told.reason})

    def _tick(self, state: SilenceState, at_ns: int) -> Step:
        found: tuple[Finding, ...] = ()
        heard = state.roll.fresh()
        state = replace(state, roll=state.roll.tick(at_ns, self.settings.away_s))
        if state.silent or state.blind:
            state, found = self._back(state, heard)
        if state.misheard or (state.roll.silent_ns() >= ns(self.steps_s[0])).any():
            state, areas = self._areas(state)
            state, devices = self._devices(state)
            found += areas + devices
        return state, found

    def _back(self, state: SilenceState, heard: BoolArray) -> Step:
        """Clear what is heard again, or was put away."""
        found: list[Finding] = []
        roll, silent, blind = state.roll, dict(state.silent), dict(state.blind)
        at_ns, silent_ns = roll.at_ns or 0, roll.silent_ns()
        for number, silence in state.silent.items():
            turned = number in state.misheard and not silence.misheard
            if heard[number] or silent_ns[number] < 0 or turned:
                words = self._again(number, silence, heard=bool(heard[number]) or turned)
                found.append(self._silence(number, silence, "clear", at_ns, words))
                del silent[number]
        for agent, onset_ns in state.blind.items():
            if heard[self.behind[agent]].any():
                words = f"something behind {agent} is heard again"
                found.append(_area(agent, onset_ns, "clear", at_ns, words, 0))
                del blind[agent]
                roll = roll.excused(np.array([n for n in self.behind[agent] if n not in silent]))
        return replace(state, roll=roll, silent=silent, blind=blind), tuple(found)

    def _again(self, number: int, silence: Silence, *, heard: bool) -> str:
        if silence.misheard and (heard or not self.streaming[number]):
            return "is understood again"
        return "is heard again" if heard else "is charging, or off the body"

    def _areas(self, state: SilenceState) -> Step:
        """Say which agents have fallen silent, whole or nearly so."""
        found: list[Finding] = []
        roll, blind = state.roll, dict(state.blind)
        at_ns, silent_ns = roll.at_ns or 0, roll.silent_ns()
        first_ns, together_ns = ns(self.steps_s[0]), ns(self.settings.together_s)
        for agent, numbers in self.behind.items():
            waited = [n for n in numbers.tolist() if silent_ns[n] >= 0 and n not in state.silent]
            due = [n for n in waited if silent_ns[n] >= first_ns]
            if agent in blind or not due:
                continue
            silent = [n for n in waited if silent_ns[n] >= first_ns - together_ns]
            least = max(self.settings.area_devices, self.settings.area_share * len(waited))
            if len(silent) < least:
                continue
            blind[agent] = int(roll.heard_ns[due].min())
            whom = self._names(silent)
            words = f"{len(silent)} devices behind {agent} fell silent at once: {whom}"
            found.append(_area(agent, blind[agent], "onset", at_ns, words, len(silent)))
        return replace(state, blind=blind), tuple(found)

    def _devices(self, state: SilenceState) -> Step:
        """Say which single devices are silent, but for those behind a silent agent."""
        found: list[Finding] = []
        roll, silent = state.roll, dict(state.silent)
        at_ns, agents = roll.at_ns or 0, [watched.agent for watched in self.devices.values()]
        silent_ns = roll.silent_ns()
        pressed = [n for n in state.misheard if not self.streaming[n] and silent_ns[n] >= 0]
        for number in (*pressed, *np.flatnonzero(silent_ns >= ns(self.steps_s[0])).tolist()):
            known, why = silent.get(number), state.misheard.get(number)
            if known is None and why is None and agents[number] in state.blind:
                continue
            known = known or Silence(int(roll.heard_ns[number]), 0, why is not None)
            lasted_ns = at_ns - known.onset_ns
            steps = sum(lasted_ns >= ns(step_s) for step_s in self.steps_s)
            steps += not self.streaming[number]
            if steps <= known.told:
                continue
            silent[number] = replace(known, told=steps)
            words = f"has not been heard for {seconds(lasted_ns):.0f} s"
            if known.misheard:
                words = f"is heard and not understood, so its wearer is not watched: {why}"
            phase: Phase = "update" if known.told else "onset"
            found.append(self._silence(number, known, phase, at_ns, words))
        return replace(state, silent=silent), tuple(found)

    def _silence(
        self, number: int, silence: Silence, phase: Phase, at_ns: int, words: str
    ) -> Finding:
        lasted_s = round(max(0.0, seconds(at_ns - silence.onset_ns)), 1)
        device = [*self.devices][number]
        return Finding(
            kind=DetectionKind.NOT_UNDERSTOOD if silence.misheard else DetectionKind.DEVICE_SILENT,
            phase=phase,
            onset_ns=silence.onset_ns,
            decided_ns=max(at_ns, silence.onset_ns),  # the clock may have been set back
            confidence=CONFIDENCE,
            reason=f"{device} {words}"[:500],
            evidence={"silent_s": lasted_s},
            facts={"silent_s": lasted_s},
            device=device,
        )

    def _names(self, numbers: list[int]) -> str:
        devices = [*self.devices.items()]
        names = [devices[n][1].wearer or devices[n][0] for n in numbers]
        more = f" and {len(names) - NAMES_TOLD} more" if len(names) > NAMES_TOLD else ""
        return ", ".join(name[:24] for name in names[:NAMES_TOLD]) + more


def _area(agent: str, onset_ns: int, phase: Phase, at_ns: int, words: str, devices: int) -> Finding:
    lasted_s = round(max(0.0, seconds(at_ns - onset_ns)), 1)
    return Finding(
        kind=DetectionKind.BLIND_AREA,
        phase=phase,
        onset_ns=onset_ns,
        decided_ns=max(at_ns, onset_ns),
        confidence=CONFIDENCE,
        reason=words,
        evidence={"silent_s": lasted_s, **({"devices": float(devices)} if devices else {})},
        facts={"silent_s": lasted_s},
        device=agent,
    )
