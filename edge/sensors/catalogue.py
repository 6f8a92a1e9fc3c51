"""Finds the sensor drivers."""

from __future__ import annotations

from contract import plugins
from contract.site import Site
from edge import sensors
from edge.sensor import Sensor


def catalogue() -> dict[str, type[Sensor]]:
    """Return every sensor driver by its kind."""
    return plugins.find(sensors, Sensor)  # type: ignore[type-abstract]


def build(site: Site, agent: str) -> tuple[Sensor, ...]:
    """Return the drivers that a site file gives to an agent, or raise `SiteFileError`."""
    tables = next(a.sensors for a in site.agent if a.id == agent)
    return plugins.build("agent.sensors", catalogue(), tables)
