"""One process of a running site, which may be killed, frozen, starved of disk, and started anew."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.faked_clock import FakedClock

END_S = 30.0


class Part:
    """A command with its log. `deaths` are the ends that nobody asked for.

    With a `clock` it believes that one.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, clock: FakedClock | None = None
    ) -> None:
        self.name = name
        self.log = log
        self.clock = clock
        self.deaths: list[int] = []
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return at once. Its log grows in the same file."""
        assert self._process is None, f"{self.name} runs already"
        environment = os.environ | dict(self.clock.environment if self.clock else {})
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=environment)

    def kill(self) -> None:
        """End it at once, as a power cut would; a frozen one too."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(END_S)
            self._process = None

    def stop(self) -> int:
        """Ask it to end in order, and return its exit code. 0 if it did not run."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_S)
            return -signal.SIGKILL
        finally:
            self._process = None

    def freeze(self) -> None:
        """Stop it between two instructions."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if no time had passed for it."""
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """From now on every write of this process to a file fails, its log's included."""
        self._limit_files(0)

    def free_disk(self) -> None:
        """Let it write again."""
        self._limit_files(resource.RLIM_INFINITY)

    def restart_if_dead(self) -> None:
        """Do what a supervisor does for a process that ended by itself, and remember that."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self.deaths.append(code)
            self._process = None
            self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _limit_files(self, size: int) -> None:
        # The soft limit alone: the hard one could not be raised again.
        if self._process is not None and self._process.poll() is None:
            hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, hard))
