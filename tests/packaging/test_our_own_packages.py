"""The folder names are generic. This fails when an installed package has taken one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.needs import ROOT
from tests.support.packages import PACKAGES
from tests.support.processes import run_python


@pytest.mark.parametrize("name", PACKAGES)
def test_an_installed_process_imports_ours(name: str) -> None:
    found = run_python(f"import {name}; print({name}.__file__)", folder=Path("/")).strip()
    assert Path(found) == ROOT / name / "__init__.py", "run `make test` once: it installs ours"
