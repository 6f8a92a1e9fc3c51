"""Who may be in a zone: by role, name, permit, training, hours, state, company; and how long."""

from __future__ import annotations

from typing import Any

import pytest

from contract.zonestate import EnergyState
from detectors.zone.permission import Permissions, Verdict
from tests.support.rounds import MONDAY, Play, Round, Say

CELL = """
[[zone]]
id = "cell"
hazard = "A"
adjacent = ["yard"]
"""
PERMIT = """
[[permit]]
id = "hot-work"
zones = ["cell"]
wearers = ["cleo"]
valid_from = 2026-11-02T07:00:00
valid_to = 2026-11-02T08:10:00
"""
PAPER = """
[[certificate]]
wearer = "anna"
training = "robots"
expires = 2026-11-02
"""
PAPER_OF_BEN = PAPER.replace("anna", "ben")
EARLY = """
[[shift]]
id = "early"
days = ["mon", "tue", "wed", "thu", "fri"]
begins = 06:00:00
ends = 14:00:00
"""

ONE_MINUTE: Play = lambda r: r.enters(0, "anna", "cell").until(60)  # noqa: E731
CASES = [
    pytest.param(CELL + 'roles = ["fitter"]', ONE_MINUTE, [], id="by-role"),
    pytest.param(CELL + 'wearers = ["anna"]', ONE_MINUTE, [], id="by-name"),
    pytest.param(
        CELL + 'roles = ["visitor"]', ONE_MINUTE,
        [("onset", 0), ("update", 5), ("update", 30)], id="another-role",
    ),
    pytest.param(
        CELL.replace('"A"', '"none"'), ONE_MINUTE, [], id="no-hazard-no-rule",
    ),
    pytest.param(
        CELL + PERMIT, lambda r: r.enters(0, "cleo", "cell").until(60), [], id="by-permit",
    ),
    pytest.param(
        CELL + PERMIT, lambda r: r.enters(590, "cleo", "cell").until(620),
        [("onset", 600), ("update", 605)], id="a-permit-that-expires-while-inside",
    ),
    pytest.param(
        CELL + PERMIT.replace("valid_to", "cancelled = true\nvalid_to"),
        lambda r: r.enters(0, "cleo", "cell").until(2), [("onset", 0)], id="a-cancelled-permit",
    ),
    pytest.param(
        CELL + PERMIT.replace("T07:00", "T08:05"), lambda r: r.enters(0, "cleo", "cell").until(330),
        [("onset", 0), ("update", 5), ("update", 30), ("update", 120), ("clear", 320)],
        id="a-permit-that-begins-while-inside",
    ),
    pytest.param(
        CELL + 'permit_required = true\nroles = ["fitter"]' + PERMIT, ONE_MINUTE,
        [("onset", 0), ("update", 5), ("update", 30)], id="a-role-is-not-enough-for-a-permit-space",
    ),
    pytest.param(
        CELL + 'permit_required = true' + PERMIT,
        lambda r: r.enters(0, "cleo", "cell").until(60), [], id="a-permit-is-enough",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\ntraining = ["robots"]' + PAPER, ONE_MINUTE, [], id="trained",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\ntraining = ["robots"]' + PAPER,
        lambda r: r.enters(0, "ben", "cell").until(2), [("onset", 0)], id="untrained",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nentry_states = ["locked_out"]', ONE_MINUTE,
        [("onset", 0), ("update", 5), ("update", 30)], id="the-fitter-while-it-is-energised",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nentry_states = ["locked_out"]\nstate = "locked_out"',
        ONE_MINUTE, [], id="the-same-step-while-it-is-locked-out",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nentry_states = ["locked_out"]',
        lambda r: r.is_set(0, "cell", "locked_out").enters(5, "anna", "cell")
        .is_set(20, "cell", "energised").until(22),
        [("onset", 20)], id="energised-with-the-fitter-inside",
    ),
    pytest.param(
        CELL + 'open_states = ["locked_out"]',
        lambda r: r.enters(0, "cleo", "cell").is_set(2, "cell", "locked_out").until(60),
        [("onset", 0), ("clear", 22)], id="locked-out-it-is-nobodys-business",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nhours = ["early"]' + EARLY, ONE_MINUTE, [], id="in-the-shift",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nhours = ["early"]' + EARLY,
        lambda r: r.enters(6 * 3600 - 5, "anna", "cell").until(6 * 3600 + 1),
        [("onset", 6 * 3600)], id="the-shift-ends-while-inside",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]',
        lambda r: r.enters(0, "ben", "cell").enters(3, "cleo", "cell").until(60), [],
        id="escorted",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]',
        lambda r: r.enters(0, "cleo", "cell").enters(4, "ben", "cell").until(60), [],
        id="the-escort-is-a-step-behind",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]',
        lambda r: r.enters(0, "cleo", "cell").until(12), [("onset", 10)], id="no-escort-comes",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]',
        lambda r: r.enters(0, "ben", "cell").enters(1, "cleo", "cell").leaves(40, "ben", "cell")
        .until(52),
        [("onset", 50)], id="the-escort-leaves",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]\ntraining = ["robots"]' + PAPER_OF_BEN,
        lambda r: r.enters(0, "ben", "cell").enters(1, "cleo", "cell").until(60), [],
        id="a-trained-guide-escorts",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]\ntraining = ["robots"]'
        + PAPER_OF_BEN.replace("11-02", "11-01"),
        lambda r: r.enters(0, "ben", "cell").enters(1, "cleo", "cell").until(12),
        [("onset", 10), ("onset", 11)], id="a-guide-whose-training-has-run-out-escorts-nobody",
    ),
    pytest.param(
        CELL + 'roles = ["fitter"]\nescort = ["guide"]\nentry_states = ["locked_out"]',
        lambda r: r.enters(0, "ben", "cell").enters(1, "cleo", "cell").until(3),
        [("onset", 0), ("onset", 1)], id="an-escort-does-not-make-it-safe",
    ),
    pytest.param(
        CELL + 'within = "yard"\nroles = ["fitter"]',
        lambda r: r.enters(0, "anna", "cell", "yard").until(60), [], id="a-zone-within-another",
    ),
    pytest.param(
        CELL + '[[zone]]\nid = "booth"\nwithin = "cell"\n',
        lambda r: r.enters(0, "anna", "cell", "booth").until(30).leaves(30, "anna", "booth")
        .until(32),
        [("onset", 30)], id="back-out-of-a-zone-within-another",
    ),
    pytest.param(
        CELL + '[[zone]]\nid = "booth"\nwithin = "cell"\n',
        lambda r: r.enters(0, "anna", "cell").until(2).enters(2, "anna", "booth").until(30),
        [("onset", 0), ("clear", 22)], id="on-into-a-zone-within-another",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("zones", "play", "said"), CASES)
