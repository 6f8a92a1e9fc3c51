"""A whole site that is not there: its wearers work and fall, its badges are heard, as blocks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from contract.event import EventBlock, EventName
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.site import Device, Site, Worn
from simulators.body.accelerometer import Accelerometer
from simulators.body.curve import Floats
from simulators.body.movement import FALLS
from simulators.errors import ScenarioError
from simulators.floor import Floor
from simulators.reader import WINDOW_S, SimulatedReader
from simulators.reel import Reel
from simulators.scenario import Scenario, quiet
from simulators.wearer import PLANNED_S, SimulatedWearer, Truth

START_NS = 1_767_225_600 * NS_PER_S
"""2026-01-01: any start will do, so long as it is always the same."""


@dataclass(frozen=True, eq=False)
class _Imu:
    device: Device
    wearer: SimulatedWearer
    worn: Worn
    sensor: Accelerometer
    rng: np.random.Generator


class Hall:
    """A site's devices, simulated together. The same site, scenario and seed give the same blocks.

    Parameters
    ----------
    site
        Who is there, what they wear, which readers hear which zones.
    scenario
        What is to happen to whom. People just work when there is none.
    seed
        Chooses everything that is left to chance.
    start_ns
        UTC time of the first sample.
    odr_hz
        Rate of the accelerometers, 20 to 200 Hz; an imu block is one second.
    boot
        What the devices say as their boot: another number for another run on the same site.
    """

    def __init__(
        self,
        site: Site,
        scenario: Scenario | None = None,
        seed: int = 0,
        start_ns: int = START_NS,
        odr_hz: float = 50.0,
        boot: int = 1,
    ) -> None:
        if odr_hz != round(odr_hz):
            raise ScenarioError(f"odr_hz is {odr_hz:g}; a hall takes whole samples a second")
        scenario = scenario or quiet()
        self.site = site
        self.start_ns = start_ns
        self.odr_hz = odr_hz
        self.truth: list[Truth] = []
        self._boot = boot
        self._floor = Floor(site)
        self._episodes = scenario.checked(site)
        self._next_episode = next(self._episodes, None)
        self._presses: dict[str, int] = {}
        reel = Reel(odr_hz, seed)
        homes = self._floor.homes(site.wearer) if self._floor.rooms else {}
        if site.wearer and not homes:
            raise ScenarioError("the site has no zone, so its wearers have nowhere to be")
        self.wearers = {
            person.id: SimulatedWearer(
                person,
                self._floor,
                homes[person.id],
                reel,
                np.random.default_rng([seed, 1, number]),
                scenario.start.get(person.id),
            )
            for number, person in enumerate(site.wearer)
        }
        self._offset = {
            person.id: int(np.random.default_rng([seed, 2, number]).integers(round(odr_hz)))
            for number, person in enumerate(site.wearer)
        }
        self._imus = list(self._dress(seed))
        badges = [d for d in site.device if d.kind == "badge" and d.tag and d.wearer]
        self._badged = [self.wearers[d.wearer] for d in badges if d.wearer]
        tags = [d.tag for d in badges if d.tag]
        self._readers = [
            SimulatedReader(device, self._floor, tags, boot, np.random.default_rng([seed, 4, i]))
            for i, device in enumerate(site.device)
            if device.kind == "reader"
        ]

    def _dress(self, seed: int) -> Iterator[_Imu]:
        for number, device in enumerate(self.site.device):
            if device.kind != "imu" or device.wearer is None:
                continue
            rng = np.random.default_rng([seed, 3, number])
            worn: Worn = device.worn or "trunk"
            sensor = Accelerometer.drawn(rng, self.odr_hz, worn)
            yield _Imu(device, self.wearers[device.wearer], worn, sensor, rng)

    def blocks(self) -> Iterator[Block]:
        """Yield every block for ever, in the order in which the devices would send them."""
        for _, block in self.timeline():
            yield block

    def timeline(self) -> Iterator[tuple[int, Block]]:
        """Yield every block with the instant at which it is complete, never going back in time.

        An imu block is complete with its last sample, a reads block when its half second is over
        (its reads are a little older, some by half a second), a press at once.
        """
        order = 0
        waiting: list[tuple[int, int, Block]] = []
        second = 0
        while True:
            for due_ns, block in self._second(second):
                heapq.heappush(waiting, (due_ns, order, block))
                order += 1
            # Nothing that a later second makes can be due before that second begins.
            settled_ns = self.start_ns + (second + 1) * NS_PER_S
            while waiting and waiting[0][0] < settled_ns:
                due_ns, _, block = heapq.heappop(waiting)
                yield due_ns, block
            second += 1

    def answers(self, device: str, at_ns: int) -> bool:
        """Whether a device's wearer would answer "are you all right?" at that time."""
        wearer = self.site.devices[device].wearer
        at_s = (at_ns - self.start_ns) / NS_PER_S
        return not any(
            event.wearer == wearer and event.at_s <= at_s < event.end_s and not event.answers
            for event in self.truth
            if event.kind in FALLS
        )

    def press(self, device: str, event: EventName, at_ns: int) -> EventBlock:
        """Return the press of a device's button, with the device's next number."""
        seq = self._presses.get(device, 0)
        self._presses[device] = seq + 1
        return EventBlock(device=device, boot=self._boot, seq=seq, t0_ns=at_ns, event=event)

    def _second(self, second: int) -> Iterator[tuple[int, Block]]:
        self._hand_out_episodes(second)
        odr = round(self.odr_hz)
        felt: dict[str, dict[Worn, Floats]] = {}
        begun = {}
        for name, wearer in self.wearers.items():
            # Devices are not switched on together: each has its own second.
            offset = self._offset[name]
            if second == 0:
                wearer.advance(offset)
            begun[name] = second * odr + offset
            felt[name] = wearer.advance(begun[name] + odr)
        self._collect_truth()
        for imu in self._imus:
            name = imu.wearer.person.id
            block = self._imu_block(imu, second, begun[name], felt[name][imu.worn])
            yield block.end_ns, block
        for wearer in self.wearers.values():
            yield from self._pressed(wearer)
        for half in range(round(1 / WINDOW_S)):
            from_s = second + half * WINDOW_S
            sample = round((from_s + WINDOW_S / 2) * self.odr_hz)
            places = [wearer.at(sample) for wearer in self._badged]
            due_ns = self.start_ns + round((from_s + WINDOW_S) * NS_PER_S)
            for reader in self._readers:
                yield due_ns, reader.hear(from_s, places, self.start_ns)

    def _hand_out_episodes(self, second: int) -> None:
        while self._next_episode and self._next_episode.at_s <= second + 2 + PLANNED_S:
            self.wearers[self._next_episode.wearer].expect(self._next_episode)
            self._next_episode = next(self._episodes, None)

    def _imu_block(self, imu: _Imu, second: int, begun: int, felt_g: Floats) -> ImuBlock:
        accel_g = imu.sensor.spoil(felt_g, imu.rng)
        steps = np.round(accel_g / imu.sensor.step_g).astype("<i2")
        return ImuBlock(
            device=imu.device.id,
            boot=self._boot,
            seq=second,
            t0_ns=self.start_ns + round(begun * NS_PER_S / self.odr_hz),
            odr_hz=self.odr_hz,
            accel_i16=steps.tobytes(),
            scale_g=imu.sensor.step_g,
            range_g=imu.sensor.range_g,
        )

    def _pressed(self, wearer: SimulatedWearer) -> Iterator[tuple[int, Block]]:
        devices = [d for d in self.site.device if d.wearer == wearer.person.id]
        button = next((d for d in devices if d.kind == "button"), None)
        button = button or next((d for d in devices if d.kind == "imu"), None)
        for at_s, event in wearer.presses:
            if button:
                at_ns = self.start_ns + round(at_s * NS_PER_S)
                yield at_ns, self.press(button.id, event, at_ns)
        wearer.presses.clear()

    def _collect_truth(self) -> None:
        fresh = [truth for wearer in self.wearers.values() for truth in wearer.truth]
        if fresh:
            self.truth += sorted(fresh, key=lambda truth: (truth.at_s, truth.wearer))
            for wearer in self.wearers.values():
                wearer.truth.clear()
