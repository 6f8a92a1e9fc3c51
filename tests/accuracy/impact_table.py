"""What the impact detector makes of simulated machines.

python -m tests.accuracy.impact_table

There is no recording of struck equipment: this says how the rule behaves, not how good it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.finding import Finding
from detectors.machine.impact import ImpactDetector
from simulators.machine import Machine, Ringing
from tests.support.detector_checks import EQUIPMENT, run
from tests.support.motions import blocks

ODR_HZ = 100.0
QUIET_S, QUIET_SEEDS = 1800.0, 4
LEARN_S = 120.0
STRUCK = 20
PEAKS_G = (1.5, 3.0, 6.0, 12.0)
MACHINES = {
    "racking at rest": Machine(),
    "a motor, 0.15 g": Machine(hums_g=0.15),
    "a press, strokes of 2 g": Machine(hums_g=0.05, strokes_every_s=2.3, stroke_g=2.0),
    "a truck, rattles up to 1.2 g": Machine(hums_g=0.1, rattles_an_s=0.4, rattle_g=1.2),
}


def found(machine: Machine, duration_s: float, seed: int, blows: Sequence[Ringing] = ()) -> int:
    """Return how many impacts are found."""
    accel = machine.felt(duration_s, ODR_HZ, seed, blows).astype(np.float64)
    told: list[Finding] = run(ImpactDetector(), blocks(accel, ODR_HZ), EQUIPMENT)
    return len(told)


def main() -> None:
    """Print the table."""
    peaks = " | ".join(f"{peak_g:g} g" for peak_g in PEAKS_G)
    print(f"| machine | false alarms in {QUIET_S * QUIET_SEEDS / 3600:g} h | {peaks} |")
    print("|---" * (2 + len(PEAKS_G)) + "|")
    for name, machine in MACHINES.items():
        false = sum(found(machine, QUIET_S, seed) for seed in range(QUIET_SEEDS))
        hits = []
        for peak_g in PEAKS_G:
            blows = [Ringing(LEARN_S + 0.37 * seed, peak_g) for seed in range(STRUCK)]
            whole = [found(machine, LEARN_S + 12, 99 + i, [b]) for i, b in enumerate(blows)]
            hits.append(f"{sum(count > 0 for count in whole)} of {STRUCK}")
        print(f"| {name} | {false} | {' | '.join(hits)} |", flush=True)


if __name__ == "__main__":
    main()
