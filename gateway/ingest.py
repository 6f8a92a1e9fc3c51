"""What the gateway makes of a message, without doing it: bytes in, effects out.

Neither a broker nor a disk nor a backend need exist. `gateway.worker` carries the effects out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from pydantic import ValidationError

from contract import batch, topics
from contract.batch import MAX_PAYLOAD_BYTES, Cause, Refused, explain
from contract.dating import moved
from contract.errors import UnknownTopicError
from contract.instants import ns
from contract.message import Block
from contract.moment import span
from contract.refusal import RefusedBlock
from contract.report import SPEAKER, Bound
from contract.site import Site
from contract.tick import Tick
from detectors.outcome import Outcome
from detectors.seqwindow import SeqWindow, Verdict
from gateway.binding import Bindings, wrong_order
from gateway.effects import (
    Effects,
    Identity,
    Reason,
    Record,
    RefuseBlock,
    Reject,
    SetAside,
    Stands,
)
from gateway.inbox import Road
from gateway.keyring import Doubt, Keyring, OpenedMessage
from gateway.runs import Runs
from gateway.standing import key_of

LAST_NS = ns(7_258_118_400)
"""The year 2200. No clock says more: what does is taken as of its arrival. What is less is taken as
it is, however far ahead of ours: whose clock is wrong nobody can tell, and a box without a battery
starts in 1970. Agents have judged the clocks of their devices."""
AHEAD_NS = ns(300)
"""From here on somebody is told that two clocks disagree."""
LATE_NS = ns(60)
"""From here on a block is marked late: it was spooled while the site was cut off."""
MAX_BOOTS = 8
"""Windows kept for one device and kind: a device that restarts all the time costs no more."""
UNKNOWN = "unknown"
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_REASONS = {
    Cause.NOT_JSON: Reason.NOT_JSON,
    Cause.UNKNOWN_MESSAGE: Reason.UNKNOWN_MESSAGE,
    Cause.INVALID: Reason.INVALID,
}


class Detects(Protocol):
    """What the ingest needs of `detectors.pipeline.Pipeline`."""

    def feed(
        self,
        block: Block,
        *,
        late: bool = False,
        again: bool = False,
        author: str = "",
        heard_ns: int | None = None,
        signed: bool | None = None,
    ) -> Outcome:
        """Take one block of an agent; `again` if its traces in lasting states were resumed."""
        ...

    def tick(self, at_ns: int, *, heard_ns: int | None = None) -> Outcome:
        """Take the passing of time."""
        ...


class Ingest:
    """The gateway's judgement: what to record, forward, acknowledge and refuse.

    `receive` never raises for what a device sent. A block counts as durable only once `durable`
    said so, so a commit that failed leads to no acknowledgement, not even of a later copy.

    Parameters
    ----------
    keyring
        Tells who speaks. Without one, whoever the broker lets in as an agent of the site.
    played
        It is a recording of a site that is played back: orders of its backend are among it.
    on_disk
        Whether a block was recorded, for those too old to be remembered here.
    """

    def __init__(
        self,
        site: Site,
        pipeline: Detects,
        *,
        keyring: Keyring | None = None,
        wire_ticks: bool = False,
        played: bool = False,
        note: Callable[[Block], None] = lambda block: None,
        on_disk: Callable[[Identity], bool] = lambda identity: False,
    ) -> None:
        self._site = site
        self._keyring = keyring or Keyring(site)
        self._bindings = Bindings(site)
        self._runs = Runs()
        self._note = note
        self._on_disk = on_disk
        self._pipeline = pipeline
        self._wire_ticks = wire_ticks
        self._played = played
        self._windows: dict[tuple[str, str, str], dict[int, SeqWindow]] = {}

    def bound(self, bindings: Iterable[Bound]) -> None:
        """Take up which devices were bound to the agent that spoke for them first."""
        self._bindings.restore(bindings)

    def durable(self, identities: Iterable[Identity]) -> None:
        """Note what is on the disk: later copies are duplicates."""
        for identity in identities:
            key = (identity.agent, identity.device, identity.block)
            boots = self._windows.setdefault(key, {})
            window = boots.get(identity.boot)
            if window is None:
                window = boots[identity.boot] = SeqWindow()
                if len(boots) > MAX_BOOTS:
                    del boots[next(iter(boots))]
            window.add(identity.seq)

    def tick(self, at_ns: int, heard_ns: int | None = None) -> Effects:
        """Tell the detectors that time has passed.

        `heard_ns` is this gateway's clock, where another one says what time it is.
        """
        effects = Effects()
        heard_ns = at_ns if heard_ns is None else heard_ns
        try:
            outcome = self._pipeline.tick(at_ns, heard_ns=heard_ns)
            self._take(effects, outcome, b"", UNKNOWN, at_ns)
        except Exception as error:
            _set_aside(effects, UNKNOWN, error, b"", at_ns)
        return effects

    def receive(
        self, topic: str, payload: bytes, arrived_ns: int, road: Road = Road.BROKER
    ) -> Effects:
        """Say what to do about one publish, or about what the backend answered."""
        effects = Effects()
        try:
            address = topics.parse(topic)
        except UnknownTopicError as error:
            self._reject(effects, Reason.TOPIC, None, topic, str(error))
            return effects
        if address.site != self._site.id:
            told = f"the topic is of site {address.site!r}, this is {self._site.id!r}"
            self._reject(effects, Reason.TOPIC, None, topic, told)
        elif len(payload) > MAX_PAYLOAD_BYTES:
            told = f"{len(payload)} bytes in one publish; at most {MAX_PAYLOAD_BYTES} are read"
            self._reject(effects, Reason.TOO_LARGE, None, topic, told)
        elif address.stream not in topics.UPWARD and not self._is_time(address):
            told = f"stream {address.stream!r} carries no blocks"
            self._reject(effects, Reason.STREAM, None, topic, told)
        elif road is Road.BACKEND:
            self._receive_blocks(
                effects, topic, address, OpenedMessage(payload, True), arrived_ns, road
            )
        else:
            self._open(effects, topic, address, payload, arrived_ns)
        return effects

    def _is_time(self, address: topics.Topic) -> bool:
        return self._wire_ticks and address.stream == Tick.stream

    def _open(
        self, effects: Effects, topic: str, address: topics.Topic, payload: bytes, arrived_ns: int
    ) -> None:
        if self._played and address.agent == SPEAKER:
            played = OpenedMessage(payload, signed=False)
            self._receive_blocks(effects, topic, address, played, arrived_ns, Road.BACKEND)
            return
        opened = self._keyring.open(address, payload)
        if isinstance(opened, Doubt):
            self._reject(effects, opened.reason, None, topic, opened.told)
            if opened.reason is not Reason.UNKNOWN_AGENT:
                effects.doubted.add(address.agent)
        elif self._is_time(address):
            self._receive_tick(effects, topic, opened.body, arrived_ns)
        else:
            self._receive_blocks(effects, topic, address, opened, arrived_ns, Road.BROKER)

    def _receive_tick(self, effects: Effects, topic: str, payload: bytes, arrived_ns: int) -> None:
        try:
            tick = Tick.model_validate_json(payload)
        except ValidationError as error:
            self._reject(effects, Reason.INVALID, None, topic, explain(error))
        else:
            effects.add(self.tick(tick.at_ns, arrived_ns))

    def _receive_blocks(
        self,
        effects: Effects,
        topic: str,
        address: topics.Topic,
        opened: OpenedMessage,
        arrived_ns: int,
        road: Road,
    ) -> None:
        whole, blocks, refused = batch.read(opened.body)
        if whole is not None and whole.agent != address.agent:
            # Nobody is told: who sent this is in doubt, and a refusal empties somebody's spool.
            told = f"the topic is agent {address.agent!r}'s, the batch is {whole.agent!r}'s"
            self._reject(effects, Reason.AGENT, None, topic, told)
            return
        session = whole.session if whole is not None else None
        if self._runs.note(address.agent, session):
            effects.twins.add(address.agent)
        for part in refused:
            self._refuse_unread(effects, topic, address.agent, session, part)
        for block in blocks:
            identity = Identity(
                address.agent, block.message, block.device, block.boot, block.seq, session
            )
            wrong = self._wrong(address, block, road)
            self._receive_block(effects, topic, block, identity, wrong, arrived_ns, opened.signed)

    def _receive_block(
        self,
        effects: Effects,
        topic: str,
        block: Block,
        identity: Identity,
        wrong: tuple[Reason, str] | None,
        arrived_ns: int,
        signed: bool,
    ) -> None:
        if wrong is not None:
            reason, told = wrong
            self._reject(effects, reason, block.device, topic, told)
            effects.refused.append(RefuseBlock(identity, told))
            return
        if self._is_durable(identity):
            effects.duplicates += 1
            effects.known.append(identity)
            return
        block = self._dated(effects, block, topic, arrived_ns)
        end_ns = block.end_ns
        late = arrived_ns - end_ns > LATE_NS
        payload = block.__pydantic_serializer__.to_json(block, exclude_none=True)
        effects.unknown_fields.update(block.unknown_fields())
        record = Record(identity, block.t0_ns, end_ns, arrived_ns, late, payload, signed)
        bound = self._bindings.bind(block.device, identity.agent)
        if bound is not None:
            effects.bound.append(bound)
        effects.records.append(record)
        if isinstance(block, RefusedBlock):
            effects.misheard.append(block)
        key = key_of(block)
        if key is not None:
            effects.stands.append(Stands(key, block.t0_ns, record))
        effects.late += late
        if end_ns - arrived_ns > AHEAD_NS:
            effects.ahead[identity.agent] = end_ns - arrived_ns
        try:
            outcome = self._pipeline.feed(
                block, late=late, author=identity.agent, heard_ns=arrived_ns, signed=signed
            )
            self._note(block)
            self._take(effects, outcome, payload, block.device, arrived_ns)
        except Exception as error:
            # Whatever a detector does, the block is recorded and the next one is looked at.
            _set_aside(effects, block.device, error, payload, arrived_ns)

    def _wrong(self, address: topics.Topic, block: Block, road: Road) -> tuple[Reason, str] | None:
        if road is Road.BACKEND:
            wrong = wrong_order(self._site, block)
        else:
            wrong = self._bindings.wrong(address.agent, block)
        if wrong is not None:
            return wrong
        if address.stream not in ("batch", block.stream):
            told = f"{block.message} of {block.device!r} on stream {address.stream!r}"
            return Reason.STREAM, f"{told}; it belongs on {block.stream!r} or in a batch"
        return None

    def _dated(self, effects: Effects, block: Block, topic: str, arrived_ns: int) -> Block:
        """Return a block at a time that some clock can say."""
        if max(block.t0_ns, block.end_ns) <= LAST_NS:
            return block
        told = f"its clock is {span(block.end_ns - arrived_ns)}: the time of arrival is taken"
        self._reject(effects, Reason.FUTURE, block.device, topic, told)
        return moved(block, arrived_ns - block.end_ns)

    def _is_durable(self, identity: Identity) -> bool:
        boots = self._windows.get((identity.agent, identity.device, identity.block))
        window = boots.get(identity.boot) if boots else None
        if window is not None and (identity.seq > window.top or identity.seq in window):
            return identity.seq in window
        return self._on_disk(identity)

    def _take(
        self, effects: Effects, outcome: Outcome, payload: bytes, device: str, at_ns: int
    ) -> None:
        effects.detections += outcome.detections
        effects.duplicates += outcome.verdict is Verdict.DUPLICATE
        for fault in outcome.faults:
            effects.faults += 1
            told = f"detector {fault.detector!r} failed on {fault.subject!r}: {fault.reason}"
            effects.set_aside.append(SetAside(device, told[:500], payload, at_ns))

    def _refuse_unread(
        self, effects: Effects, topic: str, agent: str, session: str | None, part: Refused
    ) -> None:
        reason = Reason.LEFT_OUT if part.partly else _REASONS[part.cause]
        self._reject(effects, reason, part.device, topic, part.reason)
        identity = None if part.partly else _identity(agent, session, part)
        if identity is not None:
            effects.refused.append(RefuseBlock(identity, part.reason))

    def _reject(
        self, effects: Effects, reason: Reason, device: str | None, topic: str, told: str
    ) -> None:
        label = device if device in self._site.devices else UNKNOWN
        effects.rejects.append(Reject(reason, label or UNKNOWN, device, topic[:200], told[:500]))


def _set_aside(effects: Effects, device: str, error: Exception, payload: bytes, at_ns: int) -> None:
    effects.faults += 1
    told = f"the pipeline failed: {type(error).__name__}: {error}"
    effects.set_aside.append(SetAside(device, told[:500], payload, at_ns))


def _identity(agent: str, session: str | None, part: Refused) -> Identity | None:
    """Return which block was unreadable, if the agent can be told so that it knows it again."""
    if part.block is None or part.device is None or part.boot is None or part.seq is None:
        return None
    if not _IDENTIFIER.fullmatch(part.device):
        return None
    return Identity(agent, part.block, part.device, part.boot, part.seq, session)
