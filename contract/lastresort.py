"""`[last_resort]` of the site file: who is called when a whole ladder has been climbed in vain."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field, model_validator

from contract.table import Role, Table


class LastResort(Table):
    """`[last_resort]`: whom SEV1 and SEV2 go to when nobody on their ladder has answered.

    It is there without this table as well, with these defaults: a ladder never ends in silence.
    """

    roles: tuple[Role, ...] = Field((), description="Who is called; if empty, whoever has a role")
    wait_s: float = Field(120, gt=0, le=3600, description="From the first round to the second")
    slowest_s: float = Field(
        900, gt=0, le=86_400, description="Rounds become rarer, and never rarer than this"
    )
    gap_s: float = Field(
        1.0, ge=0, le=60, description="Between two calls, so that no provider's quota is spent"
    )

    @model_validator(mode="after")
    def _rounds_become_rarer(self) -> LastResort:
        if self.slowest_s < self.wait_s:
            raise ValueError(
                f"slowest_s = {self.slowest_s:g} is below wait_s = {self.wait_s:g}; rounds would "
                "become more frequent, not rarer"
            )
        return self

    def wait_after_s(self, rounds: int) -> float:
        """Return the wait after so many rounds: twice as long each time, up to `slowest_s`.

        >>> [LastResort().wait_after_s(n) for n in (1, 2, 3, 4, 40)]
        [120.0, 240.0, 480.0, 900.0, 900.0]
        """
        return float(min(self.wait_s * 2.0 ** min(rounds - 1, 30), self.slowest_s))

    def calls(self, roles: Collection[str]) -> bool:
        """Whether somebody with these roles is called.

        >>> LastResort().calls(["security"]), LastResort().calls([])
        (True, False)
        >>> LastResort(roles=("first-aider",)).calls(["security"])
        False
        """
        return bool(set(self.roles) & set(roles)) if self.roles else bool(roles)
