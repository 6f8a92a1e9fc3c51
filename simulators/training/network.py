"""A small convolutional network that looks at an impact, early and late, with one pair of eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.dsp.samples import FloatArray
from detectors.fall.window import CHANNELS

LENGTHS = (7, 5, 5, 3)
STEPS = (2, 2, 1, 1)
SEGMENTS = {"early": 6, "late": 9}
"""Into how many stretches of time each stage's features are averaged."""
HIDDEN = 24
DROPOUT = 0.3
SMOOTHED = 0.01
"""No label is taken for quite certain: a few are wrong."""
BATCH = 128
RATE = 3e-3
DECAY = 1e-2


class Network(nn.Module):
    """Four convolutions of some widths, averaged over stretches of time, and a head a stage."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        every = (len(CHANNELS), *widths)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(cin, cout, size, step, size // 2)
            for cin, cout, size, step in zip(every, widths, LENGTHS, STEPS, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in widths)
        self.heads = nn.ModuleDict(
            {
                stage: nn.Sequential(
                    nn.Dropout(DROPOUT),
                    nn.Linear(widths[-1] * segments, HIDDEN),
                    nn.ReLU(),
                    nn.Linear(HIDDEN, 1),
                )
                for stage, segments in SEGMENTS.items()
            }
        )

    def forward(self, channels: Tensor, stage: str) -> Tensor:
        """Return the logits (n,) of windows (n, 7, t)."""
        features = channels
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            features = torch.relu(norm(convolution(features)))
        pooled = nn.functional.adaptive_avg_pool1d(features, SEGMENTS[stage])
        logits: Tensor = self.heads[stage](pooled.flatten(1))[:, 0]
        return logits


def trained(
    seen: Mapping[str, NDArray[np.float16]],
    is_fall: NDArray[np.bool_],
    widths: Sequence[int],
    epochs: int,
    seed: int,
) -> Network:
    """Return a network that was trained on windows; the same on any machine of one kind.

    Parameters
    ----------
    seen
        By stage, channels (copies, n, 7, t): each epoch takes the next copy of the windows, each
        differently augmented.
    is_fall
        Shape (n,).
    """
    torch.manual_seed(seed)
    network = Network(widths)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    n = len(is_fall)
    size = min(BATCH, n)
    batches = n // size
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=epochs * batches, pct_start=0.2
    )
    wanted = torch.from_numpy(is_fall.astype(np.float32)) * (1 - 2 * SMOOTHED) + SMOOTHED
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(n)
        copies = {
            stage: torch.from_numpy(array[epoch % len(array)]) for stage, array in seen.items()
        }
        for batch in order[: batches * size].split(size):
            loss = torch.stack(
                [
                    nn.functional.binary_cross_entropy_with_logits(
                        network(copy[batch].float(), stage), wanted[batch]
                    )
                    for stage, copy in copies.items()
                ]
            ).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    network.eval()
    return network


@torch.no_grad()
def logits(network: Network, channels: NDArray[np.float16], stage: str) -> FloatArray:
    """Return the logits (n,) of windows (n, 7, t)."""
    parts = [network(part.float(), stage).numpy() for part in torch.from_numpy(channels).split(512)]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)
