"""Twenty recorded falls and twenty everyday activities, from sensor data to somebody's inbox.

Everything is real: the agent with its spool, Mosquitto, the gateway, the backend, an SMTP server
and an HTTP endpoint on loopback. Only the clock is the recording's.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from backend.incidents.view import IncidentView
from backend.paging.channels.smtp import SmtpChannel
from backend.paging.channels.webhook import WebhookChannel
from contract.instants import as_datetime
from simulators.replay.player import Player
from simulators.replay.stage import stage
from simulators.replay.summary import TrialResult, results
from simulators.replay.timeline import Playing, ending, lay_out, moments
from tests.recall.selection import chosen
from tests.support.brokers import start_broker
from tests.support.mailserver import MailServer
from tests.support.receiver import Posted, Receiver

pytestmark = [pytest.mark.slow, pytest.mark.mosquitto, pytest.mark.recordings]

FALLS_PAGED_AT_LEAST = 19
ACTIVITIES_PAGED_AT_MOST = 1


@dataclass(frozen=True)
class Played:
    """What came out at the far end."""

    playing: tuple[Playing, ...]
    results: tuple[TrialResult, ...]
    incidents: list[IncidentView]
    mails: list[EmailMessage]
    posts: list[Posted]


@pytest.fixture(scope="module")
def played(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    sisfall = recordings / "imu" / "sisfall"
    trials = [*chosen(sisfall, falls=True), *chosen(sisfall, falls=False)]
    playing = ending(lay_out(trials, 0), time.time_ns())
    folder = tmp_path_factory.mktemp("recall")
    broker = start_broker("mosquitto", folder / "broker")
    try:
        with MailServer() as mail, Receiver() as endpoint:
            channels = (
                SmtpChannel(
                    host="127.0.0.1",
                    port=mail.port,
                    starttls=False,
                    sender="floorwatch@replay.example",
                ),
                WebhookChannel(url=f"{endpoint.url}/pages"),
            )
            site = stage(playing, email="officer@replay.example")
            start_ns = min(each.start_ns for each in playing)
            with Player(
                site, folder, (broker.host, broker.port), start_ns, channels=channels
            ) as player:
                for _ in player.play(moments(playing)):
                    pass
                incidents = player.incidents()
            yield Played(
                playing, results(playing, incidents), incidents, mail.mails, endpoint.posts
            )
    finally:
        broker.stop()


def paged(result: TrialResult, channel: str) -> bool:
    return any(page.channel == channel for each in result.found for page in each.paged)


@pytest.mark.parametrize("channel", ["smtp", "webhook"])
def test_recorded_falls_page(played: Played, channel: str) -> None:
    falls = [each for each in played.results if each.is_fall]
    assert len(falls) == 20
    hits = [each for each in falls if each.detected and paged(each, channel)]
    missed = [f"{each.subject} {each.activity} {each.trial}" for each in falls if each not in hits]
    assert len(hits) >= FALLS_PAGED_AT_LEAST, f"nobody was paged for {missed}"


def test_everyday_activities_page_nobody(played: Played) -> None:
    activities = [each for each in played.results if not each.is_fall]
    assert len(activities) == 20
    alarms = [f"{each.subject} {each.activity}" for each in activities if each.found]
    assert len(alarms) <= ACTIVITIES_PAGED_AT_MOST, alarms


def test_each_page_arrives_once(played: Played) -> None:
    sent = Counter(
        (page.channel, page.id)
        for incident in played.incidents
        for page in incident.pages
        if page.sent_ns is not None
    )
    arrived: Counter[tuple[str, int]] = Counter(
        ("webhook", int(post.json["id"])) for post in played.posts
    )
    assert arrived == Counter({key: n for key, n in sent.items() if key[0] == "webhook"})
    assert len({mail["Message-ID"] for mail in played.mails}) == len(played.mails)
    assert len(played.mails) == sum(n for key, n in sent.items() if key[0] == "smtp")
    assert sum(sent.values()) == len(sent)


def test_a_page_names_person_place_time_and_severity(played: Played) -> None:
    told = {int(post.json["id"]): post.json for post in played.posts}
    checked = 0
    for incident in played.incidents:
        for page in incident.pages:
            if page.channel != "webhook" or page.sent_ns is None:
                continue
            body: dict[str, Any] = told[page.id]
            assert incident.person_name is not None
            assert incident.person_name in body["text"]
            assert "Recording room" in body["text"]
            assert f"{as_datetime(incident.onset_ns):%H:%M:%S}" in body["text"]
            assert str(page.severity) in body["text"]
            assert datetime.fromisoformat(body["onset"]) == as_datetime(incident.onset_ns)
            assert body["exercise"] is True
            assert body["text"].startswith("EXERCISE")
            checked += 1
    assert checked >= FALLS_PAGED_AT_LEAST
    for mail in played.mails:
        subject = mail["Subject"]
        assert subject.startswith("EXERCISE")
        assert "SEV" in subject
        assert "sisfall S" in subject
        assert "Recording room" in subject


def test_the_record_holds_the_waveform_of_each_fall(played: Played) -> None:
    falls = [incident for incident in played.incidents if incident.kind == "fall"]
    assert falls
    for incident in falls:
        assert incident.evidence is not None, incident.id
        peak_g = max(incident.evidence.magnitude_g)
        assert peak_g == pytest.approx(incident.numbers["peak_g"], rel=0.05)
