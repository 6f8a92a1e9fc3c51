"""What must hold, whatever happened: kept apart from the code that is tested.

What was seen of whom, what a human said of it, and when somebody was last called.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from backend.database.tables import IncidentRow, PageRow, PersonRow
from backend.due.uncalled import uncalled
from backend.paging.outcome import REFUSED_BACKOFF_S
from contract.detection import Detection
from contract.instants import ns, seconds
from tests.backend.law.hall import Hall
from tests.support.pages import PERSON_OF

HOLD_S = 20
"""A possible event waits so long for its wearer, and no longer."""
IN_DANGER_S = 900
"""SEV1 and SEV2: a lease of SEV2, and the slowest round of the last resort."""
EASED_S = 4500
"""SEV3: its lease, and the silence after the question."""
THERE_S = 3600
"""On scene, SEV2: then whoever is there is asked."""
CLOCKS_S = 5
"""Whatever is done to clocks, nobody is called later than this."""
AGAIN_S = REFUSED_BACKOFF_S + 15
"""A page that was refused is tried again by then, by a successor of whoever died with it too."""
WORD_S = 65
"""The wearer is asked for a minute about each claim, and speaks for no older one."""

STANDS = select(
    *(IncidentRow.id, IncidentRow.status, IncidentRow.escalation, IncidentRow.check_call),
    *(IncidentRow.severity, IncidentRow.exercise, IncidentRow.person, IncidentRow.kind),
    *(IncidentRow.lease, IncidentRow.entries, IncidentRow.acknowledged_by),
    *(IncidentRow.resolved_ns, IncidentRow.next_ns, IncidentRow.asking_until_ns),
).order_by(IncidentRow.id)
"""How an incident stands, as columns: it is read after each thing that happens."""
State = tuple[str, str, str, str, bool]
VISITED: Counter[State] = Counter()
"""Status, escalation, check-call, tier and exercise of every incident at every look."""
DONE: Counter[str] = Counter()
"""How often each thing happened."""


@dataclass
class Seen:
    """What was seen of one incident, whatever the code makes of it. In time that really passed."""

    evidence_ns: int
    """When somebody was last seen in need, and no human has spoken of it since."""
    eased: bool = False
    """A human, or the wearer in time, has said since that it is not so bad."""
    spoken_ns: int = 0
    """When a human last said anything of it."""
    asked_about_ns: int = 0
    """When its newest claim was made."""


class Promise:
    """Unless a named human has resolved it or is on scene, somebody is called in time."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.seen: dict[int, Seen] = {}
        self.words_ns: dict[str, int] = {}

    def rows(self) -> dict[int, Any]:
        """Return how every incident stands now."""
        with self.hall.parts.database.read() as session:
            return {row.id: row for row in session.execute(STANDS)}

    def holds(self, late_s: float) -> None:
        """Check everything, after a wait in which nothing was looked at later than `late_s`."""
        rows = self.rows()
        for number, row in rows.items():
            VISITED[row.status, row.escalation, row.check_call, row.severity, row.exercise] += 1
            self._somebody_is_called(number, row, late_s)
        self._nobody_is_forgotten()
        self._no_page_is_given_up(late_s)

    def _somebody_is_called(self, number: int, row: Any, late_s: float) -> None:
        listed = row.severity == "SEV4" or (row.severity == "SEV3" and row.escalation == "digest")
        if row.status == "resolved" or row.exercise or listed:
            return
        seen = self.seen[number]
        longest_s = EASED_S if seen.eased else IN_DANGER_S
        if row.status == "on_scene":
            longest_s = max(longest_s, THERE_S if not seen.eased else 4 * THERE_S)
        called_ns = self.hall.ear.calls.get(number, 0)
        since_ns = max(seen.evidence_ns, seen.spoken_ns, called_ns)
        silent_s = seconds(self.hall.true_ns - since_ns)
        assert silent_s <= longest_s + 4 * late_s + CLOCKS_S, (
            f"incident {number} ({row.severity}, {row.status}, {row.escalation}): nobody was "
            f"called for {silent_s:.0f} s"
        )

    def _nobody_is_forgotten(self) -> None:
        parts = self.hall.parts
        with parts.database.read() as session:
            somebody = session.scalars(select(PersonRow.id).limit(1)).first() is not None
            without = uncalled(session, parts.overdue.ladders, parts.clock())
        assert not somebody or not without, without

    def _no_page_is_given_up(self, late_s: float) -> None:
        refused = self.hall.ear.refused
        if not refused:
            return
        newer = aliased(PageRow)
        replaced = select(newer.id).where(
            newer.incident_id == PageRow.incident_id,
            newer.person == PageRow.person,
            newer.channel == PageRow.channel,
            newer.id > PageRow.id,
        )
        with self.hall.parts.database.read() as session:
            found = session.execute(
                select(PageRow.id, PageRow.incident_id, IncidentRow.status)
                .join(IncidentRow, IncidentRow.id == PageRow.incident_id)
                .where(PageRow.id.in_(refused), PageRow.recalled.is_(False), ~replaced.exists())
            ).all()
        for page, incident, status in found:
            if status == "resolved":
                del refused[page]  # taken back, and should it be opened again others are called
                continue
            spoken_ns = self.seen[incident].spoken_ns if incident in self.seen else 0
            silent_s = seconds(self.hall.true_ns - refused[page])
            # Whoever answers or lowers a tier takes pages back.
            assert spoken_ns >= refused[page] or silent_s <= AGAIN_S + 4 * late_s, (
                f"page {page} of incident {incident} was refused {silent_s:.0f} s ago, and is not "
                "tried again"
            )

    def take(self, told: Detection, *, began_ns: int, news: bool = True, still_s: float = 0) -> int:
        """Take in evidence that somebody is in need, and look that somebody is called."""
        before = self.rows()
        receipt = self.hall.receive(told)
        now_ns = self.hall.true_ns
        number = receipt.incident
        row = self.rows()[number]
        old = before.get(number)
        seen = self.seen.setdefault(number, Seen(now_ns))
        if told.phase == "onset" or receipt.created:
            seen.asked_about_ns = now_ns
        spoken_ns = self.words_ns.get(PERSON_OF[told.device], -1)
        if receipt.created and told.kind != "sos" and began_ns <= spoken_ns:
            seen.eased, seen.spoken_ns = True, spoken_ns  # said after it began, before it was told
        elif news and not self._known_to_a_human(seen, old, told, still_s):
            seen.evidence_ns, seen.eased = now_ns, False
            assert row.status != "resolved", f"{told.kind} of {told.device} went into a closed file"
            milder = row.severity not in ("SEV1", "SEV2")
            assert not (receipt.created and milder), (
                f"{told.kind} of {told.device} opens as {row.severity}: nobody has said that all "
                "is well"
            )
        # Whatever became worse is told at once, whoever has it.
        worse = old is not None and row.severity < old.severity and not row.exercise
        if worse or receipt.created:
            self._is_called_for(number, row)
        return number

    def saw(self, number: int) -> None:
        """Note that somebody was seen in need, and by whom it was taken in does not matter."""
        seen = self.seen.setdefault(number, Seen(self.hall.true_ns))
        seen.evidence_ns, seen.eased = self.hall.true_ns, False

    def _known_to_a_human(self, seen: Seen, old: Any, told: Detection, still_s: float) -> bool:
        """Whether a human has spoken of this very thing since it began."""
        if old is None or not seen.eased or told.phase == "onset":
            return False
        now_ns = self.hall.true_ns
        resolved_s = seconds(self.hall.now_ns - (old.resolved_ns or 0))
        long_over = old.status == "resolved" and resolved_s > 1800 - 2 * CLOCKS_S
        return now_ns - ns(still_s) <= seen.spoken_ns or long_over

    def _is_called_for(self, number: int, row: Any) -> None:
        held, listed = row.escalation == "held", row.escalation == "digest"
        now_ns = self.hall.now_ns
        with self.hall.parts.database.read() as session:
            newest_ns = session.scalars(
                select(PageRow.created_ns)
                .where(PageRow.incident_id == number)
                .order_by(PageRow.created_ns.desc())
                .limit(1)
            ).first()
        made = newest_ns is not None and newest_ns >= now_ns - 1
        assert made or held or listed, f"incident {number} became {row.severity}: nobody was called"
        assert not held or row.next_ns is None or row.next_ns <= now_ns + ns(HOLD_S)

    def word(self, device: str) -> None:
        """The wearer has said that all is well."""
        now_ns = self.hall.true_ns
        person = PERSON_OF[device]
        self.words_ns[person] = now_ns
        for number, row in self.rows().items():
            seen = self.seen.get(number)
            theirs = row.person == person and row.kind in ("fall", "no_motion")
            if seen and theirs and now_ns - seen.asked_about_ns <= ns(WORD_S):
                seen.eased, seen.spoken_ns = True, now_ns
