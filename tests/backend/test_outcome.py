"""What an alarm was: who may say it, when it counts, and what is left out of an export."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.errors import IllegalTransitionError, UnknownError
from backend.evidence.archive import Archive, LabelledWindow
from backend.incidents.outcome import Outcome
from contract.detection import Waveform
from contract.instants import ns
from tests.support.pages import Pager

ALL = frozenset({"fall", "false-alarm", "cancelled"})
RAW = struct.pack("<6h", -32768, 5, 1000, 300, 400, 32767)


def alarm(pager: Pager, *, complete: bool = True, **claim: object) -> int:
    """Open an incident with its window, and return its number."""
    detection = pager.detection(**claim)  # type: ignore[arg-type]
    incident = pager.receive(detection).incident
    window = Waveform(
        detection=detection.id,
        device=detection.device,
        t0_ns=detection.onset_ns - ns(5),
        odr_hz=50,
        scale_g=0.000488,
        accel_i16=RAW,
        range_g=16,
        complete=complete,
    )
    pager.parts.evidence.receive(detection.id, window, pager.now_ns)
    pager.inbox.empty()
    return incident


def resolve(pager: Pager, incident: int, outcome: Outcome | None) -> None:
    pager.parts.acknowledger.resolve(incident, "karin-ek", "I was there", outcome)


def exported(
    pager: Pager, labels: frozenset[str] = ALL, **wanted: bool
) -> tuple[list[LabelledWindow], dict[str, int]]:
    archive = Archive(pager.parts.database)
    found = archive.find(labels, **wanted)
    return list(archive.windows(found.keys)), dict(found.left_out)


def cancel(pager: Pager, kind: str = "cancel") -> None:
    pager.receive(pager.detection(kind, onset_s=0))
    pager.inbox.empty()


def nothing(pager: Pager) -> None:
    """Leave it open."""


def said(outcome: Outcome | None) -> Callable[[Pager], None]:
    return lambda pager: resolve(pager, 1, outcome)


def reopened(pager: Pager) -> None:
    resolve(pager, 1, Outcome.FALSE_ALARM)
    pager.parts.acknowledger.reopen(1, "karin-ek", "She feels unwell")


def in_doubt(pager: Pager) -> None:
    reopened(pager)
    pager.now_ns += 1
    resolve(pager, 1, None)


def corrected(pager: Pager) -> None:
    resolve(pager, 1, Outcome.FALSE_ALARM)
    pager.parts.acknowledger.judge(1, "ines-falk", "The camera shows it", Outcome.REAL)


def cancelled(pager: Pager) -> None:
    cancel(pager)
    resolve(pager, 1, None)


def cancelled_but_real(pager: Pager) -> None:
    cancel(pager)
    resolve(pager, 1, Outcome.REAL)


def answered(pager: Pager) -> None:
    cancel(pager, "all_right")
    resolve(pager, 1, None)


@pytest.mark.parametrize(
    ("happens", "label", "left_out"),
    [
        pytest.param(nothing, None, "not resolved", id="nobody has been there yet"),
        pytest.param(said(None), None, "nobody said what it was", id="nobody can tell"),
        pytest.param(said(Outcome.REAL), "fall", None, id="a real fall is a positive"),
        pytest.param(said(Outcome.FALSE_ALARM), "false-alarm", None, id="a hard negative"),
        pytest.param(said(Outcome.EXERCISE), None, "exercise", id="a drill is neither"),
        pytest.param(reopened, None, "not resolved", id="opened again: in doubt"),
        pytest.param(in_doubt, None, "nobody said what it was", id="and ended without a word"),
        pytest.param(corrected, "fall", None, id="the newest word counts"),
        pytest.param(cancelled, "cancelled", None, id="the wearer's own word"),
        pytest.param(cancelled_but_real, "fall", None, id="a responder knows better"),
        pytest.param(answered, None, "nobody said what it was",
                     id="being all right is not: no alarm"),
    ],
)  # fmt: skip
def test_what_is_said_labels_the_window(
    pager: Pager, happens: Callable[[Pager], None], label: str | None, left_out: str | None
) -> None:
    alarm(pager)
    happens(pager)
    pager.inbox.empty()
    windows, reasons = exported(pager)
    assert [window.label for window in windows] == ([label] if label else [])
    assert reasons == ({left_out: 1} if left_out else {})


def test_a_window_leaves_as_the_sensor_gave_it_and_without_a_name(pager: Pager) -> None:
    resolve(pager, alarm(pager), Outcome.FALSE_ALARM)
    ((window,), _) = exported(pager)
    assert (window.accel_i16, window.scale_g, window.odr_hz) == (RAW, 0.000488, 50)
    assert (window.range_g, window.worn, window.claimed_at_s) == (16, None, 5)
    assert "keller" not in repr(window)


def test_a_person_has_one_made_up_name_in_an_export_and_another_in_the_next(pager: Pager) -> None:
    for onset_s, device in ((-2, "belt-03"), (-90, "belt-03"), (-2, "belt-10")):
        resolve(pager, alarm(pager, device=device, onset_s=onset_s), Outcome.FALSE_ALARM)
    first = [window.subject for window in exported(pager)[0]]
    second = [window.subject for window in exported(pager)[0]]
    assert [len(set(names)) for names in (first, second)] == [2, 2]
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        pytest.param({"complete": False}, "not complete", id="still recording"),
        pytest.param({"exercise": True}, "exercise", id="a replay"),
        pytest.param({"kind": "sos"}, None, id="another kind of claim is not counted at all"),
    ],
)
def test_what_teaches_nothing_is_left_out(
    pager: Pager, claim: dict[str, object], reason: str | None
) -> None:
    resolve(pager, alarm(pager, **claim), Outcome.FALSE_ALARM)  # type: ignore[arg-type]
    assert exported(pager) == ([], {reason: 1} if reason else {})


def test_the_cancel_may_come_before_its_alarm(pager: Pager) -> None:
    cancel(pager)
    resolve(pager, alarm(pager), None)
    assert [window.label for window in exported(pager)[0]] == ["cancelled"]


def test_what_it_was_is_said_at_its_end_and_shown(pager: Pager) -> None:
    alarm(pager)
    with pytest.raises(IllegalTransitionError, match="is open"):
        pager.parts.acknowledger.judge(1, "karin-ek", "Looks wrong", Outcome.FALSE_ALARM)
    resolve(pager, 1, Outcome.FALSE_ALARM)
    assert pager.view().outcome == "false-alarm"
    last = pager.view().timeline[-1]
    assert (last.what, last.who) == ("outcome", "karin-ek")
    assert last.text == "Karin Ek says what it was: false alarm. I was there"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("DELETE FROM evidence", "labelled is kept", id="a labelled window"),
        pytest.param("DELETE FROM verdict", "append-only", id="a verdict"),
        pytest.param("UPDATE verdict SET label = 'real'", "append-only", id="a label"),
        pytest.param("DELETE FROM access", "append-only", id="an export's record"),
    ],
)
def test_what_is_learnt_from_outlives_the_rest(pager: Pager, change: str, said: str) -> None:
    resolve(pager, alarm(pager), Outcome.FALSE_ALARM)
    archive = Archive(pager.parts.database)
    archive.note_export("karin-ek", archive.find(ALL).keys, pager.now_ns)
    with pytest.raises(DBAPIError, match=said), pager.parts.database.write() as session:
        session.execute(text(change))


def test_a_window_that_nobody_labelled_may_go(pager: Pager) -> None:
    alarm(pager)
    with pager.parts.database.write() as session:
        session.execute(text("DELETE FROM evidence"))
    assert exported(pager) == ([], {})


def test_only_somebody_who_is_known_takes_windows_away(pager: Pager) -> None:
    with pytest.raises(UnknownError, match='did you mean "karin-ek"'):
        Archive(pager.parts.database).allowed("karin-eck")
