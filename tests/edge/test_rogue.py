"""A client on the broker in the gateway's name: it empties no spool and moves no device."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from contract.ack import Ack
from contract.batch import Batch
from contract.command import Command
from contract.errors import KeyFileError
from contract.instants import ns
from contract.message import Message
from contract.signing import Seal
from contract.site import Broker as Table
from contract.topics import topic
from edge.agent import Agent
from edge.answers import Answers
from edge.runtime import build_agent
from edge.sensor import Emit, Refuse, Source
from tests.edge.agents import running_with, site
from tests.edge.samples import T0_NS, ack, imu
from tests.support.brokers import Broker, wait_until
from tests.support.gatewaypeer import AGENT, SITE, Peer, peer

KEY = bytes(range(32))
ACKS, COMMANDS, BATCHES = (topic(SITE, AGENT, stream) for stream in ("ack", "cmd", "batch"))


class Belt(Source):
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def start(self, emit: Emit, refuse: Refuse) -> None: ...

    def stop(self) -> None: ...

    def command(self, command: Command) -> bool:
        self.asked.append(command.id)
        return True


@dataclass
class Line:
    """An agent that wants signatures, and a client that may publish anything to it."""

    agent: Agent
    belt: Belt
    client: Peer

    def session(self) -> str:
        """Return the agent's run, as anybody on the broker can read it."""
        wait_until(lambda: bool(self.client.on(BATCHES)), "a batch")
        seal = Seal(KEY, SITE, AGENT, "batch")
        body = seal.body_of(self.client.on(BATCHES)[-1])
        assert body is not None, "it is signed"
        session = Batch.model_validate_json(body).session
        assert session is not None
        return session

    def signed(self, message: Message, stream: str) -> bytes:
        body = message.model_dump_json(exclude_none=True).encode()
        return Seal(KEY, SITE, AGENT, stream).sign(body)

    def answer(self, session: str | None, number: int, *runs: tuple[int, int]) -> bytes:
        """Return what the real gateway says."""
        named = {"session": session, "run": "ee", "number": number}
        return self.signed(ack(*runs).model_copy(update=named), "ack")

    def disbelieved(self, count: int) -> None:
        wait_until(lambda: self.agent._link.disbelieved >= count, f"{count} not believed")


@contextmanager
def line(broker: Broker, state: Path, clock: Callable[[], int] = lambda: T0_NS) -> Iterator[Line]:
    belt = Belt()
    with (
        peer(broker, BATCHES) as client,
        running_with(broker, state, (belt,), clock=clock, key=KEY) as agent,
    ):
        wait_until(lambda: agent._link.is_listening, "the agent to listen")
        yield Line(agent, belt, client)


def unsigned(at: Line) -> bytes:
    named = {"session": at.session(), "run": "ee", "number": 1}
    return ack((0, 9)).model_copy(update=named).model_dump_json().encode()


def of_another_key(at: Line) -> bytes:
    return Seal(bytes(32), SITE, AGENT, "ack").sign(unsigned(at))


def of_another_stream(at: Line) -> bytes:
    return Seal(KEY, SITE, AGENT, "cmd").sign(unsigned(at))


def of_another_agent(at: Line) -> bytes:
    return Seal(KEY, SITE, "edge-2", "ack").sign(unsigned(at))


def its_own_batch(at: Line) -> bytes:
    at.session()
    return at.client.on(BATCHES)[0]


def of_yesterdays_run(at: Line) -> bytes:
    return at.answer("0badcafe", 1, (0, 9))


def without_a_run(at: Line) -> bytes:
    return at.signed(ack((0, 9)), "ack")


@pytest.mark.parametrize(
    "forged",
    [
        unsigned, of_another_key, of_another_stream, of_another_agent, its_own_batch,
        of_yesterdays_run, without_a_run,
    ],
)  # fmt: skip
def test_a_forged_or_old_acknowledgement_empties_no_spool(
    broker: Broker, tmp_path: Path, forged: Callable[[Line], bytes]
) -> None:
    with line(broker, tmp_path) as at:
        at.agent.offer(imu(0))
        at.client.publish(ACKS, forged(at))
        at.disbelieved(1)
        wait_until(lambda: at.agent.pending() == 1, "the block to be spooled, and to stay")
        at.client.publish(ACKS, at.answer(at.session(), 1, (0, 0)))
        wait_until(lambda: at.agent.pending() == 0, "the gateway's own to be believed")


