"""What every table of the site file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from contract.message import Identifier

Role = Identifier


class Table(BaseModel):
    """A table of the site file: frozen, and strict about spelling."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
