"""One extra a process: each has what it imports, and does not drag in what it must not need."""

from __future__ import annotations

import json

import pytest

from tests.support.packages import PACKAGES, closure_of, modules_of
from tests.support.processes import run_python

pytestmark = pytest.mark.slow

NEEDS = {
    "edge": "edge",
    "detectors": "detect",
    "gateway": "gateway",
    "backend": "backend",
    "simulators": "simulators",
    "contract": "",
    "host": "",
}
"""By package, the extra that a machine installs to run it."""

PARTS = {
    "edge.vision": "camera",
    "edge.evidence": "camera",
    "simulators.cameras": "all",
    "simulators.training": "train",
}
"""What of a package needs more: cameras on some boxes, and training in a laboratory."""

IMPORT_ALL = """
import importlib, json, pkgutil, sys

package, *names = sys.argv[1:]
allowed, ours, parts = (set(json.loads(text)) for text in names)

class OnlyTheExtra:
    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        known = allowed | ours | sys.stdlib_module_names
        if top in known or top.startswith("_sysconfigdata"):
            return None
        raise ModuleNotFoundError(f"{name} is not in the extra", name=name)

sys.meta_path.insert(0, OnlyTheExtra)
root = importlib.import_module(package)
for module in pkgutil.walk_packages(root.__path__, f"{package}."):
    if not any(f"{module.name}.".startswith(f"{part}.") for part in parts):
        importlib.import_module(module.name)
print(len(sys.modules))
"""


@pytest.mark.parametrize(("package", "extra"), NEEDS.items(), ids=NEEDS)
def test_a_package_imports_with_its_extra_alone(package: str, extra: str) -> None:
    allowed = modules_of(closure_of(extra))
    assert allowed >= {"pydantic", "pydantic_core", "typer", "structlog"}
    imports(package, allowed, parts=tuple(PARTS))


@pytest.mark.parametrize(
    "part", [part for part, extra in PARTS.items() if extra != "train"], ids=str
)
def test_a_part_imports_with_its_own_extra(part: str) -> None:
    imports(part, modules_of(closure_of(PARTS[part])), parts=())


def imports(package: str, allowed: set[str], parts: tuple[str, ...]) -> None:
    """Import all of a package but some parts, where nothing but `allowed` is installed."""
    given = (sorted(allowed), PACKAGES, parts)
    run_python(IMPORT_ALL, package, *(json.dumps(each) for each in given))


@pytest.mark.parametrize(
    ("extra", "unwanted"),
    [
        pytest.param("", {"paho-mqtt", "numpy", "scipy", "fastapi", "sqlalchemy"}, id="none"),
        pytest.param(
            "edge", {"numpy", "scipy", "fastapi", "sqlalchemy", "onnxruntime", "av"}, id="edge"
        ),
        pytest.param("camera", {"scipy", "fastapi", "sqlalchemy", "torch"}, id="camera"),
        pytest.param("gateway", {"scipy", "fastapi", "sqlalchemy", "uvicorn"}, id="gateway"),
        pytest.param("backend", {"paho-mqtt", "numpy", "scipy", "influxdb-client"}, id="backend"),
        pytest.param("all", {"pytest", "mypy", "hypothesis", "river"}, id="all"),
    ],
)
def test_an_extra_does_not_drag_in(extra: str, unwanted: set[str]) -> None:
    assert unwanted.isdisjoint(closure_of(extra))


def test_the_closure_is_followed_all_the_way() -> None:
    assert {"pydantic-core", "annotated-types", "paho-mqtt"} <= set(closure_of("edge"))
    assert {"starlette", "anyio", "psycopg-binary"} <= set(closure_of("backend"))


def test_no_command_loads_scipy_before_it_needs_it() -> None:
    """It is 80 MB, and `floorwatch up` stays in memory."""
    program = "import sys; from floorwatch.__main__ import application; application(); "
    assert run_python(program + "print('scipy' in sys.modules)").strip() == "False"
