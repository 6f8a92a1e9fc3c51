"""A trained model as one ONNX graph: channels in, a score out, nothing left to the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from detectors.fall.window import BEFORE_S, CHANNELS, RATE_HZ
from simulators.training import rocket
from simulators.training.network import SEGMENTS, STEPS, Network
from simulators.training.rocket import Rocket

OPSET = 17
IR_VERSION = 8
"""Old enough for every onnxruntime that the project allows."""


OFFSET = "offset"
"""The constant that is taken off the logit: at it the score is one half."""


class Graph:
    """Nodes and weights as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, array: ArrayLike) -> str:
        """Add a constant as it is and return its name."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def small(self, array: ArrayLike, kind: type[np.generic]) -> str:
        """Add a constant in a smaller type, and return the name of it as float32."""
        return self.add("Cast", self.weight(np.asarray(array).astype(kind)), to=TensorProto.FLOAT)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of what it gives."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name


def graph_of(
    networks: Sequence[Network],
    line: Rocket,
    stage: str,
    after_s: float,
) -> bytes:
    """Return the mean of some networks' logits and a rocket's, as a score from 0 to 1.

    Parameters
    ----------
    after_s
        How long after the impact the stage looks.
    """
    graph = Graph()
    length = round((BEFORE_S + after_s) * RATE_HZ)
    eyes = [_network(graph, network, stage, length) for network in networks]
    seen = eyes[0] if len(eyes) == 1 else graph.add("Mean", *eyes)
    both = graph.add("Mean", seen, _rocket(graph, line, length))
    graph.weights.append(numpy_helper.from_array(np.zeros(1, np.float32), OFFSET))
    moved = graph.add("Sub", both, OFFSET)
    score = graph.add("Sigmoid", moved)
    flat = graph.add("Reshape", score, graph.weight(np.array([-1], np.int64)))
    graph.nodes[-1].output[0] = "score"
    assert flat
    channels = helper.make_tensor_value_info(
        "channels", TensorProto.FLOAT, ["n", len(CHANNELS), length]
    )
    scored = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])
    made = helper.make_graph(graph.nodes, f"fall-{stage}", [channels], [scored], graph.weights)
    model = helper.make_model(
        made,
        producer_name="floorwatch",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def with_offset(graph: bytes, offset: float) -> bytes:
    """Return a graph whose score is one half where its logit is `offset`: the operating point."""
    model = onnx.load_from_string(graph)
    (constant,) = (each for each in model.graph.initializer if each.name == OFFSET)
    constant.CopyFrom(numpy_helper.from_array(np.full(1, offset, np.float32), OFFSET))
    return bytes(model.SerializeToString())


def _network(graph: Graph, network: Network, stage: str, length: int) -> str:
    """Add a network; each normalisation is folded into the convolution before it."""
    features = "channels"
    for convolution, norm, step in zip(network.convolutions, network.norms, STEPS, strict=True):
        state = {name: value.detach().numpy() for name, value in norm.state_dict().items()}
        gain = state["weight"] / np.sqrt(state["running_var"] + norm.eps)
        weight = convolution.weight.detach().numpy() * gain[:, None, None]
        bias = (convolution.bias.detach().numpy() - state["running_mean"]) * gain + state["bias"]
        half = weight.shape[2] // 2
        swung = graph.add(
            "Conv",
            features,
            graph.small(weight, np.float16),
            graph.small(bias, np.float16),
            strides=[step],
            pads=[half, half],
        )
        features = graph.add("Relu", swung)
        length = -(-length // step)
    pooled = graph.add("MatMul", features, graph.weight(_pools(length, SEGMENTS[stage])))
    _, first, _, second = network.heads[stage]
    hidden = graph.add("Relu", _dense(graph, graph.add("Flatten", pooled), first))
    return _dense(graph, hidden, second)


def _dense(graph: Graph, features: str, layer: object) -> str:
    weight, bias = (getattr(layer, name).detach().numpy() for name in ("weight", "bias"))
    return graph.add(
        "Gemm",
        features,
        graph.small(weight, np.float16),
        graph.small(bias, np.float16),
        transB=1,
    )


def _pools(length: int, segments: int) -> ArrayLike:
    """Return the matrix (length, segments) that averages as torch's adaptive pooling does."""
    found = np.zeros((length, segments), np.float32)
    for number in range(segments):
        first = number * length // segments
        last = -(-(number + 1) * length // segments)
        found[first:last, number] = 1 / (last - first)
    return found


def _rocket(graph: Graph, line: Rocket, length: int) -> str:
    over = graph.weight(rocket.stretches(length))
    shares = []
    for dilation, weights in rocket.kernels().items():
        padding = (rocket.KERNEL_LEN - 1) // 2 * dilation
        swung = graph.add(
            "Conv",
            "channels",
            graph.small(weights, np.int8),
            dilations=[dilation],
            pads=[padding, padding],
        )
        for bias in line.biases[dilation].T:
            above = graph.add("Greater", swung, graph.weight(bias[:, None].copy()))
            share = graph.add("MatMul", graph.add("Cast", above, to=TensorProto.FLOAT), over)
            shares.append(graph.add("Flatten", share))
    features = graph.add("Concat", *shares, axis=1)
    return graph.add(
        "Gemm",
        features,
        graph.small(line.weights[None], np.float16),
        graph.weight(np.full(1, line.offset, np.float32)),
        transB=1,
    )