def test_who_may_be_there(zones: str, play: Play, said: list[Say]) -> None:
    assert play(Round(zones)).said() == said


def test_the_same_step_is_sev1_or_nothing() -> None:
    """What the zone's state decides, severity sees: live or not."""
    play = Round(CELL).enters(0, "cleo", "cell").until(1)
    assert play.found[-1].facts["live"] is True
    dead = Round(CELL).is_set(0, "cell", "locked_out").enters(1, "cleo", "cell").until(2)
    assert dead.found[-1].facts["live"] is False


def test_a_state_that_worsens_is_told_at_once() -> None:
    play = Round(CELL).is_set(0, "cell", "locked_out").enters(1, "cleo", "cell").until(2)
    play.is_set(3, "cell", "energised").until(4)
    assert play.said() == [("onset", 1), ("update", 3)]
    assert play.last("zone_breach").facts["live"] is True


@pytest.mark.parametrize(
    ("later", "earlier", "live"),
    [
        pytest.param("locked_out", "energised", False, id="locked out since"),
        pytest.param("energised", "locked_out", True, id="energised since"),
    ],
)
def test_an_older_state_that_comes_late_does_not_count(
    later: EnergyState, earlier: EnergyState, live: bool
) -> None:
    play = Round(CELL).is_set(5, "cell", later).is_set(3, "cell", earlier)
    play.enters(6, "cleo", "cell").until(7)
    assert play.last("zone_breach").facts["live"] is live


def test_a_state_that_flickers_is_no_stream() -> None:
    play = Round(CELL).enters(0, "cleo", "cell").until(1)
    for second in range(2, 60):
        play.is_set(second, "cell", "locked_out" if second % 2 else "energised")
    assert len(play.said()) <= 3 + 60 / 5


def test_a_certificate_expires_at_midnight_on_the_sites_clock() -> None:
    zones = CELL + 'roles = ["fitter"]\ntraining = ["robots"]' + PAPER
    play = Round(zones).enters(0, "anna", "cell").until(16 * 3600 + 1)
    assert play.said()[0] == ("onset", 16 * 3600)
    assert play.last("zone_breach").facts["authorised"] == "expired"


