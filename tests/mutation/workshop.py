"""The copy of the project in which mutmut works: the checkout itself is never mutated."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from mutmut.configuration import reset_config
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

from tests.mutation.plan import Area
from tests.support.packages import PACKAGES
from tests.support.tree import kept_files

NOT_COPIED = ("var/", "mutants/")
LIMIT_S, TIMES = 30, 2
"""A mutant may take twice as long as its tests and this; one that takes longer hangs."""
NOT_MUTATED = (r"\blog\.(debug|info|warning|error|exception)\(",)
"""What is only for a log's reader."""


class Verdict(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    HUNG = "hung"
    SURVIVED = "survived"
    UNREACHED = "unreached"


VERDICTS = {
    "killed": Verdict.KILLED,
    "segfault": Verdict.KILLED,
    "timeout": Verdict.HUNG,
    "survived": Verdict.SURVIVED,
    "no tests": Verdict.UNREACHED,
}
"""Of mutmut's words; with any other one the mutant has not been tried."""


class Workshop:
    """An area's copy of the project, made ready. What was found out is kept in it."""

    def __init__(self, root: Path, home: Path, area: Area) -> None:
        self.area = area
        self.sources = area.sources(root)
        self._home = home / area.name
        copy_project(root, self._home)
        self._configure()

    def names(self) -> dict[str, list[str]]:
        """Return the name of every mutant there can be, by file."""
        with self._inside():
            return {file: self._names_of(Path(file)) for file in self.sources}

    def verdicts(self, file: str) -> dict[str, Verdict]:
        """Return what became of those mutants of a file that were tried."""
        codes = self._codes(Path(file))
        words = {name: status_by_exit_code[code] for name, code in codes.items()}
        return {name: VERDICTS[word] for name, word in words.items() if word in VERDICTS}

    def change(self, file: str, name: str) -> str:
        """Return what a mutant changes: the lines that go, and those that come."""
        with self._inside():
            diff = get_diff_for_mutant(name, path=Path(file))
        lines = [line.rstrip() for line in diff.splitlines()]
        return "\n".join(
            line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++") and line
        )

    def run(self, mutants: Collection[str], processes: int) -> None:
        """Try mutants, and keep what becomes of each as soon as it is known.

        Raises
        ------
        SystemExit
            When the tests fail without a mutant, with what they said.
        """
        program = Path(sys.executable).with_name("mutmut")
        command = [str(program), "run", "--max-children", str(processes), *mutants]
        log = self._home / "run.log"
        with log.open("wb") as out:
            done = subprocess.run(command, cwd=self._home, stdout=out, stderr=out, check=False)
        if done.returncode:
            tail = log.read_text(errors="replace").replace("\r", "\n").splitlines()[-40:]
            raise SystemExit("\n".join([*tail, f"mutmut gave up: see {log}"]))

    def _names_of(self, file: Path) -> list[str]:
        """Return a file's mutants. To find them out takes a second: they are written down."""
        written, names = self._home / "mutants" / file, self._home / f"{file}.names"
        source = self._home / file
        if written.exists() and written.stat().st_mtime > source.stat().st_mtime:
            return list(self._codes(file))
        if not names.exists() or names.stat().st_mtime < source.stat().st_mtime:
            mutated = mutate_file_contents(str(file), source.read_text(encoding="utf-8"))
            found = [get_mutant_name(file, name) for name in mutated.mutant_names]
            names.write_text("\n".join(found), encoding="utf-8")
        return names.read_text(encoding="utf-8").split()

    def _codes(self, file: Path) -> Mapping[str, int | None]:
        meta = self._home / "mutants" / f"{file}.meta"
        if not meta.exists():
            return {}
        codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        return codes

    def _configure(self) -> None:
        settings = {
            "source_paths": list(PACKAGES),
            "only_mutate": self.sources,
            "also_copy": sorted(
                entry.name
                for entry in self._home.iterdir()
                if entry.name not in (*PACKAGES, "mutants", "run.log", "pyproject.toml")
            ),
            "pytest_add_cli_args_test_selection": list(self.area.tests),
            "pytest_add_cli_args": ["-p", "tests.mutation.fastest_first", "-p", "no:cacheprovider"],
            "do_not_mutate_patterns": list(NOT_MUTATED),
            "timeout_constant": float(LIMIT_S),
            "timeout_multiplier": float(TIMES),
            "use_git_change_detection": False,
            "on_dependency_change": "ignore",
        }
        # JSON's strings, numbers and lists are TOML's as well.
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        pyproject = self._home / "pyproject.toml"
        with pyproject.open("a", encoding="utf-8") as out:
            out.write("\n".join(["", "[tool.mutmut]", *lines, ""]))

    @contextmanager
    def _inside(self) -> Iterator[None]:
        before = Path.cwd()
        os.chdir(self._home)
        reset_config()
        try:
            yield
        finally:
            os.chdir(before)
            reset_config()


def copy_project(root: Path, home: Path) -> None:
    """Bring a copy up to date: what did not change keeps its time, by which mutmut goes."""
    wanted = {path for path in kept_files() if not path.startswith(NOT_COPIED)}
    for path in wanted:
        source, target = root / path, home / path
        if not source.is_file():
            continue
        if target.exists() and _same(source, target):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for folder in (*PACKAGES, "tests"):
        for target in (home / folder).rglob("*.py"):
            if str(target.relative_to(home)) not in wanted:
                target.unlink()
                (home / "mutants" / target.relative_to(home)).unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
