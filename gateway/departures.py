"""Whose turn it is to go to the backend. Pure: time is given, nothing is read or sent.

The worst tier first; of one tier what was never tried before what failed; and of those the one
whose person or device was served longest ago. So neither a flood of one belt nor a claim that the
backend chokes on holds up anybody else, and the phases of one claim keep their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush

from gateway.outbox import WaitingDetection
from host.backoff import Backoff

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
"""A backend that is back must hear of a person on the floor at once; a POST costs it nothing."""
HOLD_S = 2.0
"""What only says again what has just been said waits so long, and what says it once more meanwhile
becomes one with it."""
BURST = 50
REFILL_PER_S = 5.0
"""The quota of one person or device. Nobody who is not a flood makes so many claims: a fall makes
half a dozen in a minute."""
MOST_EACH = 2_000
"""Of one person or device in memory. The rest stays on the disk until there is room."""


Key = tuple[int, bool, int]
"""What a claim goes by among those of its own party: tier, tried, age."""


class Reserved(Enum):
    """What a lane is kept free for: it has a way out, whatever hangs in the other lanes."""

    FOR_NOBODY = "anything"
    FOR_SEV1 = "SEV1"
    FOR_FIRST_TRIES = "what was never tried"

    def takes(self, key: Key) -> bool:
        """Whether a claim is what it is kept for."""
        rank, tried, _ = key
        if self is Reserved.FOR_SEV1:
            return rank == 1
        return self is Reserved.FOR_NOBODY or not tried


@dataclass(slots=True)
class WaitingClaim:
    """The phases of one claim that wait, in their order."""

    id: str
    rows: deque[WaitingDetection] = field(default_factory=deque)
    tries: int = 0
    wrong: int = 0
    """Tries that may have failed by what is in it; not those that a full disk failed."""
    due_s: float = 0.0
    backoff: Backoff | None = None
    delivered_before: int = 0
    """What had been delivered of others when it failed first."""
    announced: bool = False
    """Somebody was told that it does not get through."""

    @property
    def key(self) -> Key:
        """The tier, whether it was tried, and its age: whose turn it is."""
        return min(row.rank for row in self.rows), self.tries > 0, self.rows[0].n


@dataclass(slots=True)
class Party:
    """All that waits about one person, or one device that nobody wears."""

    claims: dict[str, WaitingClaim] = field(default_factory=dict)
    ready: list[tuple[Key, str]] = field(default_factory=list)
    later: list[tuple[float, str]] = field(default_factory=list)
    rows: int = 0
    last_n: int = 0
    behind: bool = False
    """More is on the disk than was taken in."""
    under_way: str | None = None
    served: int = 0
    tokens: float = BURST
    counted_s: float = 0.0


class Departures:
    """A queue of claims, fair between the people and devices that they are about.

    Parameters
    ----------
    hold_s
        How long a repetition is held back.
    """

    def __init__(self, hold_s: float = HOLD_S) -> None:
        self._hold_s = hold_s
        self._parties: dict[str, Party] = {}
        self._serial = 0
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, row: WaitingDetection, now_s: float) -> None:
        """Take in what waits; rows of one party come by their number."""
        party = self._parties.get(row.whom)
        if party is None:
            party = self._parties[row.whom] = Party(counted_s=now_s)
        if row.body is None and (party.behind or party.rows >= MOST_EACH):
            party.behind = True
            return
        party.last_n = max(party.last_n, row.n)
        self._put(party, row, now_s)

    def again(self, row: WaitingDetection, now_s: float) -> None:
        """Take in what was delivered, and was said again on its way."""
        self._put(self._parties.setdefault(row.whom, Party(counted_s=now_s)), row, now_s)

    def take(self, now_s: float, kept: Reserved = Reserved.FOR_NOBODY) -> WaitingDetection | None:
        """Return whose turn it is, or None. It is under way until one of the answers below."""
        found: tuple[tuple[int, bool, int, int], Party] | None = None
        for party in self._parties.values():
            key = self._best(party, now_s)
            if key is None or not kept.takes(key):
                continue
            order = (key[0], key[1], party.served, key[2])
            if found is None or order < found[0]:
                found = (order, party)
        if found is None:
            return None
        _, party = found
        _, id_ = heappop(party.ready)
        self._serial += 1
        party.served = self._serial
        party.under_way = id_
        party.tokens -= 1
        return party.claims[id_].rows[0]

    def settled(self, row: WaitingDetection) -> None:
        """Note that the backend has it, or refused it: the claim's next phase may go."""
        party, claim = self._returned(row)
        claim.rows.popleft()
        party.rows -= 1
        self._rows -= 1
        claim.tries, claim.wrong, claim.due_s, claim.backoff = 0, 0, 0.0, None
        if claim.rows:
            heappush(party.ready, (claim.key, claim.id))
        else:
            del party.claims[claim.id]
        self._forget(row.whom, party)

    def failed(self, row: WaitingDetection, now_s: float) -> WaitingClaim:
        """Note that it was not delivered; return the claim, which waits longer each time."""
        party, claim = self._returned(row)
        claim.tries += 1
        claim.backoff = claim.backoff or Backoff(FIRST_WAIT_S, LONGEST_WAIT_S)
        claim.due_s = now_s + claim.backoff.failed()
        heappush(party.later, (claim.due_s, claim.id))
        return claim

    def back(self, row: WaitingDetection) -> None:
        """Take it back as if it had not been taken: nobody was reached."""
        party, claim = self._returned(row)
        party.tokens += 1
        heappush(party.ready, (claim.key, claim.id))

    def next_s(self) -> float | None:
        """Return when something will be due that was not when `take` last looked."""
        found: float | None = None
        for party in self._parties.values():
            if party.under_way is not None:
                continue
            dues = [party.later[0][0]] if party.later else []
            if party.ready and party.tokens < 1:
                dues.append(party.counted_s + (1 - party.tokens) / REFILL_PER_S)
            for due_s in dues:
                found = due_s if found is None else min(found, due_s)
        return found

    def fresh(self, now_s: float) -> bool:
        """Whether something could go that was never tried, or is under way for the first time."""
        for party in self._parties.values():
            if party.under_way is not None:
                if party.claims[party.under_way].tries == 0:
                    return True
            elif (key := self._best(party, now_s)) is not None and not key[1]:
                return True
        return False

    def behind(self) -> dict[str, int]:
        """Return whose next rows should come from the disk, each with the last number taken in."""
        return {
            whom: party.last_n
            for whom, party in self._parties.items()
            if party.behind and party.rows <= MOST_EACH // 2
        }

    def catch_up(
        self, whom: str, read: Callable[[int], list[WaitingDetection]], now_s: float
    ) -> None:
        """Take in the next rows of a party that is behind: `read` returns them after a number."""
        party = self._parties[whom]
        party.behind = False
        for row in read(party.last_n):
            self.add(row, now_s)
        self._forget(whom, party)

    def _put(self, party: Party, row: WaitingDetection, now_s: float) -> None:
        party.rows += 1
        self._rows += 1
        claim = party.claims.get(row.id)
        if claim is not None:
            claim.rows.append(row)
            if party.under_way != claim.id and claim.due_s <= now_s:
                heappush(party.ready, (claim.key, claim.id))  # perhaps it is worse now
            return
        claim = party.claims[row.id] = WaitingClaim(row.id, deque([row]))
        if row.repeats:
            claim.due_s = now_s + self._hold_s
            heappush(party.later, (claim.due_s, claim.id))
        else:
            heappush(party.ready, (claim.key, claim.id))

    def _best(self, party: Party, now_s: float) -> Key | None:
        """Return what the party's next claim goes by, if it may go now."""
        if party.under_way is not None:
            return None
        while party.later and party.later[0][0] <= now_s:
            _, id_ = heappop(party.later)
            claim = party.claims.get(id_)
            if claim is not None and claim.due_s <= now_s:
                heappush(party.ready, (claim.key, id_))
        while party.ready:
            key, id_ = party.ready[0]
            claim = party.claims.get(id_)
            if claim is not None and claim.key == key and claim.due_s <= now_s:
                break
            heappop(party.ready)  # it has gone, or goes by another key by now
        if not party.ready:
            return None
        party.tokens = min(BURST, party.tokens + (now_s - party.counted_s) * REFILL_PER_S)
        party.counted_s = now_s
        return party.ready[0][0] if party.tokens >= 1 else None

    def _returned(self, row: WaitingDetection) -> tuple[Party, WaitingClaim]:
        party = self._parties[row.whom]
        party.under_way = None
        return party, party.claims[row.id]

    def _forget(self, whom: str, party: Party) -> None:
        # Its quota is forgotten only when it is whole again, or a flood would begin anew each time.
        if not party.claims and not party.behind and party.tokens >= BURST - 1:
            del self._parties[whom]
