"""`[response]` and `[last_resort]` of the site file: how long an answer holds, what follows. Pure.

An acknowledgement is a lease. Whoever took an incident is asked where they are before it runs out,
and passed over when they do not answer. Nothing that is open waits for longer than `LONGEST_S`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from contract.policy import Severity
from contract.table import Role, Table

LONGEST_S: Mapping[Severity, float] = {
    Severity.SEV1: 3600,
    Severity.SEV2: 7200,
    Severity.SEV3: 86_400,
    Severity.SEV4: 86_400,
}
"""The longest that an open incident of a tier may wait for anything. The database holds it."""


class ResponseTimes(Table):
    """One tier's times."""

    on_scene_s: float = Field(
        gt=0, description="From an acknowledgement until whoever took it is asked where they are"
    )
    acknowledge_s: float = Field(
        gt=0, description="Silence to that question after which the ladder goes on with the next"
    )
    ask_again_s: float = Field(
        gt=0, description="From 'on scene' until whoever is there is asked again"
    )


class Response(Table):
    """`[response]`: how long an answer holds, by tier."""

    SEV1: ResponseTimes = ResponseTimes(on_scene_s=240.0, acknowledge_s=60.0, ask_again_s=1800.0)
    SEV2: ResponseTimes = ResponseTimes(on_scene_s=900, acknowledge_s=180, ask_again_s=3600)
    SEV3: ResponseTimes = ResponseTimes(on_scene_s=3600, acknowledge_s=900, ask_again_s=14_400)
    SEV4: ResponseTimes = ResponseTimes(on_scene_s=86_400, acknowledge_s=86_400, ask_again_s=86_400)

    @model_validator(mode="after")
    def _nothing_waits_for_ever(self) -> Response:
        for tier, longest_s in LONGEST_S.items():
            for name, value_s in self.of(tier):
                if value_s > longest_s:
                    raise ValueError(
                        f"{tier}.{name} = {value_s:g}: an open {tier} waits for at most "
                        f"{longest_s:g} s"
                    )
        return self

    def of(self, severity: Severity | str) -> ResponseTimes:
        """Return the times of a tier.

        >>> Response().of("SEV1").on_scene_s
        240.0
        """
        times: ResponseTimes = getattr(self, str(Severity(severity)))
        return times


class LastResort(Table):
    """`[last_resort]`: who is called when a ladder of SEV1 or SEV2 has ended without an answer.

    Without names or health detail, again and again, ever slower, and never ending.
    """

    roles: tuple[Role, ...] = Field((), description="Whom; everybody with a role when empty")
    wait_s: float = Field(120, gt=0, le=3600, description="From the first round to the second")
    slowest_s: float = Field(
        900, gt=0, le=3600, description="Each round waits twice as long as the last, up to this"
    )
    gap_s: float = Field(
        1.0, ge=0, le=60, description="Between two calls, so that no provider refuses them"
    )

    def wait_after_s(self, rounds: int) -> float:
        """Return the wait after so many rounds.

        >>> [LastResort().wait_after_s(n) for n in (1, 2, 3, 4, 40)]
        [120.0, 240.0, 480.0, 900.0, 900.0]
        """
        slowest_s = float(max(self.wait_s, self.slowest_s))
        return min(self.wait_s * 2.0 ** min(rounds - 1, 30), slowest_s)
