from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from contract.site import Broker as Table
from edge.connection import Connection, Received, Will
from tests.support.brokers import Broker, free_port, start_broker, wait_until
from tests.support.gatewaypeer import peer


def connect(broker: Broker, on_message: Callable[[Received], None]) -> Connection:
    table = Table(host=broker.host, port=broker.port)
    connection = Connection(table, "edge-test", ("down",), on_message=on_message)
    connection.start()
    wait_until(lambda: connection.is_listening, "the connection")
    return connection


def test_a_callback_that_raises_costs_nothing_but_its_message(broker: Broker) -> None:
    heard: list[bytes] = []

    def receive(message: Received) -> None:
        heard.append(message.payload)
        if message.payload == b"poison":
            raise ValueError("poison")

    connection = connect(broker, receive)
    with peer(broker) as other:
        other.publish("down", b"poison")
        other.publish("down", b"good")
        wait_until(lambda: heard == [b"poison", b"good"], "the message after it")
    assert connection.check()
    connection.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_network_thread_that_died_is_replaced(broker: Broker) -> None:
    heard: list[bytes] = []

    def receive(message: Received) -> None:
        heard.append(message.payload)
        if heard == [b"deadly"]:  # once: the broker sends it again, as it was not confirmed
            raise SystemExit  # no Exception: it passes every guard, and ends the thread silently

    connection = connect(broker, receive)
    with peer(broker, "up") as other:
        other.publish("down", b"deadly")
        wait_until(lambda: not connection._thread_lives(), "the thread to die")
        assert connection.is_up, "paho does not notice, which is why somebody has to look"
        assert not connection.check()
        wait_until(lambda: connection.is_listening, "another connection")
        assert connection.check()
        assert connection.publish("up", b"alive")
        wait_until(lambda: other.on("up"), "a message by the new thread")
        other.publish("down", b"good")
        wait_until(lambda: b"good" in heard, "a message to the new thread")
    connection.stop()


def test_nothing_is_taken_while_there_is_no_broker() -> None:
    nobody = Table(port=free_port())
    connection = Connection(nobody, "edge-test", (), on_message=lambda _: None)
    assert not connection.publish("up", b"")
    connection.start()
    assert not connection.publish("up", b"")
    connection.stop(Will("up", b"goodbye"))
    assert not [t for t in threading.enumerate() if t.name == "paho-mqtt-client-edge-test"]


def test_it_comes_back_after_the_broker_did(broker: Broker) -> None:
    heard: list[bytes] = []
    connection = connect(broker, lambda message: heard.append(message.payload))
    broker.restart()
    wait_until(lambda: connection.is_listening, "the connection again")
    with peer(broker) as other:
        other.publish("down", b"again")
        wait_until(lambda: b"again" in heard, "a message")
    connection.stop()


@pytest.mark.mosquitto
def test_a_wrong_password_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = start_broker("mosquitto", tmp_path)
    broker.stop()
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "edge-1", "right"], check=True)
    config = Path(broker.command[-1])
    secured = config.read_text().replace("allow_anonymous true", "allow_anonymous false")
    config.write_text(f"{secured}\npassword_file {passwords}\n")
    with broker.log.open("ab") as log:
        broker._process = subprocess.Popen(broker.command, stdout=log, stderr=log)
    monkeypatch.setenv("FLOORWATCH_MQTT_PASSWORD", "wrong")
    table = Table(host=broker.host, port=broker.port, username="edge-1")
    with capture_logs() as logs:
        connection = Connection(table, "edge-test", ("down",), on_message=lambda _: None)
        connection.start()
        wait_until(lambda: any("refused us" in entry["event"] for entry in logs), "the refusal")
        assert not connection.is_up
        assert connection.check(), "it goes on trying"
        connection.stop()
    monkeypatch.setenv("FLOORWATCH_MQTT_PASSWORD", "right")
    connection = connect_as(table)
    connection.stop()
    broker.stop()


def connect_as(table: Table) -> Connection:
    connection = Connection(table, "edge-test", ("down",), on_message=lambda _: None)
    connection.start()
    wait_until(lambda: connection.is_listening, "the connection")
    return connection


def test_two_clients_of_one_id_do_not_fight(broker: Broker) -> None:
    """Each takes the other's place at the broker: they say so, and give way, longer each time."""
    table = Table(host=broker.host, port=broker.port)
    taken: list[int] = []
    with capture_logs() as logs:
        both = [
            Connection(
                table, "edge-twin", (), on_message=lambda _: None,
                on_connected=lambda: taken.append(1),
            )
            for _ in range(2)
        ]  # fmt: skip
        for each in both:
            each.start()
        wait_until(
            lambda: any("again and again" in entry["event"] for entry in logs), "it to be said"
        )
        said = len(taken)
        for each in both:
            each.stop()
    assert said <= 10, "three times each, before that is no accident"
