"""From candidates to claims: two looks at each, one fall at a time, and what came of it.

Everything that falls due – a first look, a second, half a second of the aftermath – is done in the
order of the samples that settle it. So it makes no difference where blocks were cut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from contract.detection_kinds import DetectionKind
from detectors.fall.account import Account
from detectors.fall.aftermath import BIN_S, UP_FOR_S, Aftermath
from detectors.fall.candidate import Candidate, due
from detectors.fall.claim import Claim
from detectors.fall.model import STAGES, Stage
from detectors.fall.posture import Upright, learned
from detectors.fall.relapse import Relapse
from detectors.fall.stream import Moved, Stream
from detectors.finding import Finding


class Rules(NamedTuple):
    """How a candidate is judged, and when what came of it is told."""

    score: Callable[[Candidate, Stage], float]
    threshold: float
    rest_s: float
    still_steps_s: tuple[float, ...]
    still_again_s: float | None
    """Nobody's relapse is watched for if None."""


class Waiting(NamedTuple):
    """A candidate that will be looked at when there are enough samples after it."""

    peak: int
    look: int = 0
    """Which of `STAGES` is next."""

    def due(self, stream: Stream) -> int:
        """Return where the stream must end for that."""
        return due(stream, self.peak, STAGES[self.look])


class Watch(NamedTuple):
    """What is under way with one wearer. Nothing, nearly always."""

    waiting: tuple[Waiting, ...] = ()
    aftermath: Aftermath | None = None
    quiet_until: int = 0
    """No second fall before this sample index: a body bounces."""
    upright: Upright | None = None
    """Which way was up before the last fall."""
    relapse: Relapse | None = None
    """What follows the aftermath; there is never both."""

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self.waiting) or self.aftermath is not None or self.relapse is not None

    def after(
        self, stream: Stream, peaks: tuple[int, ...], rules: Rules
    ) -> tuple[Watch, list[Finding]]:
        """Return what is under way when the stream has grown by some candidates, and what to say.

        Peaks fall due later than they are found, so it is soon enough to hand them in now.
        """
        watch, found = self, list[Finding]()
        if peaks:
            watch = watch._replace(waiting=(*watch.waiting, *(Waiting(at) for at in peaks)))
        never = stream.end + 1
        while watch.busy:
            first = min(watch.waiting, key=lambda each: each.due(stream), default=None)
            look_due = never if first is None else first.due(stream)
            followed = watch.aftermath or watch.relapse
            bin_due = never if followed is None else followed.due(stream)
            finding: Finding | None
            if first is not None and look_due <= min(bin_due, stream.end):
                watch, finding = watch._look(stream, first, rules)
            elif bin_due > stream.end:
                break
            elif watch.aftermath is not None:
                watch, finding = watch._follow(stream, watch.aftermath, rules)
            else:
                assert watch.relapse is not None
                watch, finding = watch._follow_on(stream, watch.relapse, rules)
            if finding is not None:
                found.append(finding)
        return watch, found

    def moved_to(self, to: Moved) -> Watch:
        """Return the same on the grid of another rate."""
        aftermath, upright, relapse = self.aftermath, self.upright, self.relapse
        return Watch(
            tuple(each._replace(peak=to(each.peak)) for each in self.waiting),
            None if aftermath is None else aftermath.moved_to(to),
            to(self.quiet_until),
            None if upright is None else upright.moved_to(to),
            None if relapse is None else relapse.moved_to(to),
        )

    def _look(self, stream: Stream, at: Waiting, rules: Rules) -> tuple[Watch, Finding | None]:
        """Judge a candidate by what is known now, and say what follows from it."""
        stage, end = STAGES[at.look], at.due(stream)
        others = tuple(each for each in self.waiting if each != at)
        later = (Waiting(at.peak, at.look + 1),) if at.look + 1 < len(STAGES) else ()
        watch = self._replace(waiting=(*others, *later))
        aftermath = self.aftermath
        again = aftermath is not None and aftermath.claim.impact == at.peak
        if at.peak < self.quiet_until and not again:
            return watch, None  # whatever the model would say, and it is asked for nothing
        candidate = Candidate.seen(stream, at.peak, stage)
        score = rules.score(candidate, stage) if candidate.judgeable else 0.0
        if aftermath is not None and again:
            return watch._looked_again(stream, aftermath, candidate, end, score)
        if score < rules.threshold:
            return watch, None
        if aftermath is not None and aftermath.claim.up is not None:
            # Told once: it is not looked at again.
            return watch._replace(waiting=others)._struck_again(stream, aftermath, candidate, end)
        return watch._fell(stream, at.peak, candidate, end, score, rules)

    def _fell(
        self, stream: Stream, index: int, candidate: Candidate, end: int, score: float, rules: Rules
    ) -> tuple[Watch, Finding]:
        # Who trips strikes the ground hardest some time after the stride that gave it away.
        index += candidate.hardest - candidate.peak
        candidate = replace(candidate, peak=candidate.hardest, peak_ns=stream.t_ns(index))
        up = self.upright.vertical(stream, index) if self.upright else learned(stream, index)
        account = Account.of(stream, candidate, end, up)
        onset_ns = stream.t_ns(index - account.dip.began)
        decided_ns = max(onset_ns, stream.t_ns(end - 1))  # a clock may be set back
        finding = Finding(
            kind=DetectionKind.FALL,
            phase="onset",
            onset_ns=onset_ns,
            decided_ns=decided_ns,
            confidence=_rounded(score),
            reason=account.words,
            evidence=account.evidence,
            facts=account.facts,
        )
        claim = Claim(
            onset_ns, index, candidate.peak_ns, finding.confidence, up, decided_ns, account
        )
        # Half a half second off the second look, so that no two things are decided at once.
        aftermath = Aftermath(claim, end + stream.samples(BIN_S / 2))
        quiet_until = index + stream.samples(rules.rest_s)
        return Watch(self.waiting, aftermath, quiet_until, Upright(up)), finding

    def _looked_again(
        self,
        stream: Stream,
        aftermath: Aftermath,
        candidate: Candidate,
        end: int,
        score: float,
    ) -> tuple[Watch, Finding | None]:
        claim = aftermath.claim
        account = Account.of(stream, candidate, end, claim.up)
        seen = claim.seen_again(
            account, _rounded(score) if candidate.judgeable else claim.confidence
        )
        if seen is None:
            return self, None
        claim, finding = seen.says(
            "update",
            stream.t_ns(end - 1),
            f"on a second look: {account.words}",
            account.evidence,
            account.facts,
        )
        return self._replace(aftermath=aftermath.with_claim(claim)), finding

    def _struck_again(
        self, stream: Stream, aftermath: Aftermath, candidate: Candidate, end: int
    ) -> tuple[Watch, Finding]:
        account = Account.of(stream, candidate, end, aftermath.claim.up)
        claim, finding = aftermath.claim.says(
            "update",
            stream.t_ns(end - 1),
            f"struck again before being up: {account.words}",
            account.evidence,
            account.facts,
        )
        return self._replace(aftermath=aftermath.with_claim(claim)), finding

    def _follow(
        self, stream: Stream, aftermath: Aftermath, rules: Rules
    ) -> tuple[Watch, Finding | None]:
        end = aftermath.due(stream)
        after, finding = aftermath.after(stream, rules.still_steps_s)
        if after is not None:
            return self._replace(aftermath=after), finding
        upright = self._up_again(stream, aftermath.claim, end)
        relapse = None
        if rules.still_again_s is not None:
            relapse = Relapse.after_fall(aftermath, finding, end)
        return self._replace(aftermath=None, upright=upright, relapse=relapse), finding

    def _follow_on(
        self, stream: Stream, relapse: Relapse, rules: Rules
    ) -> tuple[Watch, Finding | None]:
        assert rules.still_again_s is not None
        end = relapse.due(stream)
        after, finding = relapse.after(stream, rules.still_again_s)
        watch = self._replace(relapse=after)
        if finding is not None and finding.phase == "update":
            return watch._replace(upright=Upright(relapse.claim.up)), finding
        if finding is not None or after is None:
            return watch._replace(upright=self._up_again(stream, relapse.claim, end)), finding
        return watch, None

    def _up_again(self, stream: Stream, claim: Claim, end: int) -> Upright:
        stood_from = end - stream.samples(UP_FOR_S)  # so long has stood who is up again
        return Upright(claim.up, end, stood_from)


def _rounded(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 3)
