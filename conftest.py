"""What pytest passes over: modules of an extra that is not installed."""

from __future__ import annotations

from importlib.util import find_spec

LEARNS = ("network", "rocket", "graph", "fitting", "cross_fitting", "run", "card", "shelf")
"""They need torch and onnx, the `train` extra, which no site and no test machine must have."""

collect_ignore: list[str] = []
if find_spec("torch") is None or find_spec("onnx") is None:
    collect_ignore += [f"simulators/training/{name}.py" for name in LEARNS]