@pytest.mark.parametrize(
    ("zones", "who", "authorised", "why"),
    [
        pytest.param("", "cleo", "no", "is not among who may be there", id="nobody"),
        pytest.param(
            "permit_required = true", "cleo", "no", "has no permit", id="no-permit",
        ),
        pytest.param(
            "permit_required = true" + PERMIT.replace("T08:10", "T07:50"), "cleo", "expired",
            "the permit has run out", id="permit-over",
        ),
        pytest.param(
            'roles = ["fitter"]\ntraining = ["robots"]' + PAPER, "ben", "no",
            "the training robots is missing", id="never-trained",
        ),
        pytest.param(
            'roles = ["fitter"]\ntraining = ["robots"]' + PAPER.replace("11-02", "11-01"), "anna",
            "expired", "the training robots has run out", id="trained-once",
        ),
        pytest.param(
            'roles = ["fitter"]\nhours = ["early"]' + EARLY.replace("06:00", "09:00"), "anna", "no",
            "it is outside the hours", id="too-early",
        ),
        pytest.param(
            'roles = ["fitter"]\nentry_states = ["maintenance"]', "anna", "no",
            "the zone is energised", id="energised",
        ),
    ],
)  # fmt: skip
def test_why_not(zones: str, who: str, authorised: str, why: str) -> None:
    breach = Round(CELL + zones).enters(0, who, "cell").until(1).last("zone_breach")
    assert breach.facts["authorised"] == authorised
    assert why in breach.reason


@pytest.mark.parametrize(
    ("begins", "leaves_s"),
    [
        # On 2026-10-25 at 03:00 Stockholm's clock goes back to 02:00; on 2026-03-29 at 02:00 it
        # goes on to 03:00. A night shift of eight hours on the clock lasts nine, or seven.
        pytest.param("2026-10-24T22:00:00+02:00", 9 * 3600, id="the-night-that-is-an-hour-longer"),
        pytest.param("2026-03-28T22:00:00+01:00", 7 * 3600, id="the-night-that-is-an-hour-shorter"),
        pytest.param("2026-11-07T22:00:00+01:00", 8 * 3600, id="any-other-night"),
    ],
)
def test_a_night_shift_follows_the_clock_through_its_changes(begins: str, leaves_s: int) -> None:
    night = (
        EARLY.replace("06:00", "22:00")
        .replace("14:00", "06:00")
        .replace('"mon", "tue", "wed", "thu", "fri"', '"sat"')
    )
    play = Round(CELL + 'roles = ["fitter"]\nhours = ["early"]' + night, begins=begins)
    play.enters(0, "anna", "cell")
    play.until(leaves_s + 1)
    assert play.said()[0] == ("onset", leaves_s)


def test_a_shift_does_not_begin_on_a_holiday() -> None:
    closed = EARLY + 'not_on = ["holidays"]\n[[calendar]]\nid = "holidays"\ndates = [2026-11-02]\n'
    play = Round(CELL + 'roles = ["fitter"]\nhours = ["early"]' + closed, begins=MONDAY)
    assert play.enters(0, "anna", "cell").until(1).said() == [("onset", 0)]


def test_a_rescuer_with_the_training_may_go_in_to_who_is_down() -> None:
    tank = (
        CELL
        + 'idlh = true\nrescue_training = ["rescue"]\nwearers = ["dan"]'
        + PAPER.replace("robots", "rescue")
    )
    play = Round(tank).enters(0, "dan", "cell").goes_down(5, "dan", "cell")
    assert play.enters(20, "anna", "cell").until(60).said() == []
    assert play.enters(61, "ben", "cell").until(62).said() == [("onset", 61)]


def test_what_fell_due_while_reads_were_late_is_told_with_the_next_tick() -> None:
    """An agent that was cut off delivers a minute late: the breach has lasted, and that is told."""
    play = Round(CELL).until(60).enters(20, "cleo", "cell").until(62)
    assert play.said() == [("onset", 20), ("update", 60)]
    assert play.last("zone_breach").evidence["dwell_s"] == 40


def test_a_crossing_looks_at_who_crosses_however_many_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    play = Round(CELL)
    for number in range(200):
        play.enters(0, f"crew-{number}", "cell")
    judged: list[str] = []
    judge = Permissions.judge

    def counted(permissions: Permissions, person: str, *rest: Any) -> Verdict:
        judged.append(person)
        return judge(permissions, person, *rest)

    monkeypatch.setattr(Permissions, "judge", counted)
    play.enters(1, "cleo", "cell").leaves(2, "cleo", "cell")
    assert set(judged) == {"cleo"}
