"""Pre-rendered pieces of ordinary work, so that two hundred wearers cost what twelve do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from contract.site import Worn
from simulators.body.accelerometer import Accelerometer
from simulators.body.curve import Floats
from simulators.body.movement import Build
from simulators.body.script import Script, Step

Signals = Mapping[Worn, Floats]
"""What is felt on trunk and arm, float (n, 3) in g, before a sensor's own mounting and noise."""

VARIANTS = 8
_PIECES: Mapping[str, tuple[Step, ...]] = {
    "walk": (Step("walk", 12.0),),
    "stand": (Step("stand", 12.0),),
    "bend_and_lift": (Step("bend_and_lift", 4.5),),
    "sit": (Step("sit_down", 4.0), Step("get_up", 2.5)),
    "climb_stairs": (Step("climb_stairs", 6.0),),
    "climb_ladder": (Step("climb_ladder", 5.0),),
    "lie_still": (Step("lie_still", 12.0),),
}


class Reel:
    """Several people's way of doing each thing. Rendered when first asked for, then kept."""

    def __init__(self, odr_hz: float, seed: int) -> None:
        self.odr_hz = odr_hz
        self._seed = seed
        self._pieces: dict[tuple[str, int], Signals] = {}

    def piece(self, name: str, variant: int) -> Signals:
        """Return a piece in one of its variants; every one begins and ends standing."""
        key = (name, variant % VARIANTS)
        if key not in self._pieces:
            number = sorted(_PIECES).index(name)
            rng = np.random.default_rng([self._seed, number, key[1]])
            build = Build.drawn(rng)
            self._pieces[key], _ = self.render(Script(_PIECES[name]), build, rng)
        return self._pieces[key]

    def render(
        self, script: Script, build: Build, rng: np.random.Generator
    ) -> tuple[Signals, float | None]:
        """Return what a script feels like on trunk and arm, and when its first impact is."""
        movement = script.movement(build, rng)
        trunk = Accelerometer(self.odr_hz, "trunk").feel(movement, build)
        arm = Accelerometer(self.odr_hz, "arm").feel(movement, build)
        impacts = (h.impact_s for h in movement.happenings if h.impact_s is not None)
        return {"trunk": trunk, "arm": arm}, next(impacts, None)
