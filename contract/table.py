"""What every table of the site file has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from contract.message import Identifier

Role = Identifier


class Table(BaseModel):
    """A table of the site file: a value, and strict about spelling."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values, of which nothing was looked up yet."""
        copy = super().model_copy(update=update, deep=deep)
        # Cached properties lie beside the fields, and pydantic copies them: they are of the other.
        for name in copy.__dict__.keys() - type(copy).model_fields.keys():
            del copy.__dict__[name]
        return copy
