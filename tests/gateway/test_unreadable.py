"""What the backend refuses as wrong still calls somebody: in its place goes what can be read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.api.examples import DETECTION
from backend.runtime import BackendProcess
from contract.detection import Detection
from contract.instants import ns
from contract.problem import problem
from gateway import departures, sender
from gateway.folding import whom_of
from gateway.unreadable import stands_for
from tests.support.brokers import wait_until
from tests.support.liars import Liar
from tests.support.outbound import claim, outbound
from tests.support.pages import Inbox, paging_site
from tests.support.receiver import Answer, Posted, Receiver, receipt, refusal
from tests.support.site_of_two import START_NS, site


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait milliseconds between tries, so that many fit into a test."""
    for module in (departures, sender):
        monkeypatch.setattr(module, "FIRST_WAIT_S", 0.001)
        monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.01)


def kinds(receiver: Receiver) -> list[str]:
    return [posted.json["kind"] for posted in list(receiver.posts)]


def stand_ins(receiver: Receiver) -> list[dict[str, Any]]:
    return [p.json for p in list(receiver.posts) if p.json["kind"] == "unreadable"]


def reads(posted: Posted) -> Answer:
    """Refuse falls; take everything else."""
    return refusal(posted) if posted.json["kind"] == "fall" else (201, receipt(posted))


def test_what_is_refused_is_set_aside_and_somebody_is_called_all_the_same(tmp_path: Path) -> None:
    with Receiver(reads) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0))
        wait_until(lambda: stand_ins(receiver), "what stands for it")
        at.settled()
        (told,) = stand_ins(receiver)
        assert (told["device"], told["person"]) == ("belt-1", "n-falk")
        assert (told["phase"], told["assessment"]["severity"]) == ("onset", "SEV2")
        assert told["reason"].startswith("fall of belt-1 (onset) could not be read by the backend")
        assert "no such zone" in told["reason"]
        (state,) = at.ledger.connection.execute("SELECT state, why FROM outbox ORDER BY n LIMIT 1")
        assert state == ("aside", "422 Refused input: no such zone")
        assert at.tally.counts() == {
            "detections_set_aside": 1, "unreadable": 1, "unreadable_refused": 0, "delivered": 1,
        }  # fmt: skip


def test_many_of_one_device_are_one_claim_that_goes_on_and_of_another_are_another(
    tmp_path: Path,
) -> None:
    falls = [claim(n * ns(20)) for n in range(5)]
    with Receiver(reads) as receiver, outbound(tmp_path, receiver.url) as at:
        for fall in falls:
            at.put(fall)
            wait_until(lambda: at.depth() == 0, "it to be dealt with")
        at.put(claim(1, device="belt-2", person="b-holm"))
        wait_until(lambda: at.counted("unreadable") == 6, "all of them")
        at.settled()
        told = stand_ins(receiver)
        assert len({each["id"] for each in told}) == 2
        of_one = [each for each in told if each["device"] == "belt-1"]
        assert [each["phase"] for each in of_one] == ["onset"] + ["update"] * (len(of_one) - 1)
        moments = [each["decided_ns"] for each in of_one]
        assert moments == sorted(set(moments))


def test_what_is_told_instead_is_never_the_beginning_of_a_loop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Receiver(refusal) as receiver, outbound(tmp_path, receiver.url) as at:
        for n in range(3):
            at.put(claim(n * ns(20)))
            wait_until(lambda: at.depth() == 0, "it to be dealt with")
        wait_until(lambda: at.counted("unreadable_refused") == 3, "that to be counted")
        assert kinds(receiver).count("unreadable") == 3
        assert at.counted("detections_set_aside") == 6
    assert capsys.readouterr().out.count("unreadable-refused") == 1


def test_while_nothing_can_be_written_it_goes_out_of_memory_once(tmp_path: Path) -> None:
    with Receiver(reads) as receiver, outbound(tmp_path, receiver.url) as at:
        at.sender._ledger.connection.execute("PRAGMA query_only = 1")
        at.put(claim(0))
        wait_until(lambda: stand_ins(receiver), "what stands for it")
        for _ in range(5):
            at.put(claim(1, person="b-holm", device="belt-2"))  # each time the writing is tried
        wait_until(lambda: at.counted("delivered") == 2, "what stands for the other")
        at.sender._ledger.connection.execute("PRAGMA query_only = 0")
        at.sender.kick()
        at.settled()
        told = stand_ins(receiver)
        assert [each["device"] for each in told[:2]] == ["belt-1", "belt-2"]
        assert len({(each["id"], each["phase"], each["decided_ns"]) for each in told}) == 2


def test_a_claim_that_the_backend_chokes_on_while_it_takes_others_is_told_of_and_tried_on(
    tmp_path: Path, hurried: None
) -> None:
    tries = 0

    def chokes(posted: Posted) -> Answer:
        nonlocal tries
        if posted.json["kind"] != "fall":
            return 201, receipt(posted)
        tries += 1
        return (201, receipt(posted)) if tries > 30 else (500, {"detail": "a bug of the backend"})

    with Receiver(chokes) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0))
        wait_until(lambda: tries > 1, "it to choke")
        at.put(claim(1, person="b-holm", device="belt-2", kind="sos"))
        at.settled()
        assert [each["device"] for each in stand_ins(receiver)] == ["belt-1"]
        assert (at.counted("detections_set_aside"), at.counted("delivered")) == (0, 3)


