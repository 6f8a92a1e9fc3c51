"""The devices on a real broker: what they publish, how they answer, how they stop."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from contract.batch import parse_block
from contract.command import Command
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, ns
from contract.reads import ReadsBlock
from contract.site import Site
from simulators.__main__ import main
from simulators.devices import Devices
from simulators.plaindevice import plain_payload
from simulators.scenario import Fall, Scenario
from tests.support.brokers import Broker, wait_until
from tests.support.needs import ROOT

pytestmark = pytest.mark.slow

SITE_FILE = ROOT / "site.toml"


class Listener:
    """Hears all that crosses a broker, and may say something itself."""

    def __init__(self, broker: Broker) -> None:
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.log: list[tuple[str, bytes]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener")
        self._client.on_message = lambda _c, _u, m: self.heard.put((m.topic, bytes(m.payload)))
        self._subscribed = False
        self._client.on_subscribe = lambda *_: setattr(self, "_subscribed", True)
        self._client.connect(broker.host, broker.port)
        self._client.subscribe("devices/#", qos=1)
        self._client.loop_start()
        wait_until(lambda: self._subscribed, "the subscription")

    def all(self) -> list[tuple[str, bytes]]:
        """Return everything heard so far."""
        while not self.heard.empty():
            self.log.append(self.heard.get())
        return self.log

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def listening(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker)
    try:
        yield listener
    finally:
        listener.close()


def ask(device: str, id: str = "ask-1", command: str = "ask-all-right") -> bytes:
    expires_ns = time.time_ns() + ns(60)
    asked = {"id": id, "device": device, "command": command, "expires_ns": expires_ns}
    return Command.model_validate(asked).model_dump_json().encode()


class FastClock:
    """Real time, ten times as fast, so that a test need not wait for people."""

    def __init__(self) -> None:
        self._began_ns = time.time_ns()

    def __call__(self) -> int:
        now_ns = time.time_ns()
        return self._began_ns + 10 * (now_ns - self._began_ns)


def test_devices_publish_what_an_agent_reads(site: Site, broker: Broker) -> None:
    with listening(broker) as listener:
        devices = Devices(site, Scenario(), broker.host, broker.port, FastClock())
        devices.start()
        try:
            wait_until(lambda: len({t for t, _ in listener.all()}) >= 14, "all devices")
        finally:
            devices.stop()
        kinds = set()
        for topic, payload in listener.all():
            _, device, stream = topic.split("/")
            if device in ("belt-04", "belt-08", "belt-12"):
                plain = json.loads(payload)
                assert len(plain["x"]) == len(plain["y"]) == len(plain["z"]) == 50
                kinds.add("plain")
                continue
            block = parse_block(payload)
            assert (block.device, block.stream) == (device, stream)
            kinds.add(block.message)
        assert kinds == {"imu/1", "reads/1", "plain"}


def test_who_is_well_answers_and_who_is_not_does_not(site: Site, broker: Broker) -> None:
    scenario = Scenario(
        [
            Fall("a-lind", 3.0, down_s=300.0, answers=False),
            Fall("j-berg", 3.0, after="lie_moving", down_s=300.0, answers=True),
        ]
    )

    def answers(listener: Listener) -> list[EventBlock]:
        events = [parse_block(payload) for topic, payload in listener.all() if "/event" in topic]
        return [event for event in events if isinstance(event, EventBlock)]

    with listening(broker) as listener:
        devices = Devices(site, scenario, broker.host, broker.port, FastClock())
        devices.start()
        try:
            wait_until(lambda: len(devices.hall.truth) == 2 and listener.all(), "both to fall")
            began_ns = devices.hall.start_ns
            late_ns = began_ns + ns(6)

            def six_seconds_in() -> bool:
                blocks = [p for t, p in listener.all() if t == "devices/belt-01/imu"]
                return bool(blocks) and parse_block(blocks[-1]).end_ns > late_ns

            wait_until(six_seconds_in, "the falls to be over")
            for device in ("belt-01", "belt-02", "belt-03"):
                for _copy in range(2):
                    listener.say(f"devices/{device}/cmd", long_lived(ask(device, f"ask-{device}")))
            listener.say("devices/reader-north/cmd", long_lived(ask("reader-north")))
            listener.say("devices/belt-05/cmd", b"not a command")
            listener.say("devices/belt-06/cmd", long_lived(ask("belt-06", "ask-6")))
            listener.say("devices/belt-06/cmd", long_lived(ask("belt-06", "s", "stop-asking")))
            wait_until(lambda: len(answers(listener)) >= 2, "the answers")
            asked_ns = max(event.t0_ns for event in answers(listener))
            # Well past the time in which anybody else would have answered.
            wait_until(lambda: devices_time(listener) > asked_ns + ns(10), "ten seconds more")
        finally:
            devices.stop()
        assert sorted((e.device, e.event) for e in answers(listener)) == [
            ("belt-02", "all-right"),
            ("belt-03", "all-right"),
        ]


def long_lived(command: bytes) -> bytes:
    """Return a command that does not expire while the test's clock runs ahead."""
    raw = json.loads(command)
    raw["expires_ns"] += ns(3600)
    return json.dumps(raw).encode()


