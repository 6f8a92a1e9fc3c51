"""`python -m simulators.plant.fit --data DIR`: fit the channel to recordings of walks.

Two thirds of the walks are walked again by the simulator, with one set of numbers after another
(the cross-entropy method), until what the reads look like is alike; the last third says whether it
holds. Calibration and scoring use other recordings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulators.errors import RecordingError
from simulators.plant.channel import FITTED, Channel
from simulators.plant.likeness import likeness
from simulators.plant.walks import Walk, again, read_walks

Floats = NDArray[np.float64]
Offsets = tuple[float, ...]

RANGES: Mapping[str, tuple[float, float]] = {
    "at_1_m_dbm": (-60, -30),
    "direct_exponent": (1.5, 4.0),
    "height_m": (0.0, 1.5),
    "diffuse_db": (-25, 0),
    "diffuse_exponent": (0.0, 3.0),
    "shadow_db": (0.5, 10),
    "shadow_m": (0.05, 4.0),
    "fade_m": (0.02, 0.6),
    "noise_db": (0.1, 4),
    "threshold_dbm": (-78, -64),
    "threshold_soft_db": (0.3, 5),
    "read_share": (0.4, 1.0),
    "cycle_s": (0.08, 0.18),
    "report_s": (0.05, 0.30),
    "held_share": (0.0, 0.3),
    "held_s": (0.02, 0.6),
    "power_2": (-6, 6),
    "power_3": (-6, 6),
    "power_4": (-6, 6),
    "receive_1": (-6, 6),
    "receive_2": (-6, 6),
    "receive_3": (-6, 6),
    "receive_4": (-6, 6),
}
"""Where the search begins to look: the widest that is physical."""
POPULATION, BEST, ROUNDS = 120, 12, 60
RESAMPLES = 60
NAMES = tuple(RANGES)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The channel, and the four antennas that were there when it was recorded."""

    channel: Channel
    power_db: Offsets
    receive_db: Offsets

    def walked(self, walks: Sequence[Walk], seed: int) -> tuple[Walk, ...]:
        """Return the walks, walked again by the simulator."""
        return again(walks, self.channel, self.power_db, self.receive_db, seed)


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted, and how sure the recordings are of it (from drawing the walks again)."""

    walks: tuple[Walk, ...]
    wanted: Mapping[str, float]
    unsure: Mapping[str, float]

    @classmethod
    def of(cls, walks: Sequence[Walk], rng: np.random.Generator) -> Target:
        """Return what these walks look like."""
        drawn = [
            likeness([walks[i] for i in rng.integers(len(walks), size=len(walks))])
            for _ in range(RESAMPLES)
        ]
        wanted = likeness(walks)
        unsure = {name: float(np.nanstd([d[name] for d in drawn])) for name in wanted}
        return cls(tuple(walks), wanted, {n: max(u, 1e-3) for n, u in unsure.items()})

    def misfit(self, made: Mapping[str, float]) -> float:
        """Return the mean of how many deviations each number is off, huge ones tamed."""
        off = [
            abs(made[name] - value) / self.unsure[name] if np.isfinite(made[name]) else 20.0
            for name, value in self.wanted.items()
            if np.isfinite(value)
        ]
        return float(np.mean(np.minimum(off, 20.0)))


def split(walks: Sequence[Walk]) -> tuple[tuple[Walk, ...], tuple[Walk, ...]]:
    """Return the walks to fit to, and every third one, to check on."""
    return (
        tuple(walk for number, walk in enumerate(walks) if number % 3 != 2),
        tuple(walk for number, walk in enumerate(walks) if number % 3 == 2),
    )


def fit(target: Target, seed: int, population: int = POPULATION, rounds: int = ROUNDS) -> Fitted:
    """Return what makes walks most like the recorded ones.

    The same walks and seed give the same numbers.
    """
    rng = np.random.default_rng(seed)
    low, high = (np.array([RANGES[name][end] for name in NAMES]) for end in (0, 1))
    middle, width = (low + high) / 2, (high - low) / 3
    for number in range(rounds):
        tried = np.clip(middle + width * rng.standard_normal((population, len(NAMES))), low, high)
        tried[0] = middle
        # Every round has one draw of the noise: sets of numbers are compared, not their luck.
        off = np.array([_misfit(target, values, seed + 1 + number) for values in tried])
        best = tried[np.argsort(off)[:BEST]]
        middle = 0.6 * best.mean(axis=0) + 0.4 * middle
        width = np.maximum(0.6 * best.std(axis=0) + 0.4 * width, (high - low) * 1e-3)
    return _fitted(middle)


def _misfit(target: Target, values: Floats, seed: int) -> float:
    return target.misfit(likeness(_fitted(values).walked(target.walks, seed)))


def _fitted(values: Floats) -> Fitted:
    named = {name: round(float(value), 4) for name, value in zip(NAMES, values, strict=True)}
    power = np.array([0.0, *(named.pop(f"power_{n}") for n in (2, 3, 4))])
    receive = np.array([named.pop(f"receive_{n}") for n in (1, 2, 3, 4)])
    channel = Channel(
        **named,
        antenna_db=round(float(power.std(ddof=1)), 4),
        receive_db=round(float(receive.std(ddof=1)), 4),
    )
    return Fitted(channel, tuple(map(float, power - power.mean())), tuple(map(float, receive)))


def fitted_file(folder: Path, seed: int, population: int, rounds: int) -> dict[str, object]:
    """Return the parameter file: the channel, where it is from, and how alike its walks are."""
    walks = read_walks(folder)
    rng = np.random.default_rng(seed)
    train, check = (Target.of(part, rng) for part in split(walks))
    found = fit(train, seed, population, rounds)
    off = {}
    for name, target in (("fitted to", train), ("checked on", check)):
        made = [likeness(found.walked(target.walks, seed + n)) for n in range(100, 105)]
        off[name] = round(float(np.mean([target.misfit(m) for m in made])), 2)
    return {
        "made_by": "python -m simulators.plant.fit --data DIR --write",
        "from": (
            f"{len(walks)} recorded walks (badges/walks): one UHF reader, four antennas in the "
            "corners of a room of 4.6 m, one tag, on somebody who walks a line; two thirds of them "
            "fitted to, every third checked on. Neither calibration nor scoring uses them."
        ),
        "seed": seed,
        "channel": found.channel.model_dump(),
        "antennas_power_db": [round(value, 2) for value in found.power_db],
        "antennas_receive_db": [round(value, 2) for value in found.receive_db],
        "deviations_off": off,
    }


def main(arguments: list[str] | None = None) -> int:
    """Fit, say how alike it is, and write the file if asked; 2, with a sentence, for bad data."""
    parser = argparse.ArgumentParser(prog="python -m simulators.plant.fit", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with paths.csv")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--population", type=int, default=POPULATION)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help=f"write {FITTED.name} anew")
    asked = parser.parse_args(arguments)
    try:
        made = fitted_file(asked.data, asked.seed, asked.population, asked.rounds)
    except RecordingError as error:
        print(f"simulators.plant.fit: {error}", file=sys.stderr)
        return 2
    text = json.dumps(made, indent=2) + "\n"
    print(text, end="")
    if asked.write:
        FITTED.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