def test_a_copy_of_an_acknowledgement_does_nothing(broker: Broker, tmp_path: Path) -> None:
    """A device that counts from 0 again sends a block of the same name."""
    with line(broker, tmp_path) as at:
        at.agent.offer(imu(0))
        said = at.answer(at.session(), 7, (0, 0))
        at.client.publish(ACKS, said)
        wait_until(lambda: at.agent.pending() == 0, "it to be believed")
        at.agent.offer(imu(0))
        wait_until(lambda: at.agent.pending() == 1, "the next block")
        at.client.publish(ACKS, said)
        at.disbelieved(1)
        wait_until(lambda: at.agent.pending() == 1, "the block to be spooled, and to stay")


def test_a_command_of_yesterday_does_nothing_today(broker: Broker, tmp_path: Path) -> None:
    now = [T0_NS]
    ask = Command(id="a", device="belt-01", command="ask-all-right", expires_ns=T0_NS + ns(60))
    late = ask.model_copy(update={"id": "b"})
    with line(broker, tmp_path, lambda: now[0]) as at:
        taped = at.signed(ask, "cmd")
        at.client.publish(COMMANDS, ask.model_dump_json().encode())
        at.disbelieved(1)
        at.client.publish(COMMANDS, taped)
        wait_until(lambda: at.belt.asked == ["a"], "the gateway's own")
        at.client.publish(COMMANDS, taped)
    with line(broker, tmp_path, lambda: now[0]) as at:  # the process before asked it
        at.client.publish(COMMANDS, taped)
        now[0] += ns(86_400)
        at.client.publish(COMMANDS, at.signed(late, "cmd"))
        now[0] -= ns(86_400 * 2)  # and a clock that was set back makes it no younger
        at.client.publish(COMMANDS, taped)
        fresh = ask.model_copy(update={"id": "c", "expires_ns": now[0] + ns(60)})
        at.client.publish(COMMANDS, at.signed(fresh, "cmd"))
        wait_until(lambda: "c" in at.belt.asked, "a new one")
        assert "a" not in at.belt.asked


def test_an_agent_says_that_the_gateway_has_another_key_or_that_somebody_has_its_name(
    broker: Broker, tmp_path: Path
) -> None:
    with capture_logs() as logged, line(broker, tmp_path) as at:
        at.client.publish(ACKS, Seal(bytes(32), SITE, AGENT, "ack").sign(b"{}"))
        at.disbelieved(1)
        at.client.publish(ACKS, at.signed(Ack(gateway="gateway", devices=()), "ack"))
        wait_until(lambda: "in our name" in json.dumps(logged), "a word of the second")
        assert at.agent.status().disbelieved == 1
    assert "another key" in json.dumps(logged)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 20)), max_size=40))
def test_no_acknowledgement_is_believed_twice(said: list[tuple[str, int]]) -> None:
    answers = Answers("aa", strict=True)
    believed = [
        (run, number)
        for run, number in said
        if answers.judge(Ack(gateway="g", devices=(), session="aa", run=run, number=number))
        == "new"
    ]
    assert len(set(believed)) == len(believed)
    for name in ("a", "b"):
        numbers = [number for run, number in believed if run == name]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("mode", "told"), [(None, "cannot be read: No such file"), (0o644, "can be read by others")]
)
def test_an_agent_without_its_key_does_not_start(
    tmp_path: Path, mode: int | None, told: str
) -> None:
    known = site().model_copy(update={"broker": Table(trust="keys")})
    if mode is not None:
        (tmp_path / "keys").mkdir()
        (tmp_path / "keys" / "edge-1.key").write_text(KEY.hex())
        (tmp_path / "keys" / "edge-1.key").chmod(mode)
    with pytest.raises(KeyFileError, match=f'"edge-1": its key keys/edge-1.key {told}'):
        build_agent(known, "edge-1", state_dir=tmp_path, folder=tmp_path)
