"""`[heartbeat]` of the site file: where somebody outside watches that this site still watches."""

from __future__ import annotations

from pydantic import Field

from contract.table import Table


class Heartbeat(Table):
    """`[heartbeat]`: an address that is asked for as long as the backend finds itself well.

    Whoever is behind it raises the alarm when it is not asked for any more.
    """

    url: str = Field(pattern=r"^https?://[^\s/]+", description="Is asked for by GET")
    every_s: float = Field(60, ge=10, le=3600, description="From one heartbeat to the next")
    timeout_s: float = Field(10, gt=0, le=30, description="The whole request has failed after it")
