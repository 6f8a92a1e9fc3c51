"""docker-compose.yml and what it mounts hold together. No engine is needed: none is started."""

from __future__ import annotations

import getpass
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.sitefile import parse
from tests.support.brokers import free_port, wait_until
from tests.support.needs import ROOT
from tests.support.processes import run_python
from tests.support.tree import text_of

pytestmark = pytest.mark.slow

COMPOSE: dict[str, Any] = yaml.safe_load(text_of("docker-compose.yml") or "")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("backend", "gateway", "edge")


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_by_version(name: str) -> None:
    assert re.search(r":\d+\.\d+(\.\d+)?(-\w+)?$", SERVICES[name]["image"])


def test_the_image_is_built_on_a_pinned_one() -> None:
    bases = re.findall(r"^FROM (\S+)", text_of("docker/Dockerfile") or "", re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base) for base in bases)


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_started_with_options_that_its_process_has(name: str) -> None:
    module, _, *options = SERVICES[name]["command"]
    program = (
        "import runpy, sys; sys.argv = ['floorwatch', '--help']; "
        f"runpy.run_module({module!r}, run_name='__main__')"
    )
    shown = run_python(program)
    assert [o for o in options if o.startswith("--") and o not in shown] == []


def test_the_edge_service_runs_an_agent_of_the_worked_example() -> None:
    command: list[str] = SERVICES["edge"]["command"]
    site = parse(text_of("site.toml") or "")
    assert command[command.index("--agent") + 1] in {agent.id for agent in site.agent}


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_and_awaited_is_there(name: str) -> None:
    for mount in SERVICES[name].get("volumes", ()):
        source = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", mount).partition(":")[0]
        if source.startswith("./keys"):
            continue  # `floorwatch keys make` makes them, as the file's head says
        if source.startswith("./"):
            assert (ROOT / source).is_file()
        else:
            assert source in COMPOSE["volumes"]
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_listens_beyond_this_machine_unless_somebody_decides_it(name: str) -> None:
    for port in SERVICES[name].get("ports", ()):
        assert port.startswith("127.0.0.1:")


def test_no_secret_is_written_down() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|TOKEN|SECRET|DATABASE_URL", variable):
                assert "${" in value, f"{name}: {variable}"


@pytest.mark.mosquitto
def test_mosquitto_takes_its_configuration(tmp_path: Path) -> None:
    given = text_of("docker/mosquitto.conf") or ""
    there = given.replace("/mosquitto/data/", f"{tmp_path}/").replace(
        "listener 1883", f"user {getpass.getuser()}\nlistener {free_port()} 127.0.0.1"
    )
    config = tmp_path / "mosquitto.conf"
    config.write_text(there, encoding="utf-8")
    log = tmp_path / "log"
    with log.open("w") as said:
        broker = subprocess.Popen(["mosquitto", "-c", str(config)], stderr=said, cwd=tmp_path)
    try:
        wait_until(
            lambda: broker.poll() is not None or "running" in log.read_text(encoding="utf-8"),
            "Mosquitto to run",
        )
    finally:
        broker.kill()
        broker.wait()
    told = log.read_text(encoding="utf-8")
    assert "running" in told
    assert "Error" not in told
    assert "deprecated" not in told
