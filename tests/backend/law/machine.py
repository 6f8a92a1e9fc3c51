"""The law: unless a named human has resolved it or is on scene, somebody is called in time.

A state machine of all that can happen to incidents. What must hold is kept apart from the code that
is tested: what was seen of whom, what a human said of it, and when somebody was last called.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import func, select

from backend.database.tables import IncidentRow, PageAttemptRow, PageRow, PersonRow
from backend.due.uncalled import uncalled
from backend.errors import BackendError
from backend.incidents.call_answers import Answer
from backend.incidents.outcome import Outcome
from contract.detection import Detection
from contract.instants import ns, seconds
from contract.severity import Severity
from tests.support.pages import PERSON_OF, Pager

RESPONDERS = ("karin-ek", "omar-said", "ines-falk", "gustav-dahl")
BELTS = ("belt-03", "belt-10", "belt-12")
LONE = "belt-10"
HOLD_S = 20
"""A possible event waits so long for its wearer, and no longer."""
IN_DANGER_S = 900
"""SEV1 and SEV2: a lease of SEV2, and the slowest round of the last resort."""
EASED_S = 4500
"""SEV3: its lease, and the silence after the question."""
THERE_S = 3600
"""On scene, SEV2: then whoever is there is asked."""
VISITED: Counter[tuple[str, str, str, str, bool]] = Counter()
"""Status, escalation, check-call, tier and exercise of every incident at every look."""


@dataclass
class Seen:
    """What was seen of one incident, whatever the code makes of it."""

    evidence_ns: int
    """When somebody was last seen in need, and no human has spoken of it since."""
    eased: bool = False
    """A human, or the wearer in time, has said since that it is not so bad."""
    spoken_ns: int = 0
    """When a human last said anything of it."""
    asked_about_ns: int = 0
    """When its newest claim was made: the wearer's word answers no older one."""


@dataclass
class Claim:
    """A fall that can be told more about."""

    device: str
    onset_ns: int
    incident: int
    told: list[Detection]


