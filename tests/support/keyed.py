"""A site whose agents sign, and their keys beside its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from contract.site import Broker, Site


def key_of(agent: str) -> bytes:
    """Return the key that a test gives an agent."""
    return hashlib.sha256(agent.encode()).digest()


def make_keys(site: Site, folder: Path) -> None:
    """Write the agents' keys under `folder`, where the site file is."""
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    for agent in site.agent:
        path = folder / "keys" / f"{agent.id}.key"
        path.touch(mode=0o600)
        path.write_text(key_of(agent.id).hex(), "ascii")


def keyed(site: Site, folder: Path) -> tuple[Site, dict[str, bytes]]:
    """Return the site as one that believes only signatures, with keys made under `folder`."""
    make_keys(site, folder)
    keys = {agent.id: key_of(agent.id) for agent in site.agent}
    return site.model_copy(update={"broker": Broker(trust="keys")}), keys
