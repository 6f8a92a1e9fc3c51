"""What every test has: a steady Hypothesis, a PATH with servers on it, and no silent skip."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.needs import MAY_BE_SKIPPED, NEEDS, all_required, lacking, recordings_folder

# They need river, which only `make bench` installs.
collect_ignore = ["benchmarks"]

# Debian keeps servers where an ordinary user's PATH does not look.
os.environ["PATH"] += os.pathsep + "/usr/sbin"

# The same examples each time, on slow machines too; `make test-all` looks further.
_calm = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, **_calm)  # type: ignore[arg-type]
settings.register_profile("thorough", max_examples=1000, print_blob=True, **_calm)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("FLOORWATCH_HYPOTHESIS", "steady"))


SLOW_NEEDS = ("postgres", "chromium", "mosquitto")
"""`make check` runs the same tests on SQLite and nats-server, which come as wheels and start at
once; `make test` runs them on these as well."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call slow what needs a server that is not in the environment."""
    for item in items:
        if any(item.get_closest_marker(marker) for marker in SLOW_NEEDS):
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose need is not met, with the command that meets it; in CI, fail it."""
    for marker, need in NEEDS.items():
        if item.get_closest_marker(marker) is None or need.present():
            continue
        if all_required(os.environ):
            pytest.fail(lacking(need), pytrace=False)
        pytest.skip(lacking(need))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips itself, for whatever reason, where nothing may be skipped."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _no_silent_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a file that skips itself, likewise."""
    report = yield
    _no_silent_skip(report)
    return report


def _no_silent_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (report.skipped and all_required(os.environ)):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if reason not in MAY_BE_SKIPPED:
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {reason}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens: a run that is cut off has no summary."""
    if report.failed and os.environ.get("PYTEST_XDIST_WORKER") is None:
        print(
            f"\n{report.nodeid} failed in {report.when}:\n{report.longreprtext[-2000:]}", flush=True
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, once for each reason, how many tests or files did not run, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("not run on this machine")
    for reason in sorted(reasons):
        terminalreporter.line(f"not run: {reasons[reason]} × {reason}")


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder of real recordings. For tests marked `recordings`."""
    return recordings_folder()
