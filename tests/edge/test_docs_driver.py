"""The worked example of docs/add-a-sensor-driver.md is taken out of the page and run."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import sensors
from edge.sensors.catalogue import catalogue
from tests.edge.agents import running
from tests.support.brokers import Broker, free_port, wait_until
from tests.support.gatewaypeer import gateway_peer

PAGE = Path(__file__).parents[2] / "docs" / "add-a-sensor-driver.md"
MODULE = "edge.sensors.udpbutton"


def code(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.M | re.S)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's first file, as if it lay in edge/sensors."""
    folder = tmp_path / "sensors"
    folder.mkdir()
    (folder / "udpbutton.py").write_text(code("python")[0])
    monkeypatch.setattr(sensors, "__path__", [*sensors.__path__, str(folder)])
    yield
    sys.modules.pop(MODULE, None)
    vars(sensors).pop("udpbutton", None)


@pytest.mark.usefixtures("driver")
def test_the_pages_own_test_passes() -> None:
    names: dict[str, object] = {}
    exec(compile(code("python")[1], str(PAGE), "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        assert callable(test)
        test()


@pytest.mark.usefixtures("driver")
def test_the_new_driver_is_found_and_its_presses_reach_the_gateway(
    broker: Broker, tmp_path: Path
) -> None:
    assert "udp-button" in catalogue()
    port = free_port()
    table = code("toml")[0].replace("5140", str(port))
    with (
        gateway_peer(broker, lambda _: True) as gateway,
        running(broker, tmp_path, table) as agent,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as button,
    ):

        def pressed() -> bool:
            button.sendto(b"button-3 sos", ("127.0.0.1", port))
            return bool(gateway.blocks)

        wait_until(pressed, "the call for help")
        wait_until(lambda: agent.pending() == 0, "its acknowledgement")
    assert {(block.device, block.message) for block in gateway.blocks} == {("button-3", "event/1")}
