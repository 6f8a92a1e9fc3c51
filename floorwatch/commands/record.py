"""`floorwatch record`: what crosses a broker, or a window of a flight recorder, into a file."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import paho.mqtt.client as paho
import typer

from contract.site import Broker
from floorwatch.errors import CommandError, UsageError
from floorwatch.listener import BrokerListener
from floorwatch.private import for_owner_only
from floorwatch.sites import read_site
from floorwatch.timespan import timespan
from gateway.errors import GatewayError
from gateway.export import window
from simulators.recordings.own import Crossing, Writer

FLUSH_S = 1.0


@for_owner_only()
def record(
    output: Annotated[Path, typer.Argument(help="The file to write; .gz gzips it.")],
    site_file: Annotated[Path | None, typer.Option("--site", help="Whose broker to use.")] = None,
    broker: Annotated[str | None, typer.Option(help="HOST:PORT, in place of the site's.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="Only these; repeatable.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Stop after so long.")] = None,
    recorder: Annotated[
        Path | None, typer.Option(help="Export from the gateway whose state folder this is.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="With --recorder: from, ISO 8601.")] = None,
    until: Annotated[str | None, typer.Option(help="With --recorder: to, ISO 8601.")] = None,
    device: Annotated[str | None, typer.Option(help="With --recorder: only this one.")] = None,
) -> None:
    """Write what crosses the broker until Ctrl-C, for `floorwatch replay` to play back exactly.

    User name and TLS are those of the site's broker table; the password is in
    FLOORWATCH_MQTT_PASSWORD.

    With --recorder nothing is listened to: a window of the flight recorder is exported.
    """
    if output.exists():
        raise UsageError(f"{output} exists already; a recording is never overwritten")
    if recorder is not None:
        if site_file is None:
            raise UsageError("--recorder needs --site, the file of the site that was recorded")
        _export(output, recorder, read_site(site_file).id, since, until, device)
        return
    if since or until or device:
        raise UsageError("--since, --until and --device go with --recorder")
    _listen(output, _broker(broker, site_file), topic or ["#"], seconds)


def _export(
    output: Path,
    state_dir: Path,
    site: str,
    since: str | None,
    until: str | None,
    device: str | None,
) -> None:
    from_ns, to_ns = timespan(since, until, time.time_ns())
    try:
        with Writer(output) as writer:
            for each in window(state_dir, site, from_ns, to_ns, device):
                writer.write(Crossing(each.arrived_ns, each.topic, each.payload))
    except GatewayError as error:
        output.unlink(missing_ok=True)
        raise CommandError(str(error)) from None
    if not writer.count:
        output.unlink()
        raise CommandError("the flight recorder has nothing in that window; nothing was written")
    typer.echo(f"{writer.count} blocks written to {output}")


def _listen(output: Path, broker: Broker, topics: list[str], seconds: float | None) -> None:
    lock = threading.Lock()
    failed: list[str] = []
    with Writer(output) as writer, _stop_event() as stop:

        def on_message(message: paho.MQTTMessage) -> None:
            # Nothing may escape: paho's thread would die and leave a silent recorder.
            try:
                with lock:
                    crossing = Crossing(time.time_ns(), message.topic, bytes(message.payload))
                    writer.write(crossing)
            except Exception as error:
                failed.append(f"{type(error).__name__}: {error}")
                stop.set()

        try:
            with BrokerListener(broker, topics, on_message):
                what = "everything" if topics == ["#"] else ", ".join(topics)
                told = f"{broker.host}:{broker.port}"
                typer.echo(f"Recording {what} from {told} to {output}; Ctrl-C ends it.")
                deadline_s = time.monotonic() + seconds if seconds else None
                while not stop.wait(FLUSH_S if deadline_s is None else min(FLUSH_S, 0.1)):
                    with lock:
                        writer.flush()
                    if deadline_s is not None and time.monotonic() >= deadline_s:
                        break
        except CommandError:
            output.unlink(missing_ok=True)
            raise
    if failed:
        raise CommandError(f"{output} could not be written on: {failed[0]}")
    typer.echo(f"{writer.count} messages written to {output}")


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    stop = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {n: signal.signal(n, lambda *_: stop.set()) for n in numbers}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _broker(address: str | None, site_file: Path | None) -> Broker:
    """Return the site's broker, or another that is reached just so."""
    known = read_site(site_file).broker if site_file is not None else None
    if address is not None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError(f'--broker "{address}": give HOST:PORT, as 127.0.0.1:1883')
        return (known or Broker()).model_copy(update={"host": host, "port": int(port)})
    if site_file is None:
        raise UsageError("say where to listen: --site SITE.toml, or --broker HOST:PORT")
    if known is None:
        raise UsageError(
            f"{site_file} names no [broker]; `floorwatch up` says where the embedded one listens: "
            "give that with --broker HOST:PORT"
        )
    return known