class Law(RuleBasedStateMachine):
    """One backend, three wearers, four responders, and a clock."""

    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="floorwatch-law-")
        path = Path(self.folder.name) / "backend.sqlite"
        if Law.template is not None:
            shutil.copy(Law.template, path)
        self.pager = Pager(f"sqlite:///{path}")
        self.seen: dict[int, Seen] = {}
        self.claims: list[Claim] = []
        self.ahead_s = dict.fromkeys(BELTS, 0.0)
        self.taps = 0
        self.words_ns: dict[str, int] = {}

    def teardown(self) -> None:
        self.pager.inbox.empty()
        self.pager.close()
        self.folder.cleanup()

    # What is measured.

    @initialize(
        ahead_s=st.sampled_from([0.0, 240.0]),
        kind=st.sampled_from(["fall", "sos", "no_motion"]),
        device=st.sampled_from(BELTS),
    )
    def begins(self, ahead_s: float, kind: str, device: str) -> None:
        self.ahead_s["belt-03"] = ahead_s
        match kind:
            case "fall":
                self.fall(device, 0.9, drill=False)
            case "sos":
                self.sos(device)
            case _:
                self.no_motion(device)

    @rule(
        device=st.sampled_from(BELTS), confidence=st.sampled_from([0.4, 0.9]), drill=st.booleans()
    )
    def fall(self, device: str, confidence: float, drill: bool) -> None:
        told = self._told("fall", device, confidence=confidence, exercise=drill)
        number = self._take(told)
        self.claims.append(Claim(device, told.onset_ns, number, [told]))

    @rule(device=st.sampled_from(BELTS))
    def sos(self, device: str) -> None:
        self._take(self._told("sos", device))

    @rule(device=st.sampled_from(BELTS))
    def no_motion(self, device: str) -> None:
        self._take(self._told("no_motion", device, onset_s=-150))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), still_s=st.sampled_from([0.0, 15.0, 60.0, 600.0]))
    def update(self, data: st.DataObject, still_s: float) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        told = self._told("fall", claim.device, still_s=still_s)
        told = told.model_copy(
            update={
                "id": claim.told[0].id,
                "phase": "update",
                "onset_ns": claim.onset_ns,
                "exercise": claim.told[0].exercise,
            }
        )
        since_fall_s = seconds(told.decided_ns - claim.onset_ns)
        if still_s > since_fall_s:
            return  # nobody can have lain still for longer than since the fall
        claim.incident = self._take(told, news=still_s > 0, still_s=still_s) or claim.incident
        claim.told.append(told)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        """A copy of what was told already does nothing."""
        claim = data.draw(st.sampled_from(self.claims))
        before = self._rows()
        self.pager.receive(data.draw(st.sampled_from(claim.told)))
        after = self._rows()
        assert {n: r.status for n, r in before.items()} == {n: r.status for n, r in after.items()}

    @precondition(lambda self: self.seen)
    @rule(device=st.sampled_from(BELTS), kind=st.sampled_from(["cancel", "all_right"]))
    def word(self, device: str, kind: str) -> None:
        now_ns = self.pager.now_ns
        self.pager.receive(self._told(kind, device))
        person = PERSON_OF[device]
        self.words_ns[person] = now_ns
        for number, row in self._rows().items():
            seen = self.seen.get(number)
            # The wearer is asked for a minute about each claim, and speaks for no older one.
            theirs = row.person == person and row.kind in ("fall", "no_motion")
            if seen and theirs and now_ns - seen.asked_about_ns <= ns(60):
                seen.eased, seen.spoken_ns = True, now_ns

    # What people do.

    @precondition(lambda self: self.seen)
    @rule(
        data=st.data(), who=st.sampled_from(RESPONDERS), answer=st.sampled_from(Answer),
        via=st.sampled_from(["link", "api"]), fresh=st.booleans(),
    )  # fmt: skip
    def answer(self, data: st.DataObject, who: str, answer: Answer, via: Any, fresh: bool) -> None:
        self.taps += fresh
        key = f"tap-{self.taps if fresh else 0}"
        self._act(data, lambda acts, n: acts.answer(n, who, answer, via, key))

    @precondition(lambda self: self.seen)
    @rule(
        data=st.data(), who=st.sampled_from(RESPONDERS), outcome=st.sampled_from([None, *Outcome])
    )
    def resolve(self, data: st.DataObject, who: str, outcome: Outcome | None) -> None:
        self._act(data, lambda acts, n: acts.resolve(n, who, "seen to", outcome), eases=True)

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), who=st.sampled_from(RESPONDERS))
    def reopen(self, data: st.DataObject, who: str) -> None:
        number = self._act(data, lambda acts, n: acts.reopen(n, who, "she is dizzy"))
        if number is not None:
            self.seen[number].eased = False
            self.seen[number].evidence_ns = self.pager.now_ns

    @precondition(lambda self: self.seen)
    @rule(data=st.data(), who=st.sampled_from(RESPONDERS), tier=st.sampled_from(Severity))
    def set_tier(self, data: st.DataObject, who: str, tier: Severity) -> None:
        eases = tier in (Severity.SEV3, Severity.SEV4)
        self._act(data, lambda acts, n: acts.set_severity(n, who, tier, "I see him"), eases=eases)

    @precondition(lambda self: self.seen)
    @rule(who=st.sampled_from(RESPONDERS))
    def leaves(self, who: str) -> None:
        with self.pager.parts.database.write() as session:
            for table, column in (("contact", "person"), ("on_call", "person"), ("person", "id")):
                session.connection().exec_driver_sql(
                    f"DELETE FROM {table} WHERE {column} = ?", (who,)
                )

    @rule(who=st.sampled_from(RESPONDERS), permanent=st.booleans())
    def cannot_be_reached(self, who: str, permanent: bool) -> None:
        self.pager.inbox.breaks(who, permanent=permanent)

    @rule()
    def can_be_reached(self) -> None:
        self.pager.inbox.mends()

    @rule()
    def restarts(self) -> None:
        self.pager.parts = self.pager.another()

    @rule(wait_s=st.sampled_from([1, 5, 20, 60, 61, 240, 300, 900, 1800, 5000, 90_000]))
    def waits(self, wait_s: int) -> None:
        end_ns = self.pager.now_ns + ns(wait_s)
        tick_s = max(1.0, wait_s / 30)
        while self.pager.now_ns < end_ns:
            self.pager.now_ns = min(self.pager.now_ns + ns(tick_s), end_ns)
            self.pager.parts.engine.cycle(self.pager.now_ns)
            self._holds(tick_s)
        self.pager.inbox.empty()

    # What must hold.

    def _holds(self, tick_s: float) -> None:
        now_ns = self.pager.now_ns
        rows = self._rows()
        with self.pager.parts.database.read() as session:
            calls = dict(
                session.execute(
                    select(PageRow.incident_id, func.max(PageAttemptRow.started_ns))
                    .join(PageAttemptRow, PageAttemptRow.page_id == PageRow.id)
                    .group_by(PageRow.incident_id)
                ).all()
            )
            somebody = session.scalars(select(PersonRow.id)).first() is not None
            without = uncalled(session, self.pager.parts.overdue.ladders, now_ns)
        assert not somebody or not without, without
        for number, row in rows.items():
            VISITED[row.status, row.escalation, row.check_call, row.severity, row.exercise] += 1
            if row.status == "resolved" or row.exercise or row.severity == "SEV4":
                continue
            seen = self.seen[number]
            longest_s = EASED_S if seen.eased else IN_DANGER_S
            if row.status == "on_scene":
                longest_s = max(longest_s, THERE_S if not seen.eased else 4 * THERE_S)
            since_ns = max(seen.evidence_ns, seen.spoken_ns, calls.get(number, 0))
            silent_s = seconds(now_ns - since_ns)
            assert silent_s <= longest_s + 4 * tick_s, (
                f"incident {number} ({row.severity}, {row.status}, {row.escalation}): nobody was "
                f"called for {silent_s:.0f} s"
            )

    # How it is done.

    def _told(self, kind: str, device: str, onset_s: float = 0, **claim: Any) -> Detection:
        self.pager.now_ns += 1000  # no two things happen at one instant
        lone: dict[str, Any] = (
            {"lone": True} if device == LONE and kind in ("fall", "no_motion") else {}
        )
        told = self.pager.detection(kind, device, onset_s=onset_s, **lone, **claim)
        ahead_ns = ns(self.ahead_s[device])
        return told.model_copy(
            update={
                "onset_ns": told.onset_ns + ahead_ns,
                "decided_ns": told.decided_ns + ahead_ns,
                "heard_ns": self.pager.now_ns,
            }
        )

    def _take(self, told: Detection, *, news: bool = True, still_s: float = 0) -> int:
        """Take in evidence that somebody is in need, and look that somebody is called."""
        before = self._rows()
        receipt = self.pager.receive(told)
        now_ns = self.pager.now_ns
        number = receipt.incident
        row = self._rows()[number]
        old = before.get(number)
        seen = self.seen.setdefault(number, Seen(now_ns))
        if told.phase == "onset" or receipt.created:
            seen.asked_about_ns = now_ns
        spoken_ns = self.words_ns.get(PERSON_OF[told.device], 0)
        if receipt.created and told.kind != "sos" and told.onset_ns - self._fast(told) <= spoken_ns:
            seen.eased, seen.spoken_ns = True, spoken_ns  # said after it began, before it was told
        elif news and not self._known_to_a_human(seen, old, told, still_s):
            seen.evidence_ns, seen.eased = now_ns, False
            assert row.status != "resolved", f"{told.kind} of {told.device} went into a closed file"
        # Whatever became worse is told at once, whoever has it.
        worse = old is not None and row.severity < old.severity and not row.exercise
        if worse or receipt.created:
            self._is_called_for(number, row, now_ns)
        return number

    def _fast(self, told: Detection) -> int:
        return ns(self.ahead_s[told.device])

    def _known_to_a_human(
        self, seen: Seen, old: IncidentRow | None, told: Detection, still_s: float
    ) -> bool:
        """Whether a human has spoken of this very thing since it began."""
        if old is None or not seen.eased:
            return False
        if told.phase == "onset":
            return False
        began_ns = self.pager.now_ns - ns(still_s)
        return began_ns <= seen.spoken_ns or (
            old.status == "resolved" and self.pager.now_ns - (old.resolved_ns or 0) > ns(1800)
        )

    def _is_called_for(self, number: int, row: IncidentRow, since_ns: int) -> None:
        held = row.escalation == "held"
        listed = row.escalation == "digest"
        with self.pager.parts.database.read() as session:
            made = session.scalars(
                select(PageRow.id).where(
                    PageRow.incident_id == number, PageRow.created_ns >= since_ns
                )
            ).first()
        assert made is not None or held or listed, (
            f"incident {number} became {row.severity} and nobody was called"
        )
        assert not held or row.next_ns is None or row.next_ns <= since_ns + ns(HOLD_S)

    def _act(self, data: st.DataObject, act: Any, *, eases: bool = False) -> int | None:
        rows = self._rows()
        if not rows:
            return None
        number: int = data.draw(st.sampled_from(sorted(rows)))
        before = self._rows()[number]
        try:
            act(self.pager.parts.acknowledger, number)
        except BackendError:
            return None  # a refusal says so, and changes nothing
        after = self._rows()[number]
        if eases:
            self.seen[number].eased = True
        if (before.status, before.lease, before.severity, before.entries) != (
            after.status, after.lease, after.severity, after.entries,
        ):  # fmt: skip
            self.seen[number].spoken_ns = self.pager.now_ns
        return number

    def _rows(self) -> dict[int, IncidentRow]:
        with self.pager.parts.database.read() as session:
            rows = session.scalars(select(IncidentRow)).all()
            session.expunge_all()
        return {row.id: row for row in rows}
