"""`floorwatch bench falls`: falls found and false alarms, on recordings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from floorwatch.errors import CommandError, UsageError
from floorwatch.progress import progress
from floorwatch.tables import JsonFile, console_beside, show, write_json
from floorwatch.what_if import WhatIf, settings_of
from simulators.accuracy.chart import chart
from simulators.accuracy.cross_fit import FOLDS, LISTED, CrossFit, cross_fit
from simulators.accuracy.curve import Curve, curves, pooled, pooled_curves
from simulators.accuracy.page import Reading, page
from simulators.accuracy.programs import (
    baselines_for_programs,
    for_programs,
    what_if_for_programs,
)
from simulators.accuracy.report import (
    CHANGED_HEADS,
    CURVE_HEADS,
    HEADS,
    WHAT_IF_HEADS,
    changed_rows,
    curve_rows,
    plain_rows,
    rows,
    what_if_rows,
)
from simulators.accuracy.scoring import Plan, Scores, score_folder
from simulators.accuracy.system import System, published, shipped
from simulators.accuracy.what_if import changes
from simulators.errors import SimulatorError

PAGE, CHART = Path("docs/accuracy/falls.md"), Path("docs/accuracy/falls.svg")
COMMON_RATE_HZ = 50.0
"""The rate of the page's second reading: what the models themselves resample to."""


def falls(
    data: Annotated[Path, typer.Option(help="The folder that holds the sets of recordings.")],
    json_file: JsonFile = None,
    what_if: WhatIf = None,
    baselines: Annotated[
        bool, typer.Option(help="Score published rules as well; not with --what-if.")
    ] = True,
    curve: Annotated[
        bool, typer.Option("--curve", help="Move the thresholds of the published rules as well.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            min=20, max=200, help="Bring every recording to this rate first, in Hz; else its own."
        ),
    ] = None,
    shipped_weights: Annotated[
        bool,
        typer.Option(
            "--shipped-weights", help="Score also those with them who trained them; rows say so."
        ),
    ] = False,
    folds: Annotated[
        Path | None,
        typer.Option(help="A folder with other folds than those of the shipped weights."),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at a time; all processors if unset.")
    ] = None,
    write_docs: Annotated[
        bool,
        typer.Option("--write-docs", help="Write docs/accuracy/ anew, with all curves."),
    ] = False,
) -> None:
    """Count falls found and false alarms on whole recordings, event by event, set by set.

    Every recording goes through the real pipeline. Nothing is paged and nothing is stored. Whoever
    trained the shipped weights is scored with weights of the same make that never saw them.
    """
    console = console_beside(json_file)
    if (write_docs or curve) and what_if:
        raise UsageError("--curve and --write-docs are of what is shipped; leave out --what-if")
    if write_docs and (rate or shipped_weights or folds or not baselines):
        raise UsageError("--write-docs says how the page is made; leave out the other options")
    if write_docs and not Path("contract/message.py").is_file():
        raise UsageError("--write-docs is for the root folder of a Floorwatch checkout")
    try:
        left_out = _folds(folds)
    except SimulatorError as error:
        raise UsageError(f"--folds: {error}") from None
    changed = settings_of(what_if or ())
    try:
        ours = shipped(folds=left_out, in_training=shipped_weights)
        then = shipped(changed, left_out, shipped_weights).named("what-if") if changed else None
    except SimulatorError as error:
        raise UsageError(f"--what-if: {error}") from None
    others = published() if baselines else ()
    bench = _Bench(console, data, processes)
    try:
        if then is not None:
            answer = bench.what_if(ours, then, changed, rate)
        else:
            answer = bench.shipped(ours, others, rate, curve or write_docs, write_docs)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    write_json(json_file, answer)


class _Bench:
    """One run of the command."""

    def __init__(self, console: Console, data: Path, processes: int | None) -> None:
        self.console, self.data, self.processes = console, data, processes

    def what_if(
        self, ours: System, then: System, settings: dict[str, Any], rate: float | None
    ) -> dict[str, Any]:
        """Show what would be, were the settings other."""
        scores = self._scored("recordings", Plan((ours, then), rate_hz=rate))
        today, later = scores.sets(ours), scores.sets(then)
        differ = changes(today, later)
        title = (
            f"Today, and with {', '.join(f'{name}={value}' for name, value in settings.items())}"
        )
        show(self.console, title, WHAT_IF_HEADS, what_if_rows(today, later), 1)
        if differ:
            show(self.console, "What would be other", CHANGED_HEADS, changed_rows(differ), 2)
        return {
            **for_programs(scores, ours, {}, {}, rate),
            "what_if": what_if_for_programs(scores, then, settings, differ),
        }

    def shipped(
        self,
        ours: System,
        others: tuple[System, ...],
        rate: float | None,
        all_curves: bool,
        write_docs: bool,
    ) -> dict[str, Any]:
        """Score what is shipped beside the published rules, and show it."""
        systems = (ours, *others)
        plan = Plan(systems, frozenset({ours.name}), rate)
        scores = self._scored("recordings", plan)
        show(self.console, ours.title, HEADS, rows(scores.known(ours)), 3)
        show(self.console, "All worn alike", HEADS, plain_rows(pooled(scores.sets(ours))), 3)
        for each in others:
            title = f"{each.title} (from memory)" if each.from_memory else each.title
            show(self.console, title, HEADS, rows(scores.known(each)), 3)
        drawn = {ours.name: curves(scores, ours)}
        if others and all_curves:
            with_falls = frozenset(
                name.split("/")[0] for name, tally in scores.sets(ours).items() if tally.falls
            )
            moved = Plan(others, frozenset(each.name for each in others), rate, with_falls)
            of_others = self._scored("curves", moved)
            drawn |= {each.name: curves(of_others, each) for each in others}
        seen = _drawable(drawn, systems)
        of_pooled = pooled_curves(scores, ours)
        read = [*seen, *(each for each in of_pooled.values() if each.drawable)]
        show(
            self.console,
            "Found at a rate (falls found; false alarms)",
            CURVE_HEADS,
            curve_rows(read),
            2,
        )
        if write_docs:
            plan = Plan(systems, frozenset({ours.name}), COMMON_RATE_HZ)
            common = self._scored("at one rate", plan)
            at_one_rate = _drawable({ours.name: curves(common, ours)}, systems)
            CHART.parent.mkdir(parents=True, exist_ok=True)
            if seen:
                CHART.write_text(chart(seen), encoding="utf-8")
            readings = Reading(scores, seen), Reading(common, at_one_rate, COMMON_RATE_HZ)
            PAGE.write_text(page(*readings, ours, others, CHART.name), encoding="utf-8")
            self.console.print(f"wrote {PAGE} and {CHART}")
        answer = for_programs(scores, ours, drawn[ours.name], of_pooled, rate)
        if others:
            answer["baselines"] = baselines_for_programs(scores, others, drawn)
        return answer

    def _scored(self, what: str, plan: Plan) -> Scores:
        with progress(what) as bar:
            scores = score_folder(self.data, plan, self.processes, bar)
        if plan.only is None:
            for reason in scores.passed_over:
                print(f"floorwatch: passed over: {reason}", file=sys.stderr)
        return scores


def _folds(folder: Path | None) -> CrossFit | None:
    if folder is None and not (FOLDS / LISTED).is_file():
        return None
    return cross_fit(folder or FOLDS)


def _drawable(drawn: dict[str, dict[str, Curve]], systems: Sequence[System]) -> list[Curve]:
    return [
        each for system in systems for each in drawn.get(system.name, {}).values() if each.drawable
    ]
