"""A state machine of all that can happen to incidents, to channels, to clocks and to backends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend.errors import BackendError
from backend.incidents.acknowledge import Acknowledger
from backend.incidents.call_answers import Answer
from backend.incidents.outcome import Outcome
from contract.detection import Detection
from contract.instants import ns, seconds
from contract.severity import Severity
from tests.backend.law.hall import POLICIES, Fails, Hall, policy
from tests.backend.law.promise import DONE, Promise

RESPONDERS = ("karin-ek", "omar-said", "ines-falk", "gustav-dahl")
BELTS = ("belt-03", "belt-10", "belt-12", "belt-03")
"""The first, which can ask and is of nobody who works alone, is drawn more often."""
LONE = "belt-10"
UNSURE, SURE = 0.4, 0.9
STEPS_S = (-86_400.0, -3600.0, -120.0, -10.0, 10.0, 120.0, 3600.0, 86_400.0)
LONGEST_WAIT_S = 90_000
MOST_INCIDENTS = 7
"""Then nobody falls any more: what there is goes through more."""


def few(law: Law) -> bool:
    """Whether one more may fall."""
    return len(law.promise.seen) < MOST_INCIDENTS


@dataclass
class Claim:
    """A fall that can be told more about."""

    device: str
    began_ns: int
    told: list[Detection]


class Law(RuleBasedStateMachine):
    """Three wearers, four responders, one backend or two, and clocks."""

    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="floorwatch-law-")
        path = Path(self.folder.name) / "backend.sqlite"
        if Law.template is not None:
            shutil.copy(Law.template, path)
        self.hall = Hall(f"sqlite:///{path}")
        self.promise = Promise(self.hall)
        self.claims: list[Claim] = []
        self.ahead_s = dict.fromkeys(BELTS, 0.0)
        self.taps = 0

    def teardown(self) -> None:
        self.hall.ear.empty()
        self.hall.close()
        self.folder.cleanup()

    # What is measured.

    @initialize(
        ahead_s=st.sampled_from([0.0, 240.0]),
        kind=st.sampled_from(["fall", "unsure", "drill", "sos", "no_motion"]),
        device=st.sampled_from(BELTS),
    )
    def begins(self, ahead_s: float, kind: str, device: str) -> None:
        self.ahead_s["belt-03"] = ahead_s
        match kind:
            case "sos":
                self.sos(device)
            case "no_motion":
                self.no_motion(device)
            case _:
                self.fall(device, UNSURE if kind == "unsure" else SURE, drill=kind == "drill")

    @precondition(few)
    @rule(
        device=st.sampled_from(BELTS),
        confidence=st.sampled_from([UNSURE, SURE]),
        drill=st.sampled_from([False, False, True]),
    )
    def fall(self, device: str, confidence: float, drill: bool) -> None:
        told = self._told("fall", device, confidence=confidence, exercise=drill)
        began_ns = self.hall.true_ns
        self.promise.take(told, began_ns=began_ns)
        self.claims.append(Claim(device, began_ns, [told]))

    @precondition(few)
    @rule(device=st.sampled_from(BELTS))
    def sos(self, device: str) -> None:
        self.promise.take(self._told("sos", device), began_ns=self.hall.true_ns)

    @precondition(few)
    @rule(device=st.sampled_from(BELTS))
    def no_motion(self, device: str) -> None:
        told = self._told("no_motion", device, onset_s=-150)
        self.promise.take(told, began_ns=self.hall.true_ns - ns(150))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), still_s=st.sampled_from([0.0, 15.0, 60.0, 600.0]))
    def update(self, data: st.DataObject, still_s: float) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        if still_s > seconds(self.hall.true_ns - claim.began_ns):
            return  # nobody can have lain still for longer than since the fall
        told = self._of(claim, self._told("fall", claim.device, still_s=still_s), "update")
        self.promise.take(told, began_ns=claim.began_ns, news=still_s > 0, still_s=still_s)
        claim.told.append(told)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def gets_up(self, data: st.DataObject) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        told = self._of(claim, self._told("fall", claim.device), "clear")
        self.promise.take(told, began_ns=claim.began_ns, news=False)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """A copy of what was told already does nothing."""
        claim = data.draw(st.sampled_from(self.claims))
        before = self.promise.rows()
        self.hall.receive(data.draw(st.sampled_from(claim.told)))
        after = self.promise.rows()
        assert {n: r.status for n, r in before.items()} == {n: r.status for n, r in after.items()}

    @precondition(lambda self: self.promise.seen)
    @rule(device=st.sampled_from(BELTS), kind=st.sampled_from(["cancel", "all_right"]))
    def word(self, device: str, kind: str) -> None:
        self.hall.receive(self._told(kind, device))
        self.promise.word(device)

    # What people do.

    @precondition(lambda self: self.promise.seen)
    @rule(
        data=st.data(), who=st.sampled_from(RESPONDERS), answer=st.sampled_from(Answer),
        via=st.sampled_from(["link", "api"]), fresh=st.booleans(),
    )  # fmt: skip
    def answer(self, data: st.DataObject, who: str, answer: Answer, via: Any, fresh: bool) -> None:
        self.taps += fresh
        key = f"tap-{self.taps if fresh else 0}"
        self._act(data, lambda acts, n: acts.answer(n, who, answer, via, key))

    @precondition(lambda self: self.promise.seen)
    @rule(
        data=st.data(), who=st.sampled_from(RESPONDERS), there=st.booleans(),
        times=st.integers(0, 3),
    )  # fmt: skip
    def somebody_takes_it(self, data: st.DataObject, who: str, there: bool, times: int) -> None:
        """Somebody takes what is open, and then says no more for a while."""
        rows = [row for row in self.promise.rows().values() if row.status != "resolved"]
        if rows:
            row = data.draw(st.sampled_from(rows))
            self.taps += 1
            answer, key = Answer.ON_SCENE if there else Answer.ACKNOWLEDGE, f"tap-{self.taps}"
            self._do(row, lambda acts, n: acts.answer(n, who, answer, "link", key))
            self._until_due(row.id, times)

    @precondition(lambda self: self.promise.seen)
    @rule(data=st.data(), answer=st.sampled_from(Answer))
    def holder_says(self, data: st.DataObject, answer: Answer) -> None:
        """Whoever has it speaks: they are there, ask for more time, or give it back."""
        rows = [row for row in self.promise.rows().values() if row.acknowledged_by]
        if rows:
            row = data.draw(st.sampled_from(rows))
            self.taps += 1
            who, key = str(row.acknowledged_by), f"tap-{self.taps}"
            self._do(row, lambda acts, n: acts.answer(n, who, answer, "link", key))

    @precondition(lambda self: self.promise.seen)
    @rule(
        data=st.data(), who=st.sampled_from(RESPONDERS), outcome=st.sampled_from([None, *Outcome])
    )
    def resolve(self, data: st.DataObject, who: str, outcome: Outcome | None) -> None:
        self._act(data, lambda acts, n: acts.resolve(n, who, "seen to", outcome), eases=True)

    @precondition(lambda self: self.promise.seen)
    @rule(data=st.data(), who=st.sampled_from(RESPONDERS))
    def reopen(self, data: st.DataObject, who: str) -> None:
        number = self._act(data, lambda acts, n: acts.reopen(n, who, "she is dizzy"))
        if number is not None:
            self.promise.seen[number].eased = False
            self.promise.seen[number].evidence_ns = self.hall.true_ns

    @precondition(lambda self: self.promise.seen)
    @rule(data=st.data(), who=st.sampled_from(RESPONDERS), tier=st.sampled_from(Severity))
    def set_tier(self, data: st.DataObject, who: str, tier: Severity) -> None:
        eases = tier in (Severity.SEV3, Severity.SEV4)
        self._act(data, lambda acts, n: acts.set_severity(n, who, tier, "I see him"), eases=eases)

    @precondition(lambda self: self.promise.seen)
    @rule(who=st.sampled_from(RESPONDERS))
    def leaves(self, who: str) -> None:
        with self.hall.parts.database.write() as session:
            for table, column in (("contact", "person"), ("on_call", "person"), ("person", "id")):
                session.connection().exec_driver_sql(
                    f"DELETE FROM {table} WHERE {column} = ?", (who,)
                )

    # What breaks.

    @rule(who=st.sampled_from(RESPONDERS), how=st.sampled_from(Fails))
    def cannot_be_reached(self, who: str, how: Fails) -> None:
        self.hall.ear.fails(who, how)

    @rule()
    def can_be_reached(self) -> None:
        self.hall.ear.mends()

    @rule(by_s=st.sampled_from(STEPS_S))
    def clock_is_set(self, by_s: float) -> None:
        self.hall.wall_off_ns += ns(by_s)

    @rule(
        set_s=st.sampled_from([0.0, *STEPS_S]),
        reboots=st.booleans(),
        number=st.sampled_from(range(len(POLICIES))),
    )
    def restarts(self, set_s: float, reboots: bool, number: int) -> None:
        """Every backend ends, and one begins: with another policy, clock or boot, perhaps."""
        self.hall.site = policy(number)
        # Of a reboot nothing tells how long it took: then no clock is set as well.
        self.hall.restarts(away_s=2, set_s=0 if reboots else set_s, reboots=reboots)

    @rule()
    def a_second_one(self) -> None:
        """A second backend begins on the same database, or ends."""
        if len(self.hall.engines) == 1:
            self.hall.another()
            self.hall.tick()  # it may have found that the clock was set: the first is to see that
        else:
            self.hall.ends(1)

    @precondition(lambda self: len(self.hall.engines) > 1)
    @rule()
    def the_other_looks_first(self) -> None:
        self.hall.engines.reverse()
        self.hall.parts = self.hall.engines[0]

    @precondition(few)
    @rule(device=st.sampled_from(BELTS))
    def dies_with_pages_in_hand(self, device: str) -> None:
        told = self._told("sos", device)
        receipt = self.hall.parts.intake.receive(told, self.hall.parts.clock())
        self.hall.dies_with_pages_in_hand()
        self.promise.saw(receipt.incident)

    # What time does.

    @rule(wait_s=st.sampled_from([1, 5, 20, 61, 240, 900, 1800, 5000, LONGEST_WAIT_S]))
    def waits(self, wait_s: float) -> None:
        self.hall.passes(wait_s, self.promise.holds)
        self.hall.ear.empty()

    @precondition(lambda self: self.promise.seen)
    @rule(data=st.data(), times=st.sampled_from([1, 2, 4, 7]))
    def nobody_says_anything(self, data: st.DataObject, times: int) -> None:
        """Wait for what an incident waits for: a hold, a rung, the end of a lease, a question."""
        self._until_due(data.draw(st.sampled_from(sorted(self.promise.rows()))), times)

    @invariant()
    def holds(self) -> None:
        self.promise.holds(self.hall.late_s)
        self.hall.ear.empty()

    # How it is done.

    def _told(self, kind: str, device: str, onset_s: float = 0, **claim: Any) -> Detection:
        self.hall.true_ns += 1000  # no two things happen at one instant
        DONE[kind] += 1
        lone: dict[str, Any] = (
            {"lone": True} if device == LONE and kind in ("fall", "no_motion") else {}
        )
        told = self.hall.detection(kind, device, onset_s=onset_s, **lone, **claim)
        ahead_ns = ns(self.ahead_s[device])
        return told.model_copy(
            update={
                "onset_ns": told.onset_ns + ahead_ns,
                "decided_ns": told.decided_ns + ahead_ns,
                "heard_ns": self.hall.now_ns,
            }
        )

    def _until_due(self, number: int, times: int) -> None:
        for _ in range(times):
            row = self.promise.rows()[number]
            due_ns = [each for each in (row.next_ns, row.asking_until_ns) if each is not None]
            if not due_ns:
                return
            wait_s = max(1.0, seconds(min(due_ns) - self.hall.now_ns))
            self.hall.passes(min(wait_s, LONGEST_WAIT_S), self.promise.holds)

    def _of(self, claim: Claim, told: Detection, phase: str) -> Detection:
        first = claim.told[0]
        same = {"id": first.id, "onset_ns": first.onset_ns, "exercise": first.exercise}
        return told.model_copy(update={**same, "phase": phase})

    def _act(
        self,
        data: st.DataObject,
        act: Callable[[Acknowledger, int], object],
        *,
        eases: bool = False,
    ) -> int | None:
        rows = self.promise.rows()
        row = data.draw(st.sampled_from([rows[number] for number in sorted(rows)]))
        return self._do(row, act, eases=eases)

    def _do(
        self,
        before: Any,
        act: Callable[[Acknowledger, int], object],
        *,
        eases: bool = False,
    ) -> int | None:
        number: int = before.id
        try:
            act(self.hall.parts.acknowledger, number)
        except BackendError:
            return None  # a refusal says so, and changes nothing
        after = self.promise.rows()[number]
        seen = self.promise.seen[number]
        seen.eased |= eases
        if (before.status, before.lease, before.severity, before.entries) != (
            after.status, after.lease, after.severity, after.entries,
        ):  # fmt: skip
            seen.spoken_ns = self.hall.true_ns
        return number
