"""Faults that once nobody noticed, each put in by hand: `python -m tests.mutation.named`.

mutmut changes what stands in functions. A statement of SQL or a table at the top of a file, and a
fault of two lines, are put in here. The checkout is not touched: it happens in a copy.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.workshop import copy_project
from tests.support.needs import ROOT

LISTED = Path(__file__).with_name("named.toml")
LIMIT_S = 600
NOTICED = (1, 2)
"""pytest's codes when a test fails, or a file cannot even be read."""


@dataclass(frozen=True)
class Fault:
    """A small fault, and the tests that must notice it."""

    title: str
    file: str
    was: str
    becomes: str
    tests: tuple[str, ...]

    def put_into(self, text: str) -> str:
        """Return a file's text with the fault in it.

        Raises
        ------
        ValueError
            When the place is not there, or there twice.
        """
        if text.count(self.was) != 1:
            raise ValueError(f"{self.file} has this {text.count(self.was)} times: {self.was!r}")
        return text.replace(self.was, self.becomes)


def listed() -> list[Fault]:
    """Return all that `named.toml` lists."""
    told = tomllib.loads(LISTED.read_text(encoding="utf-8"))["fault"]
    return [Fault(**{**entry, "tests": tuple(entry["tests"])}) for entry in told]


def main() -> None:
    """Put in one after the other, and fail when one is not noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.named", description=__doc__)
    parser.add_argument("--only", help="only faults whose title has this in it")
    only: str = parser.parse_args().only or ""
    home = ROOT / ".mutants" / "named"
    copy_project(ROOT, home)
    unnoticed = [fault for fault in listed() if only in fault.title and not _noticed(home, fault)]
    if unnoticed:
        raise SystemExit("\n".join(["no test noticed:", *(fault.title for fault in unnoticed)]))


def _noticed(home: Path, fault: Fault) -> bool:
    file = home / fault.file
    whole = file.read_text(encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-qx", "-n", "0", "-p", "no:cacheprovider"]
    try:
        file.write_text(fault.put_into(whole), encoding="utf-8")
        done = subprocess.run(
            [*command, *fault.tests], cwd=home, capture_output=True, text=True, timeout=LIMIT_S
        )
        code, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        code, said = NOTICED[0], "the tests did not come to an end"
    finally:
        file.write_text(whole, encoding="utf-8")
    noticed = code in NOTICED
    by = next((line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))), said)
    print(
        f"{'noticed' if noticed else 'NOT NOTICED'}: {fault.title}\n    {by[-300:].strip()}",
        flush=True,
    )
    return noticed


if __name__ == "__main__":
    main()
