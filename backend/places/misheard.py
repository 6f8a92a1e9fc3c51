"""Devices that are heard and not understood, as the gateways' latest reports have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

from contract.message import Counter, Nanoseconds
from contract.report import Misheard, Report
from contract.site import Site


class RefusedInput(BaseModel):
    """What was refused of one device, or taken but for a part of it."""

    gateway: str = Field(description="Whose report says so")
    device: str = Field(description="Its id, an agent's, or whatever it calls itself")
    known: bool = Field(description="The site file has the device")
    wearer: str | None = Field(None, description="Id of whoever wears it")
    wearer_name: str | None = Field(None, description="Their name in the site file")
    where: str = Field(description="agent or gateway: who could not read it")
    partly: bool = Field(description="The rest of it was taken; else it was lost")
    reason: str = Field(description="Of the latest, in words")
    count: Counter = Field(description="Pieces of input since the gateway started")
    first_ns: Nanoseconds = Field(description="By the gateway's clock")
    last_ns: Nanoseconds = Field(description="By the gateway's clock")
    understood_ns: Nanoseconds | None = Field(
        None, description="When anything of the device was understood last"
    )


@dataclass(frozen=True)
class RefusedInputs:
    """What was lost comes first, the latest before others."""

    site: Site
    reports: Mapping[str, Report]

    def all(self) -> list[RefusedInput]:
        """Return every refusal that a gateway knows of."""
        found = [
            self._refusal(gateway, each)
            for gateway, report in self.reports.items()
            for each in report.misheard
        ]
        return sorted(found, key=lambda each: (each.partly, -each.last_ns, each.device))

    def _refusal(self, gateway: str, said: Misheard) -> RefusedInput:
        device = self.site.devices.get(said.device)
        wearer = self.site.wearers.get(device.wearer or "") if device else None
        return RefusedInput(
            gateway=gateway,
            known=device is not None,
            wearer=wearer.id if wearer else None,
            wearer_name=wearer.name if wearer else None,
            **said.model_dump(include=set(Misheard.model_fields)),
        )
