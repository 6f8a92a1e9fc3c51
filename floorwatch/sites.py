"""Reads a site file from disk and checks all of it: what the contract, the core and paging own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from backend.paging.catalogue import configured, named
from backend.people.roster import roster_of_site
from backend.policy import reach
from contract.errors import SiteFileError
from contract.site import Site
from contract.sitefile import parse
from detectors.catalogue import build as build_detectors
from edge.sensors.catalogue import build as build_sensors
from floorwatch.errors import UsageError
from gateway.keyring import read_keys


def read_site(path: Path) -> Site:
    """Return the site of a file, or raise `UsageError` with a sentence for each problem."""
    site = parse_site(path)
    try:
        check_kinds(site)
    except SiteFileError as error:
        raise _unusable(path, error) from None
    return site


def parse_site(path: Path) -> Site:
    """Return the site of a file without looking at what else it needs; raises as `read_site`."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from None
    except SiteFileError as error:
        raise _unusable(path, error) from None


def check_keys(path: Path, site: Site) -> None:
    """Look that every agent that has to sign has a key, or raise `UsageError`."""
    host = site.broker.host if site.broker else "127.0.0.1"
    try:
        read_keys(site, host, path.parent)
    except SiteFileError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: SiteFileError) -> UsageError:
    listed = "\n".join(f"  - {problem}" for problem in error.problems)
    return UsageError(f"{path} cannot be used:\n{listed}")


def check_kinds(site: Site) -> None:
    """Build every detector, sensor driver and paging channel, or raise `SiteFileError`."""
    checks: list[Callable[[], object]] = [
        lambda: build_detectors(site),
        lambda: check_paging(site),
        *(partial(build_sensors, site, agent.id) for agent in site.agent),
    ]
    problems: list[str] = []
    for check in checks:
        try:
            check()
        except SiteFileError as error:
            problems += error.problems
    if problems:
        raise SiteFileError(tuple(problems))


def check_paging(site: Site) -> None:
    """Look that every escalation step would reach somebody, with the people whom the file seeds.

    Raises
    ------
    SiteFileError
        With one sentence for each step that reaches nobody.
    """
    reach.check(roster_of_site(site), site, named(configured(site)))
