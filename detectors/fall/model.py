"""The trained models of a fall, one for the trunk and one for the arm, each looking twice.

The weights are ONNX files beside this module, with a card that says what they were trained on, how
well they do and where they do not hold. `floorwatch train falls` makes such a folder.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import onnxruntime

from contract.site import Worn
from detectors.dsp.samples import FloatArray
from detectors.errors import DetectorError
from detectors.fall import window
from detectors.fall.window import CONTEXT_S

__all__ = ["CARD", "CONTEXT_S", "EARLY", "LATE", "STAGES", "FallModel", "Stage", "model_for"]

CARD = "card.json"


class Stage(NamedTuple):
    """How long after an impact the model looks."""

    name: str
    after_s: float


EARLY = Stage("early", 0.9)
"""Provisional: a body that is on its way to the ground is seldom up again."""
LATE = Stage("late", 2.4)
"""Whoever sat down hard sits by now, and whoever jumped has landed."""
STAGES = (EARLY, LATE)


class _File(Protocol):
    """A file on disk or in a package."""

    def read_bytes(self) -> bytes: ...

    def joinpath(self, name: str, /) -> Any: ...


class FallModel:
    """Two small networks, one a stage. Read once, shared by all devices worn alike.

    Parameters
    ----------
    graphs
        An ONNX model by the name of its stage: channels (1, 7, t) in, a score (1,) out.
    """

    def __init__(self, graphs: dict[str, bytes]) -> None:
        self._sessions = {name: _session(graph) for name, graph in graphs.items()}

    def score(self, accel: FloatArray, odr_hz: float, peak: int, stage: Stage) -> float:
        """Return how much the seconds around an impact look like a fall, 0 to 1.

        From 0.5 the shipped operating point takes it for one. It is a score that ranks, not the
        probability of a fall on your site: nobody knows how often people fall there.

        Parameters
        ----------
        accel
            Shape (n, 3), in g, evenly spaced at `odr_hz`; NaN where nothing was measured.
        peak
            Index of the impact in `accel`.
        """
        samples = window.resampled(accel, odr_hz, peak, stage.after_s)
        return self.score_window(samples, stage)

    def score_window(self, samples: FloatArray, stage: Stage) -> float:
        """Return the score of samples (t, 3) as `window.resampled` gives them."""
        seen = window.channels(samples)[np.newaxis]
        (found,) = self._sessions[stage.name].run(None, {"channels": seen})
        return float(found[0])


def model_for(worn: Worn | None, weights: str | None = None) -> FallModel:
    """Return the model for where a device is worn: the trunk's, unless it is on an arm.

    Parameters
    ----------
    weights
        A folder with other weights than the shipped ones.

    Raises
    ------
    DetectorError
        When there are no such weights, or they are not those of their card.
    """
    return _read(worn or "trunk", weights)


@lru_cache(maxsize=32)
def _read(worn: str, weights: str | None) -> FallModel:
    folder: _File = Path(weights) if weights else files(__package__).joinpath("weights")
    try:
        card = json.loads(folder.joinpath(CARD).read_bytes())
        of_stage = card["models"][worn]
        graphs = {stage.name: folder.joinpath(of_stage[stage.name]["file"]) for stage in STAGES}
        read = {name: file.read_bytes() for name, file in graphs.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DetectorError(
            f"no fall model for a device on the {worn} in {weights or 'the package'}: {error!r}; "
            "`floorwatch train falls` writes such a folder"
        ) from None
    for name, graph in read.items():
        if hashlib.sha256(graph).hexdigest() != of_stage[name]["sha256"]:
            raise DetectorError(
                f"{graphs[name]} is not the file of which its {CARD} tells: the weights and their "
                "card do not belong together, or the file is damaged; install it again"
            )
    return FallModel(read)


def _session(graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # A window is too small to share out, and a gateway has other work for its cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
