"""Runs an installation until somebody stops it, and shows what happens."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from rich.console import Console

from contract.site import Site
from floorwatch.happenings import TerminalLine, in_order
from floorwatch.installation import Installation
from floorwatch.supervisor import Supervisor
from floorwatch.terminal import view_for
from floorwatch.warnings import asked_of, print_warnings
from floorwatch.watch import BackendWatch

LOOK_S = 0.5


class Notices:
    """Lines from other threads and from the supervisor, until the view takes them."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[TerminalLine] = []

    def warn(self, text: str) -> None:
        """Note something that went wrong."""
        with self._lock:
            self._waiting.append(TerminalLine(self._clock(), text, "warning"))

    def page(self, line: str) -> None:
        """Note a line that the console channel printed."""
        if not line.strip():
            return
        with self._lock:
            self._waiting.append(TerminalLine(self._clock(), line, "call"))

    def take(self) -> list[TerminalLine]:
        """Return what has come since the last call."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken


def run(site: Site, installation: Installation, notices: Notices, console: Console) -> None:
    """Start everything, show it, and stop it all on Ctrl-C or SIGTERM.

    Raises
    ------
    CommandError
        When a part does not start. Nothing is left running.
    """
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    supervisor = Supervisor(installation.parts, installation.log_folder, notices.warn)
    watch = BackendWatch(installation.backend_url, installation.stats_file, time.time_ns)
    title = site.site.title or site.id
    try:
        for note in installation.notes:
            console.print(note, markup=False)
        supervisor.start()
        console.print(f"Console and API: {installation.backend_url}")
        # Left to the terminal to wrap: a link that is cut in two opens nothing.
        sign_in = f"To see names and act, sign a browser in: {_sign_in(installation)}"
        console.print(sign_in, markup=False, soft_wrap=True)
        console.print(f"Logs: {installation.log_folder}", markup=False)
        print_warnings(console, asked_of(installation.local_url))
        view = view_for(
            console, title, installation.backend_url, len(site.wearer), site.site.time_zone
        )
        with view:
            while not asked.is_set():
                supervisor.look()
                figures, happened = watch.look()
                view.show(figures, in_order([*notices.take(), *happened]))
                asked.wait(LOOK_S)
        console.print("Stopping …")
    finally:
        supervisor.stop()
        watch.close()
        for number, handler in previous.items():
            signal.signal(number, handler)
    console.print("Everything has stopped.")


def _sign_in(installation: Installation) -> str:
    try:
        return installation.sign_in_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        return f"{installation.sign_in_file}: {error.strerror}"
