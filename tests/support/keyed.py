"""A site whose agents sign, and their keys beside its file."""

from __future__ import annotations

from pathlib import Path

from contract.site import Broker, Site


def keyed(site: Site, folder: Path) -> tuple[Site, dict[str, bytes]]:
    """Return the site as one that believes only signatures, with keys made under `folder`."""
    keys: dict[str, bytes] = {}
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    for number, agent in enumerate(site.agent, start=1):
        keys[agent.id] = bytes([number]) * 32
        path = folder / "keys" / f"{agent.id}.key"
        path.touch(mode=0o600)
        path.write_text(keys[agent.id].hex(), "ascii")
    return site.model_copy(update={"broker": Broker(trust="keys")}), keys
