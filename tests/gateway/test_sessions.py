"""A session that somebody checks in to outlives the gateway's process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract import sitefile
from contract.detection import Detection
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from contract.message import Block
from contract.site import Site
from detectors.catalogue import build
from detectors.persons import Whose
from detectors.pipeline import Pipeline
from gateway.database import transaction
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.restart import take_up
from gateway.sessions import LastingSessions
from tests.support.site_of_two import START_NS, batch, imu, site_text

CHECK_IN = '\n[[detector]]\nkind = "missed_check_in"\nevery_s = 700\ngrace_s = 20\narrive_s = 30\n'
LONE = 'name = "Nora Falk"\nlone = true'


class Plant:
    """A gateway's core on a disk. Time passes and a belt is heard now and then, until a crash."""

    def __init__(self, folder: Path, *, lone: bool = False) -> None:
        self.folder, self.lone = folder, lone
        self.at_s = 0
        self.worn = True
        self.told: list[Detection] = []
        self._seq = 0
        self._begin()

    @property
    def site(self) -> Site:
        text = site_text() + CHECK_IN
        return sitefile.parse(text.replace('name = "Nora Falk"', LONE) if self.lone else text)

    def _begin(self) -> None:
        self._ledger = Ledger(self.folder, self.site)
        self._pipeline = Pipeline(self.site, build(self.site))
        self._ingest = Ingest(self.site, self._pipeline)
        self._sessions = LastingSessions(self._ledger, self._pipeline.lasting, self._now_ns)
        take_up(self._ledger, self._ingest, self._pipeline, self.told.extend, self._now_ns)

    def _now_ns(self) -> int:
        return START_NS + self.at_s * NS_PER_S

    def lives(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            if self.at_s % 10 == 0:
                self.block(imu(self._next(), t0_ns=self._now_ns()).model_copy(update=self._on()))
            effects = self._ingest.tick(self._now_ns())
            if effects.durable_wanted:
                self._ledger.commit(effects, self._now_ns())
            self._sessions.write()
            self.at_s += 1

    def press(self, detail: str = "", *, age_s: int = 0) -> None:
        """Press `check-in` on the belt, some time ago."""
        at_ns = self._now_ns() - age_s * NS_PER_S
        named = {"event": "check-in", "detail": detail}
        self.block(EventBlock(device="belt-1", boot=1, seq=self._next(), t0_ns=at_ns, **named))

    def block(self, block: Block) -> None:
        """Record a block, as the worker does."""
        topic = "floorwatch/1/dock-2/edge-1/batch"
        effects = self._ingest.receive(topic, batch(block), self._now_ns())
        self._ledger.commit(effects, self._now_ns())
        self._ingest.durable(record.identity for record in effects.records)

    def crash(self, away_s: int = 1) -> None:
        """Forget all that is not on the disk; somebody starts it again."""
        self._ledger.close()
        self.at_s += away_s
        self._begin()

    def missed(self) -> list[str]:
        """Return what the backend is told of missed check-ins."""
        return [
            found.phase
            for found in map(Detection.model_validate_json, self._bodies())
            if found.kind == "missed_check_in"
        ]

    def _bodies(self) -> list[bytes]:
        return self._ledger.outbox.after(0, 1000)[0]

    def _on(self) -> dict[str, bool]:
        return {"worn": self.worn}

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def never_crashed(plant: Plant) -> None:
    plant.press()
    plant.lives(730)


def crashed_long_after_the_press(plant: Plant) -> None:
    plant.press()
    plant.lives(650)
    plant.crash()
    plant.lives(80)


def crashed_a_moment_after_the_press(plant: Plant) -> None:
    plant.lives(20)
    plant.press()
    plant.crash()
    plant.lives(730)


def crashed_again_and_again(plant: Plant) -> None:
    plant.press()
    for _ in range(6):
        plant.lives(115)
        plant.crash()
    plant.lives(60)


def pressed_while_the_gateway_was_away(plant: Plant) -> None:
    plant.press()
    plant.lives(650)
    plant.crash(away_s=150)
    plant.lives(20)
    plant.press(age_s=125)
    plant.lives(150)


def took_the_belt_off_before_the_crash(plant: Plant) -> None:
    plant.press()
    plant.lives(40)
    plant.worn = False
    plant.lives(620)
    plant.crash()
    plant.lives(760)


def had_lunch_before_the_crash(plant: Plant) -> None:
    plant.press()
    plant.lives(40)
    plant.worn = False
    plant.lives(40)
    plant.worn = True
    plant.lives(620)
    plant.crash()
    plant.lives(760)


def ended_it_before_the_crash(plant: Plant) -> None:
    plant.press()
    plant.lives(40)
    plant.press("end")
    plant.lives(620)
    plant.crash()
    plant.lives(760)


def told_before_the_crash_and_checks_in_after_it(plant: Plant) -> None:
    plant.press()
    plant.lives(730)
    plant.crash()
    plant.lives(40)
    plant.press()
    plant.lives(5)


CASES: dict[str, tuple[Callable[[Plant], None], list[str]]] = {
    "no crash": (never_crashed, ["onset"]),
    "a crash long after the press": (crashed_long_after_the_press, ["onset"]),
    "a crash a moment after the press": (crashed_a_moment_after_the_press, ["onset"]),
    "crashes again and again": (crashed_again_and_again, ["onset"]),
    "pressed while the gateway was away": (pressed_while_the_gateway_was_away, []),
    "the belt was taken off before": (took_the_belt_off_before_the_crash, []),
    "taken off and put on again before": (had_lunch_before_the_crash, []),
    "ended before": (ended_it_before_the_crash, []),
    "told before, checked in after": (
        told_before_the_crash_and_checks_in_after_it, ["onset", "clear"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("play", "told"), CASES.values(), ids=CASES)
def test_a_crash_changes_nothing_of_a_session(
    tmp_path: Path, play: Callable[[Plant], None], told: list[str]
) -> None:
    plant = Plant(tmp_path)
    play(plant)
    assert plant.missed() == told


def test_who_works_alone_is_not_given_more_time_by_each_crash(tmp_path: Path) -> None:
    plant = Plant(tmp_path, lone=True)
    for _ in range(17):
        plant.lives(40)
        plant.crash()
    plant.lives(70)
    assert plant.missed() == ["onset"]


def test_who_works_alone_by_another_site_file_has_a_session_when_heard_anew(
    tmp_path: Path,
) -> None:
    plant = Plant(tmp_path)
    plant.lives(50)
    plant.worn = False
    plant.lives(5)
    plant.lone = True
    plant.crash()
    plant.worn = True
    plant.lives(730)
    assert plant.missed() == ["onset"]


@pytest.mark.parametrize(
    ("whose", "body"),
    [
        pytest.param(Whose("missed_check_in#0", "n-falk"), b"{}", id="another layout"),
        pytest.param(Whose("missed_check_in#0", "n-falk"), b"\xff", id="garbage"),
        pytest.param(Whose("missed_check_in#7", "n-falk"), b"{}", id="no such detector"),
        pytest.param(Whose("fall#0", "n-falk"), b"{}", id="a detector of devices"),
        pytest.param(Whose("missed_check_in#0", "who"), b"{}", id="nobody of this site"),
    ],
)
def test_what_cannot_be_resumed_is_said_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whose: Whose, body: bytes
) -> None:
    with Ledger(tmp_path, Plant(tmp_path / "other").site) as ledger, transaction(ledger.connection):
        ledger.lasting.keep({whose: body}, 0)
    plant = Plant(tmp_path)
    assert "session-not-resumed" in capsys.readouterr().out
    never_crashed(plant)
    assert plant.missed() == ["onset"]


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    plant.press()
    plant.lives(3)
    written = plant._ledger.connection.total_changes
    for _ in range(9):
        plant._sessions.write()
    assert plant._ledger.connection.total_changes == written


def test_a_still_person_is_not_watched_anew_after_a_crash(tmp_path: Path) -> None:
    """Two minutes still, a crash, and half a minute later it is told."""
    text = site_text() + '\n[[detector]]\nkind = "no_motion"\nstill_s = 120\npre_alarm_s = 30\n'
    still = ((0.0, 1.0, 0.002), (0.0, 1.0, -0.002)) * 25
    moving = ((0.0, 1.0, 0.5), (0.0, 1.0, -0.5)) * 25
    site = sitefile.parse(text)
    now_ns = START_NS + 140 * NS_PER_S

    def blocks(first: int, last: int) -> list[ImuBlock]:
        return [imu(seq, accel_g=moving if seq < 20 else still) for seq in range(first, last)]

    with Ledger(tmp_path, site) as ledger:
        for part in (blocks(0, 140), blocks(140, 180)):
            pipeline = Pipeline(site, build(site))
            ingest = Ingest(site, pipeline)
            take_up(
                ledger,
                ingest,
                pipeline,
                list[Detection]().extend,
                lambda: now_ns,
            )
            for block in part:
                effects = ingest.receive("floorwatch/1/dock-2/edge-1/batch", batch(block), now_ns)
                ledger.commit(effects, START_NS)
        told = [Detection.model_validate_json(each) for each in ledger.outbox.after(0, 1000)[0]]
    (found,) = [each for each in told if each.kind == "no_motion"]
    assert (found.decided_ns - START_NS) / NS_PER_S == pytest.approx(171, abs=3)
