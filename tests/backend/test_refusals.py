"""Devices that are heard and not understood: who may see it, and in what order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.runtime import BackendProcess
from contract.report import Misheard, Report
from tests.support.console_session import sign_in
from tests.support.pages import START_NS, Inbox
from tests.support.place_site import place_site


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[BackendProcess]:
    with BackendProcess(
        place_site(),
        state_dir=tmp_path,
        clock=lambda: START_NS,
        engine="manual",
        channels=[Inbox()],
    ) as backend:
        yield backend


def misheard(device: str, **changes: Any) -> Misheard:
    said = {
        "device": device, "where": "agent", "partly": False, "count": 3,
        "reason": "odr_hz: a number is wanted", "first_ns": START_NS, "last_ns": START_NS,
    }  # fmt: skip
    return Misheard.model_validate({**said, **changes})


def report(backend: BackendProcess, *said: Misheard) -> None:
    told = Report(gateway="gateway", boot=1, at_ns=START_NS, misheard=said)
    answer = httpx.post(f"{backend.url}/api/v1/report", json=told.model_dump(mode="json"))
    answer.raise_for_status()


def test_whoever_is_not_understood_is_listed_with_whom_it_leaves_unwatched(
    backend: BackendProcess,
) -> None:
    worn = next(device for device in backend.parts.site.device if device.wearer)
    report(
        backend,
        misheard("reader-1", partly=True, last_ns=START_NS + 5),
        misheard(worn.id),
        misheard("stranger-9", last_ns=START_NS - 1),
    )
    items = httpx.get(f"{backend.url}/api/v1/refusals").json()["items"]
    assert [item["device"] for item in items] == [worn.id, "stranger-9", "reader-1"]
    assert (items[0]["wearer"], items[0]["count"]) == (worn.wearer, 3)
    assert [item["known"] for item in items] == [True, False, True]
    only = httpx.get(f"{backend.url}/api/v1/refusals", params={"device": worn.id}).json()["items"]
    assert only == items[:1]


def test_the_page_names_devices_to_those_who_signed_in_alone(backend: BackendProcess) -> None:
    worn = next(device for device in backend.parts.site.device if device.wearer)
    report(backend, misheard(worn.id, reason="<b>odd</b>"))
    stranger = httpx.get(f"{backend.url}/refusals").text
    assert worn.id not in stranger
    assert '<b class="num">1</b> devices' in stranger
    with httpx.Client(base_url=backend.url) as client:
        shown = sign_in(client, backend).get("/refusals").text
    assert worn.id in shown
    assert "&lt;b&gt;odd&lt;/b&gt;" in shown
    assert "Nothing of it was ever understood" in shown
