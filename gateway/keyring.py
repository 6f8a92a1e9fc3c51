"""The agents that are believed, and the keys that their word is checked with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from contract.errors import KeyFileError
from contract.signing import Seal, key_from, split
from contract.site import Site
from contract.suggestion import did_you_mean
from contract.topics import Topic
from gateway.effects import Reason


class Doubt(NamedTuple):
    """Why a publish is not believed. Nobody is answered: who sent it is not known."""

    reason: Reason
    told: str


class OpenedMessage(NamedTuple):
    """A publish that is believed, without its signature."""

    body: bytes
    signed: bool
    """With its agent's key. Else it is only the broker's word, which the site file accepts."""


class Keyring:
    """Opens what agents say, and seals what they are told.

    An agent without a key is one whom the site file lets speak unsigned.
    """

    def __init__(self, site: Site, keys: Mapping[str, bytes] | None = None) -> None:
        self._site = site.id
        self._agents = frozenset(agent.id for agent in site.agent)
        self._keys = dict(keys or {})
        self._seals: dict[tuple[str, str], Seal] = {}

    def open(self, address: Topic, payload: bytes) -> OpenedMessage | Doubt:
        """Return what an agent said, if it was that agent."""
        agent = address.agent
        if agent not in self._agents:
            told = f'there is no [[agent]] "{agent}"{did_you_mean(agent, self._agents)}'
            return Doubt(Reason.UNKNOWN_AGENT, f"{told}; whoever speaks as it is not believed")
        seal = self._seal(agent, address.stream)
        if seal is None:
            return OpenedMessage(split(payload)[0], signed=False)
        body = seal.body_of(payload)
        if body is not None:
            return OpenedMessage(body, signed=True)
        if split(payload)[1] is None:
            told = f"a message of agent {agent!r} is not signed, and its key says it must be"
            return Doubt(Reason.UNSIGNED, told)
        told = (
            f"a message of agent {agent!r} is signed with another key than {agent!r} has here: a "
            "wrong key file, a second agent of that id, or somebody else"
        )
        return Doubt(Reason.SIGNATURE, told)

    def sealed(self, agent: str, stream: str, body: bytes) -> bytes:
        """Return what an agent is told, signed so that it knows who says so."""
        seal = self._seal(agent, stream)
        return body if seal is None else seal.sign(body)

    def _seal(self, agent: str, stream: str) -> Seal | None:
        seal = self._seals.get((agent, stream))
        if seal is None and agent in self._keys:
            seal = self._seals[agent, stream] = Seal(self._keys[agent], self._site, agent, stream)
        return seal


def read_keys(site: Site, broker_host: str, folder: Path) -> Keyring:
    """Return the keys of a site's agents.

    Parameters
    ----------
    folder
        Of the site file: from there a key's path is read.

    Raises
    ------
    KeyFileError
        When one is missing, others could read it, it holds no key, or two agents share it.
    """
    keys: dict[str, bytes] = {}
    for agent in site.agent:
        named = site.key_file(agent.id, broker_host)
        if named is None:
            continue
        told = f'[[agent]] "{agent.id}": its key {named}'
        path = folder / named
        try:
            keys[agent.id] = key_from(path.read_text(encoding="ascii"), path.stat().st_mode, told)
        except OSError as error:
            raise KeyFileError(
                f"{told} cannot be read: {error.strerror}; `floorwatch keys make` makes it, or "
                'say trust = "broker" in [broker]'
            ) from None
        except UnicodeDecodeError:
            raise KeyFileError(f"{told} holds no key, it is no text") from None
    if len(set(keys.values())) < len(keys):
        raise KeyFileError("two [[agent]]s have the same key, so each could speak as the other")
    return Keyring(site, keys)
