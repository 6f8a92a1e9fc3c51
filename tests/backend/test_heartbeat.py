"""Somebody outside hears of this site as long as an audit is clean, and not a beat longer."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from backend.due.heartbeat import Audit, HeartbeatResult, OutgoingHeartbeat
from backend.metrics import BackendMetrics
from contract.heartbeat import Heartbeat as Settings
from tests.support.watchdog import OK, Answers, Watchdog, drips, endless, says, silent

NOW_NS = 1_767_582_000_000_000_000
DEADLINE_S = 0.5


def clean() -> tuple[str, ...]:
    return ()


def breaks() -> tuple[str, ...]:
    raise ZeroDivisionError("a fault in the audit itself")


def heartbeat(
    url: str,
    audit: Audit = clean,
    metrics: BackendMetrics | None = None,
    timeout_s: float = DEADLINE_S,
) -> OutgoingHeartbeat:
    settings = Settings(url=url, timeout_s=timeout_s)
    return OutgoingHeartbeat(settings, audit, metrics or BackendMetrics(), lambda: NOW_NS)


def test_a_clean_audit_sends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # would swallow it
    metrics = BackendMetrics()
    with Watchdog() as watchdog:
        assert asyncio.run(heartbeat(watchdog.url, metrics=metrics).beat()) == HeartbeatResult.SENT
    assert watchdog.asked == ["GET /beat/c0ffee HTTP/1.1"]
    figures = metrics.text().decode()
    assert 'floorwatch_heartbeats_total{result="sent"} 1.0' in figures
    assert "floorwatch_heartbeat_last_sent_timestamp_seconds 1.767582e+09" in figures


@pytest.mark.parametrize(
    ("audit", "told"),
    [
        pytest.param(
            lambda: ("the engine is late",), "the engine is late", id="it found something"
        ),
        pytest.param(breaks, "a fault in the audit itself", id="it could not be made"),
    ],
)
def test_without_a_clean_audit_nothing_is_sent(audit: Audit, told: str) -> None:
    metrics = BackendMetrics()
    with Watchdog() as watchdog, capture_logs() as logged:
        assert (
            asyncio.run(heartbeat(watchdog.url, audit, metrics).beat()) == HeartbeatResult.WITHHELD
        )
    assert watchdog.asked == []
    assert told in logged[0]["why"]
    assert 'floorwatch_heartbeats_total{result="withheld"} 1.0' in metrics.text().decode()
    assert "floorwatch_heartbeat_last_sent_timestamp_seconds 0.0" in metrics.text().decode()


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), id="refused"),
        pytest.param(
            says(b"HTTP/1.1 302 Found\r\nLocation: /sign-in\r\nContent-Length: 0\r\n\r\n"),
            id="a sign-in page in between",
        ),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.2\r\n"), id="no web server at all"),
        pytest.param(says(b""), id="hung up on"),
        pytest.param(silent, id="no answer ever"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), id="a head that drips"),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"), id="a body that drips"
        ),
    ],
)
def test_what_does_not_take_it_in_time_has_not_taken_it(answers: Answers) -> None:
    metrics = BackendMetrics()
    with Watchdog(answers) as watchdog:
        began_s = time.monotonic()
        assert (
            asyncio.run(heartbeat(watchdog.url, metrics=metrics).beat()) == HeartbeatResult.FAILED
        )
        assert time.monotonic() - began_s < DEADLINE_S + 2
        assert len(watchdog.asked) == 1
    assert 'floorwatch_heartbeats_total{result="failed"} 1.0' in metrics.text().decode()


def test_an_answer_without_end_is_read_for_its_first_bytes_only() -> None:
    with Watchdog(endless) as watchdog:
        assert asyncio.run(heartbeat(watchdog.url, timeout_s=10).beat()) == HeartbeatResult.SENT


def test_an_address_that_nobody_has_is_a_failure_and_not_a_crash() -> None:
    with Watchdog() as gone:
        pass
    assert asyncio.run(heartbeat(gone.url).beat()) == HeartbeatResult.FAILED


def test_a_night_without_network_is_one_line_and_its_end_another() -> None:
    async def beats(many: OutgoingHeartbeat, watchdog: Watchdog) -> None:
        for answer in (404, 503, 200, 200, 404):
            watchdog.answers = says(f"HTTP/1.1 {answer} X\r\nContent-Length: 0\r\n\r\n".encode())
            await many.beat()

    with Watchdog() as watchdog, capture_logs() as logged:
        asyncio.run(beats(heartbeat(watchdog.url), watchdog))
    assert [line["log_level"] for line in logged] == ["warning", "info", "warning"]
    assert "c0ffee" not in str(logged)  # the address may hold a key


@pytest.mark.parametrize(
    "answers", [pytest.param(says(OK), id="between two"), pytest.param(silent, id="under way")]
)
def test_it_stops_at_once(answers: Answers) -> None:
    with Watchdog(answers) as watchdog:
        running = heartbeat(watchdog.url, timeout_s=30)
        running.start()
        watchdog.wait_for(1)
        began_s = time.monotonic()
        running.stop()
        running.stop()
        assert time.monotonic() - began_s < 2
        assert not running.alive


def test_it_goes_on_after_each() -> None:
    found: list[tuple[str, ...]] = [(), ("the disk is full",), ()]

    def audit() -> tuple[str, ...]:
        return found.pop(0) if found else ()

    settings = Settings.model_construct(url="", every_s=0.01, timeout_s=5.0)
    with Watchdog() as watchdog:
        given = settings.model_copy(update={"url": watchdog.url})
        metrics = BackendMetrics()
        running = OutgoingHeartbeat(given, audit, metrics, lambda: NOW_NS)
        running.start()
        watchdog.wait_for(2)
        running.stop()
    assert 'floorwatch_heartbeats_total{result="withheld"} 1.0' in metrics.text().decode()
