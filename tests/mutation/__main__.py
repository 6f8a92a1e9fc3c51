"""`make mutants`: puts small faults into the code that matters, and says which no test noticed.

Stop it whenever you like: the next run goes on. What was found out is in `.mutants/`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.mutation.equivalent import bare, is_sql_in_another_case, listed
from tests.mutation.plan import allot, drawn, read_plan
from tests.mutation.tally import Tally, wilson
from tests.mutation.workshop import Verdict, Workshop
from tests.support.needs import ROOT

HOME = ROOT / ".mutants"
UNNOTICED = (Verdict.SURVIVED, Verdict.UNREACHED)


def main() -> None:
    """Draw, try what has not been tried, and print."""
    given = _arguments()
    plan = read_plan(ROOT / "pyproject.toml")
    shops = [Workshop(ROOT, HOME, area) for area in plan.areas]
    names = {file: found for shop in shops for file, found in shop.names().items()}
    wanted, least = plan.sample, plan.least_per_file
    if given.sample:
        wanted, least = given.sample, min(least, given.sample // len(names))
    shares = allot({file: len(found) for file, found in names.items()}, wanted, least)
    sample = {file: drawn(names[file], number, plan.seed) for file, number in shares.items()}
    shops = [shop for shop in shops if given.area in (None, shop.area.name)]
    console = Console(width=140, highlight=False)
    console.print(f"{sum(shares.values())} of {sum(map(len, names.values()))} mutants")
    if not given.report:
        _try(shops, sample, given, console)
    total = _print(shops, sample, console, given.survivors)
    if given.at_least is not None and total.noticed < given.at_least / 100 * total.tried:
        raise SystemExit(f"fewer than {given.at_least} % of the mutants were noticed")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--area", help="only this one of pyproject.toml's areas")
    parser.add_argument("--file", help="only files whose path has this in it")
    parser.add_argument("--sample", type=int, help="how many mutants, spread over all files")
    parser.add_argument("--minutes", type=float, help="begin with no file after so long")
    parser.add_argument("--processes", type=int, default=2, help="how many at the same time")
    parser.add_argument("--again", action="store_true", help="try those that survived once more")
    parser.add_argument("--report", action="store_true", help="try nothing, print what is known")
    parser.add_argument("--survivors", action="store_true", help="print what nobody noticed")
    parser.add_argument("--at-least", type=float, help="fail when a smaller percentage is noticed")
    return parser.parse_args()


def _try(
    shops: Collection[Workshop],
    sample: dict[str, list[str]],
    given: argparse.Namespace,
    console: Console,
) -> None:
    started_s = time.monotonic()
    for shop, file in _files(shops):
        if given.file and given.file not in file:
            continue
        known = shop.verdicts(file)
        left = [
            name
            for name in sample[file]
            if name not in known or (given.again and known[name] in UNNOTICED)
        ]
        if not left:
            continue
        if given.minutes and time.monotonic() - started_s > given.minutes * 60:
            console.print("the time is over; the next run goes on")
            return
        begun_s = time.monotonic()
        shop.run(left, given.processes)
        now = shop.verdicts(file)
        noticed = sum(now.get(name) not in (*UNNOTICED, None) for name in left)
        console.print(
            f"{file}: {noticed} of {len(left)} noticed in {time.monotonic() - begun_s:.0f} s"
        )


def _print(
    shops: Collection[Workshop],
    sample: dict[str, list[str]],
    console: Console,
    survivors: bool,
) -> Tally:
    excused = {(one.file, one.change): one.why for one in listed()}
    table = Table(title="mutants", show_edge=False)
    for column in ("file", "drawn", "noticed", "(hung)", "survived", "unreached", "equivalent"):
        table.add_column(column, justify="left" if column == "file" else "right")
    table.add_column("share noticed, 95 % interval", justify="right")
    folders: dict[str, Tally] = {}
    for shop, file in _files(shops):
        known = {n: v for n, v in shop.verdicts(file).items() if n in set(sample[file])}
        changes = {n: shop.change(file, n) for n, v in known.items() if v in UNNOTICED}
        equal = {
            n
            for n, change in changes.items()
            if (file, bare(change)) in excused or is_sql_in_another_case(change)
        }
        counting = [verdict for name, verdict in known.items() if name not in equal]
        tally = Tally.of(len(sample[file]), counting, len(equal))
        folder = str(Path(file).parent)
        folders[folder] = folders.get(folder, Tally(0)) + tally
        table.add_row(file, *_cells(tally))
        if survivors:
            for name in sorted(set(changes) - equal):
                console.print(f"\n{file}: {name}\n{changes[name]}", markup=False)
    table.add_section()
    for folder, tally in sorted(folders.items()):
        table.add_row(folder, *_cells(tally))
    total = sum(folders.values(), start=Tally(0))
    table.add_section()
    table.add_row("all", *_cells(total))
    console.print(table)
    return total


def _cells(tally: Tally) -> Iterator[str]:
    for number in (tally.drawn, tally.noticed, tally.hung, tally.survived, tally.unreached):
        yield str(number)
    yield str(tally.equivalent)
    low, high = wilson(tally.noticed, tally.tried)
    share = f"{tally.noticed / tally.tried:.0%}" if tally.tried else "–"
    yield f"{share}  ({low:.0%} to {high:.0%})"


def _files(shops: Collection[Workshop]) -> Iterator[tuple[Workshop, str]]:
    for shop in shops:
        for file in shop.sources:
            yield shop, file


if __name__ == "__main__":
    main()
