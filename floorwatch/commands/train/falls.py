"""`floorwatch train falls`: the fall models' weights, from recordings."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from floorwatch.errors import CommandError, UsageError
from floorwatch.tables import JsonFile, console_beside, show, write_json
from simulators.errors import SimulatorError

NEEDED = ("torch", "onnx")
HEADS = ("worn", "set", "falls found", "false alarms", "in hours", "decided after, s")


def falls(
    data: Annotated[Path, typer.Option(help="The folder that holds the sets of recordings.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write the weights, their card and their folds."),
    ] = None,
    ship: Annotated[
        bool, typer.Option("--ship", help="Write them where this checkout ships them from.")
    ] = False,
    json_file: JsonFile = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at a time; all processors if unset.")
    ] = None,
) -> None:
    """Train the fall models anew, and those of the folds that score them.

    Takes half an hour on two cores, and gives the same files each time. Try them with
    `floorwatch bench falls --what-if weights=OUT/weights --folds OUT/folds`, use them with
    `weights = "OUT/weights"` in the site file's `detector` table of kind fall.
    """
    tables = console_beside(json_file)
    if (out is None) == (not ship):
        raise UsageError("say where to: --out DIR, or --ship for the root folder of a checkout")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CommandError(
            f"training needs {' and '.join(missing)}, which a site does not: install this "
            "project's extra `train` (pip install 'floorwatch[train]')"
        )
    # Only here: everything else of the command must run where there is no torch.
    from detectors.fall.model import CARD
    from simulators.training import shelf
    from simulators.training.run import train

    weights, folds = shelf.shipped() if out is None else (out / "weights", out / "folds")
    if ship and not Path("contract/message.py").is_file():
        raise UsageError("--ship is for the root folder of a Floorwatch checkout")
    console = Console(stderr=True, highlight=False)
    begun_s = time.monotonic()

    def say(words: str) -> None:
        console.print(f"[dim]{(time.monotonic() - begun_s) / 60:5.1f} min[/]  {words}")

    try:
        trained = train(data, say, processes)
        written = shelf.put(trained, weights, folds)
    except SimulatorError as error:
        raise CommandError(str(error)) from None
    for why in trained.passed_over:
        console.print(f"passed over: {why}")
    card: dict[str, Any] = json.loads((weights / CARD).read_text(encoding="utf-8"))
    show(tables, "On people whom the weights never saw", HEADS, _rows(card), 2)
    say(f"wrote {len(written)} files to {weights} and {folds}")
    write_json(json_file, card)


def _rows(card: dict[str, Any]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for worn, sets in card["cross_fitted"].items():
        for name, of in sets.items():
            found = f"{of['hits']} of {of['falls']}" if of["falls"] else "–"
            after = "–" if of["latency_p50_s"] is None else f"{of['latency_p50_s']:g}"
            alarms, hours = str(of["false_alarms"]), f"{of['everyday_hours']:g}"
            rows.append((worn, name, found, alarms, hours, after))
    return rows
