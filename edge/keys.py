"""An agent's key, from its file: what it signs with, and knows its gateway by."""

from __future__ import annotations

from pathlib import Path

from contract.errors import KeyFileError
from contract.signing import key_from
from contract.site import Site


def read_key(site: Site, agent: str, broker_host: str, folder: Path) -> bytes | None:
    """Return the agent's key; None where the site trusts its broker and names no key.

    Parameters
    ----------
    folder
        Of the site file: from there the key's path is read.

    Raises
    ------
    KeyFileError
        When there is no such file, others could read it, or it holds no key.
    """
    named = site.key_file(agent, broker_host)
    if named is None:
        return None
    told = f'[[agent]] "{agent}": its key {named}'
    try:
        path = folder / named
        return key_from(path.read_text(encoding="ascii"), path.stat().st_mode, told)
    except OSError as error:
        raise KeyFileError(
            f"{told} cannot be read: {error.strerror}; `floorwatch keys make` makes it, or "
            'say trust = "broker" in [broker]'
        ) from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{told} holds no key, it is no text") from None
