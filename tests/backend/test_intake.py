"""One event, one incident: however often, in whatever order and by whatever road it arrives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.database.tables import DetectionRow, PageRow
from backend.errors import ContradictionError, UnknownError
from contract.detection import Detection
from tests.support.pages import Pager

FIRST = ("SEV2 karin-ek", "SEV2 ines-falk")


def test_the_same_detection_twice_is_once(pager: Pager) -> None:
    detection = pager.detection()
    first, second = pager.receive(detection), pager.receive(detection)
    assert (first.incident, first.created) == (1, True)
    assert (second.incident, second.created) == (1, False)
    assert second.commands == first.commands  # a crash after the first answer loses no command
    pager.expect_pages(*FIRST)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param({"onset_s": -12.5}, True, id="a camera put the onset 10 s earlier"),
        pytest.param({"onset_s": 7.5}, True, id="a restarted gateway put it 10 s later"),
        pytest.param({"onset_s": -12.6}, False, id="more than 10 s away"),
        pytest.param({"device": "belt-10"}, False, id="another person"),
        pytest.param({"kind": "sos"}, False, id="another kind"),
    ],
)
def test_matching(pager: Pager, other: dict[str, str], same: bool) -> None:
    pager.detect("fall", onset_s=-2.5)
    receipt = pager.detect(**{"kind": "fall", "device": "belt-03"} | other)
    assert (receipt.incident, receipt.created) == ((1, False) if same else (2, True))
    pager.inbox.empty()


def test_whoever_fell_and_does_not_move_is_one_incident(pager: Pager) -> None:
    pager.detect("fall", onset_s=-200)
    pager.inbox.empty()
    receipt = pager.detect("no_motion", onset_s=-180)
    assert (receipt.incident, receipt.created) == (1, False)
    assert pager.view().kind == "fall"
    pager.expect_pages()


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(None, id="nothing before"),
        pytest.param({"kind": "fall", "device": "belt-10"}, id="somebody else's fall"),
        pytest.param({"kind": "sos"}, id="something that it does not follow from"),
    ],
)
def test_no_motion_is_an_incident_of_its_own(pager: Pager, first: dict[str, str] | None) -> None:
    if first is not None:
        pager.detect(**first, onset_s=-200)
    receipt = pager.detect("no_motion", onset_s=-180)
    assert receipt.created
    assert pager.view(receipt.incident).kind == "no_motion"
    pager.inbox.empty()


def test_a_resolved_incident_is_not_joined_by_a_new_event(pager: Pager) -> None:
    pager.detect("fall", onset_s=-2.5)
    pager.parts.acknowledger.resolve(1, "karin-ek", "Unhurt")
    receipt = pager.detect("fall", onset_s=-1)
    assert (receipt.incident, receipt.created) == (2, True)
    pager.inbox.empty()


def test_a_late_copy_of_the_same_claim_joins_even_a_resolved_one(pager: Pager) -> None:
    pager.detect("fall", claim_s=0)
    pager.parts.acknowledger.resolve(1, "karin-ek", "Unhurt")
    receipt = pager.detect("fall", claim_s=0, phase="update", still_s=40)
    assert receipt.incident == 1
    assert pager.view().status == "resolved"
    pager.expect_pages(*FIRST)


@pytest.mark.parametrize("phase", ["update", "clear"])
def test_a_later_phase_that_overtakes_its_onset_opens_the_incident(
    pager: Pager, phase: str
) -> None:
    pager.detect("fall", claim_s=0, phase=phase, decided_s=5)
    pager.expect_pages(*FIRST)
    receipt = pager.detect("fall", claim_s=0)
    assert (receipt.incident, receipt.created) == (1, False)


def test_the_incident_and_its_first_pages_are_one_transaction(pager: Pager) -> None:
    pager.parts.intake.receive(pager.detection(), pager.now_ns)
    with pager.parts.database.read() as session:
        pages = session.scalars(select(PageRow)).all()
        assert {(page.person, page.status) for page in pages} == {
            ("karin-ek", "due"),
            ("ines-falk", "due"),
        }
        assert session.scalars(select(DetectionRow)).one().raw["reason"] == "fall on belt-03"
    assert pager.timeline() == ["opened", "assessed", "asked", "paging"]


def test_another_sites_detection_is_refused_by_name(pager: Pager) -> None:
    strange = pager.detection().model_copy(update={"site": "hall-8"})
    with pytest.raises(UnknownError, match='of site "hall-8"; did you mean "hall-7"'):
        pager.parts.intake.receive(strange, pager.now_ns)


def test_one_id_is_of_one_kind(pager: Pager) -> None:
    word = pager.detection("cancel", onset_s=0)
    pager.receive(word)
    fall = pager.detection("fall").model_copy(update={"id": word.id})
    with pytest.raises(ContradictionError, match="is a cancel, and cannot be a fall as well"):
        pager.receive(fall)


def test_a_person_that_the_site_file_does_not_know_is_paged_for_all_the_same(pager: Pager) -> None:
    unknown = pager.detection().model_copy(update={"person": "n-obody", "zone": "attic"})
    pager.receive(unknown)
    page = pager.expect_pages(*FIRST)[0]
    assert "n-obody (not in the site file), attic" in page.summary


def test_many_senders_at_once_open_one_incident(pager: Pager) -> None:
    other = pager.another()
    ways = [pager.parts.intake, other.intake] * 10
    with ThreadPoolExecutor(10) as senders:
        answers = [
            senders.submit(intake.receive, pager.detection(onset_s=-number / 10), pager.now_ns)
            for number, intake in enumerate(ways)
        ]
    receipts = [answer.result() for answer in answers]
    assert {receipt.incident for receipt in receipts} == {1}
    assert sum(receipt.created for receipt in receipts) == 1
    pager.parts.engine.cycle(pager.now_ns)
    pager.expect_pages(*FIRST)


# What one fall sends: two sensors' onsets, updates that make it worse, the end.
STORY = (
    {"claim_s": 0, "onset_s": -2.5, "decided_s": 0, "confidence": 0.4},
    {"claim_s": 1, "onset_s": -1.5, "decided_s": 0.5, "confidence": 0.9},
    {"claim_s": 0, "onset_s": -2.5, "decided_s": 1, "phase": "update", "still_s": 3},
    {"claim_s": 0, "onset_s": -2.5, "decided_s": 15, "phase": "update", "still_s": 15},
    {"claim_s": 1, "onset_s": -1.5, "decided_s": 20, "phase": "clear"},
)


@settings(max_examples=25)
@given(
    order=st.permutations(range(len(STORY))),
    again=st.lists(st.sampled_from(range(len(STORY))), max_size=4),
    cuts=st.sets(st.integers(0, 8), max_size=3),
)
@pytest.mark.slow
def test_any_order_and_any_duplicates_end_in_the_same_incident_and_lose_no_page(
    order: list[int], again: list[int], cuts: set[int]
) -> None:
    with TemporaryDirectory() as folder:
        pager = Pager(f"sqlite:///{folder}/backend.sqlite")
        story: list[Detection] = [pager.detection("fall", **part) for part in STORY]
        for position, part in enumerate([*order, *again]):
            pager.parts.intake.receive(story[part], pager.now_ns)
            if position in cuts:
                pager.parts.engine.cycle(pager.now_ns)
        pager.parts.engine.cycle(pager.now_ns)
        incidents = pager.parts.reader.incidents()
        view = pager.view()
        pages = pager.inbox.empty()
        pager.close()
    assert [incident.id for incident in incidents] == [1]
    assert (view.severity, view.status, view.confidence) == ("SEV1", "open", 0.9)
    assert view.title == "Person down, not moving"
    assert view.onset_ns == story[0].onset_ns
    assert {page.to.person for page in pages if page.severity == "SEV1"} == {
        "karin-ek",
        "ines-falk",
    }
    assert [entry.seq for entry in view.timeline] == list(range(1, len(view.timeline) + 1))


def test_what_is_over_at_a_place_is_said_in_its_title(pager: Pager) -> None:
    cell: dict[str, Any] = {"zone": "robot-cell", "claim_s": 0.0, "hazard": "C"}
    pager.detect("zone_breach", **cell)
    assert pager.view().title == "In B4 Robot cell without authorisation"
    pager.fast_forward(10)
    pager.inbox.empty()
    pager.detect("zone_breach", **cell, phase="clear")
    assert pager.view().title == "In B4 Robot cell without authorisation, until 04:00:10"
    pager.detect("zone_breach", **cell, phase="update", decided_s=-5)
    assert pager.view().title.endswith(", until 04:00:10"), "what is older does not begin it anew"
    pager.fast_forward(1)
    pager.detect("zone_breach", **cell, phase="update")
    assert pager.view().title == "In B4 Robot cell without authorisation"


def test_a_claim_that_is_known_only_when_it_is_over_says_so(pager: Pager) -> None:
    pager.detect("zone_breach", zone="chemicals", hazard="C", phase="clear")
    assert pager.view().title == "In C1 Chemicals without authorisation, until 04:00:00"


def test_what_is_over_elsewhere_says_nothing_of_where_they_are(pager: Pager) -> None:
    pager.detect("zone_breach", zone="robot-cell", hazard="C")
    pager.detect("zone_breach", zone="chemicals", hazard="C", onset_s=-1, decided_s=1)
    pager.detect("zone_breach", zone="robot-cell", hazard="C", phase="clear", decided_s=2)
    assert pager.view().title == "In C1 Chemicals without authorisation"


def test_whoever_fell_is_not_well_because_they_move(pager: Pager) -> None:
    pager.detect("fall", still_s=20, claim_s=0.0)
    pager.inbox.empty()
    pager.detect("fall", phase="clear", claim_s=0.0)
    assert pager.view().title == "Person down, not moving"


def test_a_gateway_that_lives_in_1970_calls_people_all_the_same(pager: Pager) -> None:
    """No clock of a gateway decides whether somebody who lies there is called."""
    pager.receive(pager.detection("sos").model_copy(update={"heard_ns": 14}))
    pager.expect_pages("SEV1 karin-ek", "SEV1 ines-falk")
