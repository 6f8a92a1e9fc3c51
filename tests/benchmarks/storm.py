"""The halls that the page table streams: who falls when, and which block settles it."""

from __future__ import annotations

from dataclasses import dataclass

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from tests.benchmarks import stage

WARM_UP_S = 6
LAST_S = 14
"""Long enough for the longest fall to be settled and paged after the last one has begun."""
Key = tuple[str, int]
"""Device and number of a block."""


@dataclass(frozen=True)
class Storm:
    """Everybody falls once, one after the other within `within_s`."""

    name: str
    wearers: int
    within_s: float
    target_p99_ms: float

    @property
    def span_s(self) -> int:
        """How long it is streamed."""
        return WARM_UP_S + int(self.within_s) + LAST_S


STORMS = (
    Storm("5 falls/s, 200 wearers", 200, 40, 250),
    Storm("20 falls/s, 1,200 wearers", 1200, 60, 1000),
    Storm("300 falls within 1 s", 300, 1, 4000),
)


@dataclass(frozen=True)
class Offer:
    """One block, and how long after the beginning a device hands it over."""

    after_ns: int
    block: ImuBlock
    settles: bool


@dataclass(frozen=True)
class Stream:
    """The blocks in the order of their hand-over, and whose fall each of some settles."""

    start_ns: int
    offers: list[Offer]
    settled: dict[Key, tuple[str, int]]
    """Person and onset."""


def stream(storm: Storm, start_ns: int) -> Stream:
    """Return every block. A dry run of the pipeline tells which one settles each fall."""
    site = stage.site(storm.wearers)
    pipeline = Pipeline(site, build(site))
    # Who all fall at once fall alike, so that all are settled at once.
    calm, falls = stage.calm(16), stage.falls(24 if storm.within_s > 1 else 1)
    offers: list[Offer] = []
    settled: dict[Key, tuple[str, int]] = {}
    for n in range(storm.wearers):
        offset_ns = n * NS_PER_S // storm.wearers  # devices do not publish in step
        fall = falls[n % len(falls)]
        length = len(fall) // (stage.SAMPLES * 6)
        begin = WARM_UP_S + int(n * storm.within_s / storm.wearers)
        fell = False
        for second in range(storm.span_s):
            t0_ns = stage.second_ns(start_ns, second) + offset_ns
            falling = begin <= second < begin + length
            piece, at = (fall, second - begin) if falling else (calm[n % 16], second)
            block = stage.block(f"belt-{n}", second, t0_ns, piece, at)
            settles = False
            if falling and not fell:
                found = [d for d in pipeline.feed(block).detections if d.phase == "onset"]
                settles = fell = bool(found)
                if found:
                    settled[block.device, second] = (f"w-{n}", found[0].onset_ns)
            elif second >= begin - 2 and not fell:
                pipeline.feed(block)
            offers.append(Offer(t0_ns + NS_PER_S - start_ns, block, settles))
    offers.sort(key=lambda offer: offer.after_ns)
    return Stream(start_ns, offers, settled)
