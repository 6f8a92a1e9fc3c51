"""A sender over a real outbox, and claims for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract.command import Command
from contract.detection import Detection, Phase, detection_id
from contract.severity import Facts, assess
from contract.site import Site
from gateway.lane import Posts
from gateway.ledger import Ledger
from gateway.sender import Sender
from gateway.tally import GatewayTally
from tests.support.brokers import wait_until
from tests.support.receiver import Receiver
from tests.support.site_of_two import START_NS, site


def claim(
    n: int,
    phase: Phase = "onset",
    device: str = "belt-1",
    person: str | None = "n-falk",
    kind: str = "fall",
    **facts: Any,
) -> Detection:
    """Return a claim with its onset `n` ns after the start."""
    onset_ns = START_NS + n
    known = Facts(kind=kind, **facts)
    return Detection(
        id=detection_id(kind, f"person:{person}", onset_ns),
        kind=kind,
        phase=phase,
        site="dock-2",
        device=device,
        person=person,
        onset_ns=onset_ns,
        decided_ns=onset_ns + 2,
        confidence=1,
        reason="a test",
        facts=known,
        assessment=assess(known),
    )


class Outbound:
    """`put` stands for the worker's commit."""

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        connect: Callable[[], Posts] | None = None,
        hold_s: float = 0.05,
        of: Site | None = None,
    ) -> None:
        of = of or site()
        self.ledger = Ledger(folder, of)
        self.tally = GatewayTally()
        self.commands: list[tuple[str | None, Command]] = []
        self.sender = Sender(
            of,
            folder,
            url,
            lambda agent, command: self.commands.append((agent, command)),
            lambda: None,
            lambda waited_s: None,
            self.tally,
            lambda: START_NS,
            connect=connect,
            hold_s=hold_s,
        )

    def put(self, *detections: Detection) -> None:
        """Queue detections, and wake the sender."""
        self.ledger.put(detections, START_NS)
        self.sender.kick()

    def depth(self) -> int:
        """Return how many wait."""
        return self.ledger.outbox.depth + self.sender.urgent_depth

    def settled(self) -> None:
        """Return when nothing waits."""
        wait_until(lambda: self.depth() == 0, "the outbox to be empty")

    def counted(self, name: str) -> int:
        """Return one of the counts."""
        return self.tally.counts().get(name, 0)


@contextmanager
def outbound(
    folder: Path,
    url: str = "",
    *,
    connect: Callable[[], Posts] | None = None,
    hold_s: float = 0.05,
    put: tuple[Detection, ...] = (),
    of: Site | None = None,
) -> Iterator[Outbound]:
    """Run a sender until the block ends; `put` is in the outbox when it begins."""
    opened = Outbound(folder, url, connect=connect, hold_s=hold_s, of=of)
    opened.ledger.put(put, START_NS)
    opened.sender.start()
    try:
        yield opened
    finally:
        opened.sender.stop()
        opened.ledger.close()


def told(receiver: Receiver) -> list[tuple[int, str]]:
    """Return what was posted, copies included: onset after the start, and phase."""
    return [(p.json["onset_ns"] - START_NS, p.json["phase"]) for p in list(receiver.posts)]
