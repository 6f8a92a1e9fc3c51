"""Keeps the parts of a site running on one machine: starts, watches, restarts, stops."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from floorwatch.errors import CommandError

READY_S = 30.0
STOP_S = 8.0
RESTART_S = (0.5, 1.0, 2.0, 5.0, 10.0)
"""How long a part that died is left before it is started again; the last one for ever after."""
STEADY_S = 60.0
"""A part that ran this long is taken as well again."""
_PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


@dataclass
class Part:
    """One process of the site."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    env: Mapping[str, str] = field(default_factory=dict)
    on_line: Say | None = None
    """Gets each line of its standard output, which otherwise goes to the log."""
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    deaths: int = 0
    restart_at_s: float | None = None


class Supervisor:
    """Runs parts in order; stops them in the opposite order.

    Every part is in a session of its own, so Ctrl-C reaches only the supervisor; it asks the kernel
    to end it should the supervisor be killed: nothing stays behind.
    """

    def __init__(self, parts: Sequence[Part], log_folder: Path, say: Say) -> None:
        self._parts = list(parts)
        self._log_folder = log_folder
        self._say = say
        self._readers: list[threading.Thread] = []

    def start(self) -> None:
        """Start every part, each once the one before it is ready.

        Raises
        ------
        CommandError
            When a part ends or is not ready in time; what it said last is in the message.
        """
        self._log_folder.mkdir(parents=True, exist_ok=True)
        for part in self._parts:
            self._launch(part)
            self._await(part)

    def look(self) -> None:
        """Restart what has died, and say so. To be called a few times a second."""
        now_s = time.monotonic()
        for part in self._parts:
            process = part.process
            if process is not None and process.poll() is not None:
                if now_s - part.started_s > STEADY_S:
                    part.deaths = 0
                wait_s = RESTART_S[min(part.deaths, len(RESTART_S) - 1)]
                part.deaths += 1
                part.process = None
                part.restart_at_s = now_s + wait_s
                how = _how_it_ended(process.returncode)
                self._say(f"{part.name} {how}; it is started again in {wait_s:g} s")
            elif process is None and part.restart_at_s is not None and now_s >= part.restart_at_s:
                self._launch(part)
                self._say(f"{part.name} runs again")

    def stop(self) -> None:
        """End every part in an orderly way, last started first; what hangs is killed."""
        for part in reversed(self._parts):
            process, part.process, part.restart_at_s = part.process, None, None
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._say(f"{part.name} did not stop in {STOP_S:g} s and was killed")
                process.kill()
                process.wait()
        for reader in self._readers:
            reader.join(1.0)

    def pids(self) -> dict[str, int]:
        """Return the process ids of the parts that run."""
        return {p.name: p.process.pid for p in self._parts if p.process is not None}

    def log_of(self, part: Part) -> Path:
        """Return where a part's log is."""
        return self._log_folder / f"{part.name}.log"

    def _launch(self, part: Part) -> None:
        with self.log_of(part).open("ab") as log:
            part.process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if part.on_line else log,
                stderr=log,
                env={**os.environ, **part.env},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        part.started_s = time.monotonic()
        part.restart_at_s = None
        if part.on_line is not None:
            reader = threading.Thread(
                target=_read_lines, args=(part.process, part.on_line), daemon=True
            )
            reader.start()
            self._readers.append(reader)

    def _await(self, part: Part) -> None:
        assert part.process is not None
        deadline_s = time.monotonic() + READY_S
        while not part.ready():
            if part.process.poll() is not None:
                how = _how_it_ended(part.process.returncode)
                raise CommandError(f"{part.name} {how} at its start.\n{self._last_words(part)}")
            if time.monotonic() > deadline_s:
                raise CommandError(
                    f"{part.name} was not ready after {READY_S:g} s.\n{self._last_words(part)}"
                )
            time.sleep(0.02)

    def _last_words(self, part: Part) -> str:
        path = self.log_of(part)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join((f"The end of {path}:", *(f"  {line}" for line in lines)))


def _die_with_parent() -> None:
    # In the child, between fork and exec. Best effort: without it an orderly stop still works.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _read_lines(process: subprocess.Popen[bytes], on_line: Say) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            on_line(line.decode("utf-8", errors="replace").rstrip("\n"))


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit status {code}"
