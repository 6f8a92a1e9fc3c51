"""Builds an agent out of a site file: spool, link and drivers."""

from __future__ import annotations

import time
from pathlib import Path

from contract.instants import Clock
from contract.site import Broker, Site
from contract.suggestion import did_you_mean
from edge.agent import Agent
from edge.errors import UnknownAgentError
from edge.keys import read_key
from edge.link import Link
from edge.sensor import Context
from edge.sensors import catalogue
from edge.spool import MAX_AGE_S, MAX_BYTES, Spool


def build_agent(
    site: Site,
    agent_id: str,
    *,
    state_dir: Path,
    broker_host: str | None = None,
    broker_port: int | None = None,
    clock: Clock = time.time_ns,
    spool_bytes: int = MAX_BYTES,
    spool_age_s: float = MAX_AGE_S,
    folder: Path = Path(),
) -> Agent:
    """Return an agent with its drivers, not started. It keeps its own slice of the site alone.

    Parameters
    ----------
    clock
        UTC nanoseconds. A replay hands in the recording's own.
    folder
        Of the site file: from there the agent's key is read.

    Raises
    ------
    UnknownAgentError
        The site file has no such agent.
    SiteFileError
        A driver's table is wrong, or the agent's key is missing.
    SensorError
        A driver cannot work on this machine.
    SpoolInUseError
        This agent runs already.
    """
    agents = [agent.id for agent in site.agent]
    if agent_id not in agents:
        raise UnknownAgentError(
            f'the site file has no [[agent]] "{agent_id}"{did_you_mean(agent_id, agents)}'
        )
    known = site.slice_for(agent_id)
    broker = _broker(known, broker_host, broker_port)
    key = read_key(known, agent_id, broker.host, folder)
    context = Context(site=known, agent=agent_id, broker=broker, clock=clock, state_dir=state_dir)
    sources = [sensor.open(context) for sensor in catalogue.build(known, agent_id)]
    spool = Spool(
        state_dir / f"spool-{agent_id}.sqlite3",
        clock,
        max_bytes=spool_bytes,
        max_age_s=spool_age_s,
    )
    link = Link(broker, known.id, agent_id, key)
    real = clock is time.time_ns
    return Agent(known, agent_id, spool, link, sources, clock, clock_is_real=real)


def start_agent(
    site: Site,
    agent_id: str,
    *,
    state_dir: Path,
    broker_host: str | None = None,
    broker_port: int | None = None,
    clock: Clock = time.time_ns,
) -> Agent:
    """Return an agent at work. Raises what `build_agent` does; end it with `stop()`."""
    agent = build_agent(
        site,
        agent_id,
        state_dir=state_dir,
        broker_host=broker_host,
        broker_port=broker_port,
        clock=clock,
    )
    agent.start()
    return agent


def _broker(site: Site, host: str | None, port: int | None) -> Broker:
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return (site.broker or Broker()).model_copy(update=given)
