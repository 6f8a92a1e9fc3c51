"""The halls that the page table streams: who falls when, and which block settles it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contract.imu import ImuBlock
from contract.instants import NS_PER_S
from detectors.catalogue import build
from detectors.pipeline import Pipeline
from tests.benchmarks import stage

WARM_UP_S = 6
LAST_S = 14
"""Long enough for the longest fall to be settled and paged after the last one has begun."""
DRY_NS = 1_700_000_000 * NS_PER_S
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
    device: str
    second: int
    piece: bytes
    at: int
    """Which second of the piece."""
    settles: bool

    def block(self, start_ns: int) -> ImuBlock:
        """Return it, of a stream that has begun then."""
        t0_ns = start_ns + self.after_ns - NS_PER_S
        return stage.block(self.device, self.second, t0_ns, self.piece, self.at)


@dataclass(frozen=True)
class Stream:
    """The blocks in the order of their hand-over, and whose fall each of some settles."""

    offers: list[Offer]
    settled: dict[Key, tuple[str, int]]
    """Person, and how long after the beginning the onset is."""


def stream(storm: Storm) -> Stream:
    """Return every block. A dry run of the pipeline tells which one settles each fall."""
    start_ns = DRY_NS
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
            after_ns = stage.second_ns(0, second) + offset_ns + NS_PER_S
            falling = begin <= second < begin + length
            piece, at = (fall, second - begin) if falling else (calm[n % 16], second)
            offer = Offer(after_ns, f"belt-{n}", second, piece, at, settles=False)
            if falling and not fell:
                heard = pipeline.feed(offer.block(start_ns)).detections
                found = [each for each in heard if each.phase == "onset"]
                if found:
                    fell = True
                    offer = replace(offer, settles=True)
                    settled[offer.device, second] = (f"w-{n}", found[0].onset_ns - start_ns)
            elif second >= begin - 2 and not fell:
                pipeline.feed(offer.block(start_ns))
            offers.append(offer)
    offers.sort(key=lambda offer: offer.after_ns)
    return Stream(offers, settled)
