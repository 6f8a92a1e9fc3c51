"""`floorwatch replay`: recorded sensor data through the real system."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from backend.incidents.view import IncidentView
from contract.instants import as_datetime
from contract.site import Site
from floorwatch import broker as embedded
from floorwatch.errors import CommandError, UsageError
from floorwatch.private import for_owner_only
from floorwatch.sites import read_site
from simulators.errors import SimulatorError
from simulators.recordings.find import find, recognise
from simulators.replay.player import Player
from simulators.replay.stage import CONSOLE, stage
from simulators.replay.summary import TrialResult, results
from simulators.replay.tape import reels
from simulators.replay.timeline import ending, lay_out, length_s, moments

BROKER_START_S = 10.0
ROWS_SHOWN = 60


@for_owner_only()
def replay(
    paths: Annotated[
        list[Path], typer.Argument(help="Recordings: .npz sets, SisFall's text files, our own.")
    ],
    subject: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    activity: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    trial: Annotated[list[int] | None, typer.Option(help="Only these; repeatable.")] = None,
    speed: Annotated[str, typer.Option(help="1 is real time, 10 ten times that, or max.")] = "max",
    site: Annotated[
        Path | None, typer.Option(help="The site at which one of our own recordings was made.")
    ] = None,
    hold: Annotated[
        float,
        typer.Option(min=0, max=60, help="Repeat each trial's last sample for so many seconds."),
    ] = 0.0,
    broker: Annotated[
        str | None, typer.Option(help="HOST:PORT of a scratch broker; else one is started.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the scratch databases in this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary for a program.")] = False,
) -> None:
    """Replay recordings through agent, broker, gateway and backend, and say what came of it.

    It is an exercise: a scratch backend prints its pages here, and nobody real is called. The
    recording's own clock drives escalation, so the outcome is the same at any speed.
    """
    pace = _speed(speed)
    console = Console(stderr=as_json, highlight=False)
    _log_only_trouble()
    # With --json standard output is the summary alone; what the console channel prints is not.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        answer = _replay(
            paths, ReplayChoice(subject, activity, trial, hold), pace, site, broker, keep, console
        )
    if as_json:
        print(json.dumps(answer))


@dataclass(frozen=True)
class ReplayChoice:
    """Which trials of a recording are wanted, None for all; and how each is followed."""

    subjects: list[str] | None
    activities: list[str] | None
    trials: list[int] | None
    hold_s: float


def _replay(
    paths: Sequence[Path],
    choice: ReplayChoice,
    pace: float | None,
    site: Path | None,
    broker: str | None,
    keep: Path | None,
    console: Console,
) -> dict[str, object]:
    try:
        if len(paths) == 1 and paths[0].is_file() and recognise(paths[0]) == "own":
            if site is None:
                raise UsageError(
                    f"{paths[0]} was recorded at a site; name its file with --site SITE.toml"
                )
            with _folder(keep) as folder, _broker(broker, folder) as address:
                played = _play_tape(paths[0], read_site(site), folder, address, pace, console)
            _print_incidents(console, played)
            return {
                "exercise": True,
                "incidents": [each.model_dump(mode="json") for each in played],
            }
        trials = list(find(paths, choice.subjects, choice.activities, choice.trials))
        if not trials:
            raise UsageError("no recorded trial fits --subject, --activity and --trial")
        playing = ending(lay_out(trials, 0, choice.hold_s), time.time_ns())
        scene = stage(playing)
        with (
            _folder(keep) as folder,
            _broker(broker, folder) as address,
            Player(scene, folder, address, playing[0].start_ns) as player,
        ):
            first_ns = min(each.start_ns for each in playing)
            console.print(
                f"EXERCISE: {len(trials)} trials, {length_s(playing):.0f} s of recording; "
                "nobody real is paged."
            )
            with _bar(console, length_s(playing)) as (bar, task):
                for progress in player.play(moments(playing), pace):
                    done_s = (progress.at_ns - first_ns) / 1e9
                    bar.update(task, completed=done_s, blocks=progress.blocks)
            found = results(playing, player.incidents())
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    _print(console, found)
    return {"exercise": True, "trials": [each.model_dump() for each in found], **_totals(found)}


def _log_only_trouble() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1000:
        raise UsageError(f'--speed "{text}": give a number above 0 and up to 1000, or "max"')
    return speed


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise UsageError(f"--keep {keep}: the folder is not empty")
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="floorwatch-replay-") as folder:
        yield Path(folder)


@contextmanager
def _broker(address: str | None, folder: Path) -> Iterator[tuple[str, int]]:
    """Give the address of a running broker; one of our own is stopped afterwards."""
    if address is not None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise UsageError(f'--broker "{address}": give HOST:PORT, as 127.0.0.1:1883')
        yield host, int(port)
        return
    prepared = embedded.prepare(folder)
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen(prepared.command, stdout=log, stderr=log)
    try:
        deadline_s = time.monotonic() + BROKER_START_S
        while not embedded.listens(prepared.host, prepared.port):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise CommandError("the embedded broker did not start")
            time.sleep(0.02)
        yield prepared.host, prepared.port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _bar(console: Console, total_s: float) -> Iterator[tuple[Progress, TaskID]]:
    columns = (
        TextColumn("{task.completed:.0f} of {task.total:.0f} s"),
        BarColumn(),
        TextColumn("{task.fields[blocks]} blocks"),
        TimeRemainingColumn(),
    )
    quiet = not (console.is_terminal and sys.stderr.isatty())
    with Progress(*columns, console=console, disable=quiet) as bar:
        yield bar, bar.add_task("replay", total=total_s, blocks=0)


def _play_tape(
    path: Path,
    site: Site,
    folder: Path,
    broker: tuple[str, int],
    speed: float | None,
    console: Console,
) -> list[IncidentView]:
    tape = reels(path, site)
    first_ns = tape[0].at_ns
    # Whoever the site pages, an exercise prints: this is the only channel there is.
    printed = site.model_copy(update={"channel": CONSOLE, "broker": None})
    console.print(f"EXERCISE: {len(tape)} s recorded at {site.id}; nobody real is paged.")
    with (
        Player(printed, folder, broker, first_ns, agent=None) as player,
        _bar(console, len(tape)) as (bar, task),
    ):
        for progress in player.play_back(tape, speed):
            done_s = (progress.at_ns - first_ns) / 1e9
            bar.update(task, completed=done_s, blocks=progress.blocks)
        return player.incidents()


def _print_incidents(console: Console, incidents: Sequence[IncidentView]) -> None:
    table = Table(title="EXERCISE: what was detected, and who was paged")
    for head in ("onset", "incident", "who and where", "tier", "pages"):
        table.add_column(head)
    for each in incidents:
        paged = ", ".join(dict.fromkeys(p.person_name for p in each.pages if p.sent_ns is not None))
        where = each.zone_title or each.zone or "place unknown"
        onset = f"{as_datetime(each.onset_ns, each.time_zone):%H:%M:%S}"
        who = f"{each.person_name or each.device} · {where}"
        table.add_row(onset, each.title, who, str(each.severity), paged or "nobody")
    console.print(table if incidents else "Nothing was detected.")


def _totals(found: Sequence[TrialResult]) -> dict[str, float | int]:
    falls = [each for each in found if each.is_fall]
    return {
        "falls": len(falls),
        "falls_found": sum(each.detected for each in falls),
        "activities": len(found) - len(falls),
        "false_alarms": sum(each.false_alarms for each in found),
        "activity_hours": round(sum(e.length_s for e in found if not e.is_fall) / 3600, 3),
    }


def _print(console: Console, found: Sequence[TrialResult]) -> None:
    table = Table(title="EXERCISE: what was detected, and who was paged")
    for head in ("recording", "fall at", "detected", "tier", "first page", "pages"):
        table.add_column(head)
    shown = sorted(found, key=lambda each: not each.found)[:ROWS_SHOWN]
    for each in shown:
        name = f"{each.set} {each.subject} {each.activity} {each.trial}"
        impact = f"{each.impact_s:.1f} s" if each.impact_s is not None else "–"
        if not each.found:
            missed = "[bold red]missed[/]" if each.is_fall else "nothing"
            table.add_row(name, impact, missed, "", "", "")
        for incident in each.found:
            first = incident.paged[0] if incident.paged else None
            table.add_row(
                name,
                impact,
                f"{incident.title} at {incident.at_s:.1f} s{'' if incident.hit else ' (false)'}",
                incident.severity,
                f"{first.name} after {first.after_onset_s:.1f} s" if first else "nobody",
                str(len(incident.paged)),
            )
    console.print(table)
    if len(shown) < len(found):
        console.print(f"… and {len(found) - len(shown)} more trials; --json lists them all.")
    totals = _totals(found)
    console.print(
        f"{totals['falls_found']} of {totals['falls']} falls found; {totals['false_alarms']} false "
        f"alarms in {totals['activities']} activities ({totals['activity_hours']} h)."
    )