def test_a_backend_that_says_that_it_is_unwell_chokes_on_nothing(
    tmp_path: Path, hurried: None
) -> None:
    """Its disk is full: it takes one alarm, and has no room for another. It reads them all well."""
    tries = 0

    def full(posted: Posted) -> Answer:
        nonlocal tries
        if posted.json["kind"] != "fall":
            return 201, receipt(posted)
        tries += 1
        away = problem(503, "DatabaseFullError", "the disk is full")
        return (201, receipt(posted)) if tries > 30 else (503, away)

    with Receiver(full) as receiver, outbound(tmp_path, receiver.url) as at:
        at.put(claim(0))
        wait_until(lambda: tries > 1, "it to be refused")
        at.put(claim(1, person="b-holm", device="belt-2", kind="sos"))
        at.settled()
        assert stand_ins(receiver) == []
        assert at.counted("delivered") == 2


def test_only_what_cannot_be_wrong_is_told() -> None:
    odd = claim(0).model_copy(update={"person": "a-stranger", "zone": "nowhere", "onset_ns": 1})
    told = stands_for(odd, "a \x00 b \ud800", START_NS, START_NS + 5, site())
    assert (told.person, told.zone, told.onset_ns) == (None, None, START_NS)
    assert "\x00" not in told.reason
    assert Detection.model_validate_json(told.model_dump_json()) == told
    assert whom_of(told) == "device:belt-1"


@pytest.mark.slow
def test_the_backend_itself_refuses_takes_what_stands_for_it_and_pages(tmp_path: Path) -> None:
    fall = Detection.model_validate(DETECTION)
    contradiction = fall.model_copy(update={"kind": "sos", "decided_ns": fall.decided_ns + 1})
    with (
        BackendProcess(
            paging_site(), state_dir=tmp_path / "backend", clock=lambda: fall.decided_ns,
            engine="manual", channels=[Inbox()],
        ) as backend,
        outbound(tmp_path, backend.url, of=paging_site(), put=(fall, contradiction)) as at,
    ):  # fmt: skip
        wait_until(lambda: at.counted("delivered") == 2, "the fall, and what stands for the call")
        assert (at.counted("detections_set_aside"), at.counted("unreadable")) == (1, 1)
        opened = httpx.get(f"{backend.url}/api/v1/incidents").json()["items"]
        assert {(each["kind"], each["severity"]) for each in opened} == {
            ("fall", "SEV2"), ("unreadable", "SEV2"),
        }  # fmt: skip
        backend.engine.cycle(fall.decided_ns)
        pages = httpx.get(f"{backend.url}/api/v1/pages").json()["items"]
        assert {page["incident"] for page in pages if page["status"] == "sent"} == {1, 2}


ANSWERS = st.sampled_from(
    ["taken", "refused", "bad request", "our 503", "another's refusal", "captive", "nothing"]
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(ANSWERS, max_size=25), st.lists(st.integers(0, 3), min_size=1, max_size=5))
@pytest.mark.slow
def test_whatever_is_answered_each_claim_is_delivered_or_something_in_its_place(
    hurried: None, answers: list[str], persons: list[int]
) -> None:
    script: Iterator[str] = iter(answers)
    taken: set[tuple[str, str]] = set()
    refused: set[tuple[str, str, str]] = set()
    order: list[tuple[str, str]] = []

    def answer(posted: Posted) -> Answer:
        told = posted.json
        match next(script, "taken"):
            case "taken":
                taken.add((told["id"], told["phase"]))
                order.append((told["id"], told["phase"]))
                return 201, receipt(posted)
            case "refused":
                refused.add((told["id"], told["phase"], told["device"]))
                order.append((told["id"], told["phase"]))
                return refusal(posted)
            case "bad request":
                return 400, None
            case "our 503":
                return 503, problem(503, "DatabaseFullError", "there is no room on the disk")
            case "another's refusal":
                return 422, problem(422, "RefusedInputError", "x", refused=("0" * 32, b""))
            case "captive":
                return 200, {"incident": 1, "created": True}
            case _:
                raise ConnectionError  # hangs up

    claims = [
        claim(n * ns(20), phase, device=f"belt-{person}", person=f"w-{person}")
        for n, person in enumerate(persons)
        for phase in ("onset", "clear")
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        Receiver(answer) as receiver,
        outbound(Path(folder), receiver.url, hold_s=0.001, put=tuple(claims)) as at,
    ):
        wait_until(lambda: at.depth() == 0 and not len(at.sender._settlement), "an end")
        seen = {each["device"] for each in stand_ins(receiver)}
    for made in claims:
        key = (made.id, made.phase)
        assert (key in taken) != ((*key, made.device) in refused)
        if key not in taken:
            assert made.device in seen
    for made in claims[::2]:
        phases = [phase for id_, phase in order if id_ == made.id]
        assert phases == ["onset", "clear"]


def test_a_lie_of_a_proxy_alone_makes_no_stand_in(tmp_path: Path, hurried: None) -> None:
    falls = (claim(0), claim(1, person="b-holm"))
    with (
        Liar(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as liar,
        outbound(tmp_path, liar.url, put=falls) as at,
    ):
        wait_until(lambda: liar.lies > 40, "many lies")
        assert at.depth() == 2
        assert at.counted("unreadable") == 0
