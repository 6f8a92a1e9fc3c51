"""Sets of recordings as the data sets' readers want them, made of written-down motions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.motions import SCALE_G, Part, sampled


@dataclass(frozen=True)
class Act:
    """What somebody did in one trial."""

    parts: tuple[Part, ...]
    is_fall: bool = False
    activity: str = "D01"
    annotated_s: tuple[float, float] | None = None


def write_set(
    path: Path, acts: Sequence[Act], position: str = "waist", odr_hz: float = 50.0
) -> Path:
    """Write acts as one `.npz` of recordings/imu, and return its path."""
    accel = [np.rint(sampled(act.parts, odr_hz) / SCALE_G).astype(np.int16) for act in acts]
    length = np.array([len(each) for each in accel], np.int32)
    nowhere = (float("nan"), float("nan"))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        acc=np.concatenate(accel),
        acc_scale=np.float32(SCALE_G),
        start=(np.cumsum(length) - length).astype(np.int32),
        length=length,
        fs=np.full(len(acts), odr_hz, np.float32),
        subject=np.array(["P01"] * len(acts)),
        activity=np.array([act.activity for act in acts]),
        trial=np.arange(len(acts), dtype=np.int16),
        is_fall=np.array([act.is_fall for act in acts]),
        peak_idx=np.array([int((each.astype(float) ** 2).sum(1).argmax()) for each in accel]),
        onset_s=np.array([(act.annotated_s or nowhere)[0] for act in acts], np.float32),
        end_s=np.array([(act.annotated_s or nowhere)[1] for act in acts], np.float32),
        range_g=np.full(len(acts), 16, np.float32),
        meta=np.array(json.dumps({"dataset": "made", "position": position})),
    )
    return path