def devices_time(listener: Listener) -> int:
    blocks = [p for t, p in listener.all() if t == "devices/reader-north/reads"]
    return max(parse_block(payload).end_ns for payload in blocks[-4:])


def test_a_broker_that_comes_late_gets_everything(site: Site, tmp_path: Path) -> None:
    from tests.support.brokers import start_broker

    broker = start_broker("nats", tmp_path)
    broker.stop()
    devices = Devices(site, Scenario(), broker.host, broker.port, FastClock())
    devices.start()
    try:
        time_to_miss_ns = devices.hall.start_ns + ns(5)
        clock = devices._clock
        wait_until(lambda: clock() > time_to_miss_ns, "five seconds without a broker")
        broker.start()
        with listening(broker) as listener:
            wait_until(
                lambda: any(
                    isinstance(block := parse_block(payload), ImuBlock) and block.seq >= 8
                    for topic, payload in listener.all()
                    if topic == "devices/belt-01/imu"
                ),
                "the devices to connect",
            )
    finally:
        devices.stop()
        broker.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_tells_the_truth_and_stops_cleanly(
    broker: Broker, number: signal.Signals
) -> None:
    command = [
        sys.executable, "-m", "simulators", str(SITE_FILE), "--broker-host", broker.host,
        "--broker-port", str(broker.port), "--seed", "3",
    ]  # fmt: skip
    with (
        listening(broker) as listener,
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process,
    ):
        try:
            wait_until(lambda: any("/reads" in topic for topic, _ in listener.all()), "reads")
            blocks = [parse_block(p) for t, p in listener.all() if t.endswith("/reads")]
            assert all(isinstance(block, ReadsBlock) for block in blocks)
            assert abs(blocks[-1].end_ns - time.time_ns()) < 5 * NS_PER_S
        finally:
            process.send_signal(number)
            _, said = process.communicate(timeout=15)
    assert process.returncode == 0, said
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines[0]["event"] == "devices begin"
    assert lines[-1]["event"] == "devices end"
    assert {line["level"] for line in lines} == {"info"}


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    yield
    # `main` has pointed structlog at this test's stderr, which is closed after it.
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_before")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param('[site]\nid = "x"\n[[zonne]]\nid = "y"\n', "zonne", id="a misspelt table"),
        pytest.param('[site]\nid = "x"\n', "accelerometer", id="nobody who could fall"),
        pytest.param(None, "cannot read", id="no file"),
    ],
)
def test_a_site_that_cannot_be_simulated_ends_it_with_a_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    says: str,
) -> None:
    path = tmp_path / "site.toml"
    if content is not None:
        path.write_text(content)
    assert main([str(path)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.strip().splitlines()) == 1


def test_a_plain_device_says_the_time_only_when_it_is_late() -> None:
    block = ImuBlock(
        device="b",
        seq=0,
        t0_ns=5 * NS_PER_S,
        odr_hz=50,
        accel_i16=b"\x00\x08" * 3,
        scale_g=1 / 2048,
    )
    plain = {"odr_hz": 50.0, "x": [1.0], "y": [1.0], "z": [1.0]}
    assert json.loads(plain_payload(block)) == plain
    assert json.loads(plain_payload(block, stamped=True)) == {**plain, "t_ns": 5 * NS_PER_S}
