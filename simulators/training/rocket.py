"""Many fixed convolutions and one line through what they find: another kind of eye.

After Dempster A., Schmidt D. F., Webb G. I., "MiniRocket: a very fast (almost) deterministic
transform for time series classification", KDD 2021, pp. 248-257: the 84 kernels of length nine with
six weights of -1 and three of 2, dilated; of each, the share of time in which it exceeds a bias.
Own departures: four dilations, one or two channels a kernel, biases at quantiles of all training
windows, and the share is taken over the whole window, about the impact, and after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.dsp.samples import FloatArray
from detectors.fall.window import BEFORE_S, CHANNELS, RATE_HZ

KERNEL_LEN = 9
KERNELS = np.array(
    [[2.0 if i in twos else -1.0 for i in range(KERNEL_LEN)] for twos in combinations(range(9), 3)],
    np.float32,
)
DILATIONS = (1, 2, 4, 8)
BIASES = 3
"""A kernel and dilation."""
ABOUT_S = 0.5
"""Before and after the impact: the second stretch of time."""
SEED = 1
"""Of the kernels' channels, which are the same in all models."""
EPOCHS = 30
BATCH = 256
RATE = 3e-3
DECAY = 0.3
SMOOTHED = 0.01


def kernels() -> dict[int, FloatArray]:
    """Return, by dilation, the weights (84, 7, 9): each kernel on one or two channels."""
    rng = np.random.default_rng(SEED)
    found: dict[int, FloatArray] = {}
    for dilation in DILATIONS:
        weights = np.zeros((len(KERNELS), len(CHANNELS), KERNEL_LEN), np.float32)
        for number, kernel in enumerate(KERNELS):
            chosen = rng.choice(len(CHANNELS), int(rng.integers(1, 3)), replace=False)
            weights[number, chosen] = kernel
        found[dilation] = weights
    return found


def stretches(length: int) -> FloatArray:
    """Return how much each of `length` samples counts for each stretch of time, (length, 3)."""
    impact, about = round(BEFORE_S * RATE_HZ), round(ABOUT_S * RATE_HZ)
    found = np.zeros((length, 3), np.float32)
    for number, (first, last) in enumerate(
        ((0, length), (impact - about, impact + about), (impact + about, length))
    ):
        last = min(last, length)
        found[first:last, number] = 1 / max(1, last - first)
    return found


@dataclass(frozen=True)
class Rocket:
    """Biases by dilation (84, 3), and a line: weights (features,) and where it crosses zero."""

    biases: Mapping[int, FloatArray]
    weights: FloatArray
    offset: float


@torch.no_grad()
def _shares(channels: Tensor, biases: Mapping[int, FloatArray]) -> Tensor:
    """Return the features (n, 4 · 3 · 3 · 84) of windows (n, 7, t)."""
    over = torch.from_numpy(stretches(channels.shape[2]))
    found = []
    for dilation, weights in kernels().items():
        swung = _convolved(channels, weights, dilation)
        for bias in biases[dilation].T:
            above = (swung > torch.from_numpy(bias.copy())[:, None]).float()
            found.append((above @ over).flatten(1))
    return torch.cat(found, 1)


def _convolved(channels: Tensor, weights: FloatArray, dilation: int) -> Tensor:
    padding = (KERNEL_LEN - 1) // 2 * dilation
    return nn.functional.conv1d(
        channels, torch.from_numpy(weights), padding=padding, dilation=dilation
    )


def _parts(channels: NDArray[np.float16], size: int = 256) -> Iterator[Tensor]:
    for part in torch.from_numpy(channels).split(size):
        yield part.float()


@torch.no_grad()
def _biases(channels: NDArray[np.float16], rng: np.random.Generator) -> dict[int, FloatArray]:
    some = channels[np.sort(rng.choice(len(channels), min(600, len(channels)), replace=False))]
    found: dict[int, FloatArray] = {}
    for dilation, weights in kernels().items():
        swung = _convolved(torch.from_numpy(some).float(), weights, dilation).transpose(0, 1)
        at = rng.uniform(0.05, 0.95, BIASES)
        quantiles = np.quantile(swung.flatten(1)[:, ::37].numpy(), at, axis=1)
        found[dilation] = quantiles.T.astype(np.float32)
    return found


def trained(
    seen: NDArray[np.float16], is_fall: NDArray[np.bool_], copies: int, seed: int
) -> Rocket:
    """Return a line through the features of windows (copies, n, 7, t), of the first `copies`."""
    torch.manual_seed(seed)
    biases = _biases(seen[0], np.random.default_rng(seed))
    features = torch.cat([_shares(part, biases) for copy in seen[:copies] for part in _parts(copy)])
    wanted = torch.from_numpy(np.tile(is_fall.astype(np.float32), copies))
    wanted = wanted * (1 - 2 * SMOOTHED) + SMOOTHED
    mean, spread = features.mean(0), features.std(0) + 0.05
    features = (features - mean) / spread
    line = nn.Linear(features.shape[1], 1)
    nn.init.zeros_(line.weight)
    nn.init.zeros_(line.bias)
    optimiser = torch.optim.AdamW(line.parameters(), RATE, weight_decay=DECAY)
    size = min(BATCH, len(wanted))
    batches = len(wanted) // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(wanted))[: batches * size].split(size):
            loss = nn.functional.binary_cross_entropy_with_logits(
                line(features[batch])[:, 0], wanted[batch]
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        weights = line.weight[0] / spread
        offset = float(line.bias[0] - (weights * mean).sum())
    return Rocket(biases, weights.numpy(), offset)


@torch.no_grad()
def logits(rocket: Rocket, channels: NDArray[np.float16]) -> FloatArray:
    """Return the logits (n,) of windows (n, 7, t)."""
    line = torch.from_numpy(rocket.weights)
    parts = [(_shares(part, rocket.biases) @ line).numpy() for part in _parts(channels)]
    found: FloatArray = np.concatenate(parts) + np.float32(rocket.offset)
    return found
