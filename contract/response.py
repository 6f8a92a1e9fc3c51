"""`[response]` of the site file: how long an answer holds, by tier. Pure.

An acknowledgement is a lease. Whoever took an incident is asked where they are before it runs out,
and passed over when they do not answer. Nothing that is open waits for longer than `LONGEST_S`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, model_validator

from contract.policy import Severity
from contract.table import Table

LONGEST_S: Mapping[Severity, float] = {
    Severity.SEV1: 3600,
    Severity.SEV2: 7200,
    Severity.SEV3: 86_400,
    Severity.SEV4: 86_400,
}
"""The longest that an open incident of a tier may wait for anything. The database holds it."""


ON_SCENE = "From an acknowledgement until whoever took it is asked where they are"
ACKNOWLEDGE = "Silence to that question after which the ladder goes on with the next"
ASK_AGAIN = "From 'on scene' until whoever is there is asked again"


class ResponseTimes(Table):
    """One tier's times."""

    on_scene_s: float
    acknowledge_s: float
    ask_again_s: float


class Sev1Times(ResponseTimes):
    """Somebody is in danger now."""

    on_scene_s: float = Field(240, gt=0, description=ON_SCENE)
    acknowledge_s: float = Field(60, gt=0, description=ACKNOWLEDGE)
    ask_again_s: float = Field(1800, gt=0, description=ASK_AGAIN)


class Sev2Times(ResponseTimes):
    """Somebody may be hurt."""

    on_scene_s: float = Field(900, gt=0, description=ON_SCENE)
    acknowledge_s: float = Field(180, gt=0, description=ACKNOWLEDGE)
    ask_again_s: float = Field(3600, gt=0, description=ASK_AGAIN)


class Sev3Times(ResponseTimes):
    """Somebody should look within the hour."""

    on_scene_s: float = Field(3600, gt=0, description=ON_SCENE)
    acknowledge_s: float = Field(900, gt=0, description=ACKNOWLEDGE)
    ask_again_s: float = Field(14_400, gt=0, description=ASK_AGAIN)


class Sev4Times(ResponseTimes):
    """Somebody should read of it."""

    on_scene_s: float = Field(86_400, gt=0, description=ON_SCENE)
    acknowledge_s: float = Field(86_400, gt=0, description=ACKNOWLEDGE)
    ask_again_s: float = Field(86_400, gt=0, description=ASK_AGAIN)


class Response(Table):
    """`[response]`: how long an answer holds, by tier."""

    SEV1: Sev1Times = Sev1Times()
    SEV2: Sev2Times = Sev2Times()
    SEV3: Sev3Times = Sev3Times()
    SEV4: Sev4Times = Sev4Times()

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
        240
        """
        times: ResponseTimes = getattr(self, str(Severity(severity)))
        return times
