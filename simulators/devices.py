"""The simulated devices, running: they publish on an agent's local broker, in real time.

Topics are `devices/{device}/{imu|reads|event}`, as the agent's `mqtt` driver reads them. Every
fourth accelerometer is a simple one that knows nothing of our messages and sends plain JSON.
"""

from __future__ import annotations

import heapq
import queue
import threading
from collections import deque

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import ValidationError

from contract.command import Command
from contract.imu import ImuBlock
from contract.instants import NS_PER_S, Clock, ns
from contract.message import Block
from contract.site import Site
from simulators.hall import Hall
from simulators.plaindevice import plain_payload
from simulators.scenario import Scenario
from simulators.wearer import Truth

log = structlog.get_logger(__name__)

SIMPLE_EVERY = 4
"""Every fourth accelerometer speaks plain JSON, so that both ways in are used."""
ANSWER_S = (3.0, 6.0)
"""How long somebody takes to notice the question and to press: first and last."""
QUEUED_AT_MOST = 5_000
"""Messages that wait while the broker is away; a real device has less memory."""
LONGEST_WAIT_S = 0.25
"""How soon a stop or a command is noticed."""


class Devices:
    """All devices of a site behind one MQTT connection.

    `start` returns at once and `stop` ends it cleanly; `run` does the same in the caller's thread.
    A broker that is away is waited for, and what is published meanwhile is sent when it is back.
    """

    def __init__(
        self, site: Site, scenario: Scenario, host: str, port: int, clock: Clock, seed: int = 0
    ) -> None:
        start_ns = clock()
        self.hall = Hall(site, scenario, seed, start_ns, boot=start_ns // NS_PER_S)
        self._site = site
        self._clock = clock
        self._address = (host, port)
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=f"devices-{site.id}-{start_ns // NS_PER_S}"
        )
        self._client.max_queued_messages_set(QUEUED_AT_MOST)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._received
        imus = [device.id for device in site.device if device.kind == "imu"]
        self._simple = frozenset(imus[SIMPLE_EVERY - 1 :: SIMPLE_EVERY])
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._asked: dict[str, int] = {}
        self._answers: list[tuple[int, str]] = []
        self._untold: deque[Truth] = deque()
        self._told = 0
        self._dropped = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._delay_s = ANSWER_S[0] + (seed % 7) / 6 * (ANSWER_S[1] - ANSWER_S[0])

    def start(self) -> None:
        """Begin to publish, in a thread of its own."""
        self._thread = threading.Thread(target=self._guarded, name="devices", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop publishing and hang up. May be called from a signal handler, and twice."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(10)

    def run(self) -> None:
        """Publish until `stop` is called."""
        self._client.connect_async(*self._address, keepalive=30)
        self._client.loop_start()
        log.info("devices begin", site=self._site.id, broker="{}:{}".format(*self._address))
        try:
            for due_ns, block in self.hall.timeline():
                self._tell_later()
                if not self._wait_until(due_ns):
                    break
                self._publish(block, late=self._clock() - due_ns > 2 * NS_PER_S)
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            log.info("devices end", dropped=self._dropped)

    def _guarded(self) -> None:
        try:
            self.run()
        except Exception:
            log.exception("the simulated devices have stopped")

    # --- the clock's side ---

    def _wait_until(self, due_ns: int) -> bool:
        """Wait for an instant, answering questions meanwhile; False when it is time to stop."""
        while not self._stop.is_set():
            self._attend()
            left_s = (due_ns - self._clock()) / NS_PER_S
            if left_s <= 0:
                return True
            self._stop.wait(min(left_s, LONGEST_WAIT_S))
        return False

    def _attend(self) -> None:
        now_ns = self._clock()
        while not self._commands.empty():
            self._obey(self._commands.get(), now_ns)
        while self._answers and self._answers[0][0] <= now_ns:
            _, device = heapq.heappop(self._answers)
            self._answer(device, now_ns)
        while self._untold and self._instant_ns(self._untold[0].at_s) <= now_ns:
            self._tell(self._untold.popleft())

    def _obey(self, command: Command, now_ns: int) -> None:
        if command.command == "stop-asking":
            kept = [answer for answer in self._answers if answer[1] != command.device]
            self._answers = sorted(kept)
            return
        if command.command == "warn":
            log.info("warned", device=command.device)
            return
        if command.id in self._asked or command.expires_ns <= now_ns:
            return
        self._asked = {id: until for id, until in self._asked.items() if until > now_ns}
        self._asked[command.id] = command.expires_ns
        log.info("asked: are you all right?", device=command.device)
        answer_ns = now_ns + ns(self._delay_s)
        heapq.heappush(self._answers, (answer_ns, command.device))

    def _answer(self, device: str, now_ns: int) -> None:
        if not self.hall.answers(device, now_ns):
            log.info("no answer", device=device)
            return
        log.info("answered: all right", device=device)
        self._publish(self.hall.press(device, "all-right", now_ns), late=False)

    # --- the truth, as it happens ---

    def _tell_later(self) -> None:
        fresh = self.hall.truth[self._told :]
        if fresh:
            self._told += len(fresh)
            self._untold = deque(sorted([*self._untold, *fresh], key=lambda truth: truth.at_s))

    def _tell(self, truth: Truth) -> None:
        said = {"wearer": truth.wearer}
        if truth.zone:
            said["zone"] = truth.zone
        log.info(
            "truth", kind=truth.kind, lasts_s=round(truth.end_s - truth.at_s, 1),
            answers=truth.answers, **said,
        )  # fmt: skip

    def _instant_ns(self, at_s: float) -> int:
        return self.hall.start_ns + ns(at_s)

    # --- the wire ---

    def _publish(self, block: Block, late: bool) -> None:
        if isinstance(block, ImuBlock) and block.device in self._simple:
            payload = plain_payload(block, stamped=late)
        else:
            payload = block.model_dump_json(exclude_none=True).encode()
        sent = self._client.publish(f"devices/{block.device}/{block.stream}", payload, qos=1)
        if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self._dropped += 1
            if self._dropped % 1000 == 1:
                log.warning("the broker is away and the queue is full", dropped=self._dropped)

    def _connected(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.warning("the broker refuses the devices", reason=str(reason))
            return
        client.subscribe("devices/+/cmd", qos=1)
        log.info("devices connected")

    def _disconnected(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if not self._stop.is_set():
            log.warning("devices disconnected", reason=str(reason))

    def _received(self, _client: mqtt.Client, _userdata: object, message: MQTTMessage) -> None:
        # Nothing may escape from here: it would end paho's thread without a word.
        try:
            command = Command.model_validate_json(message.payload)
        except ValidationError as error:
            log.warning("not a command", topic=message.topic, errors=error.error_count())
            return
        device = self._site.devices.get(command.device)
        if device is None or not device.can_ask:
            log.warning("this device cannot ask", device=command.device)
            return
        self._commands.put(command)
