"""A day on a small site, told in seconds: who crosses what when, and what the warden says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from contract import sitefile
from contract.instants import from_datetime, ns, seconds
from contract.site import Site
from contract.zonestate import EnergyState
from detectors.finding import Finding
from detectors.zone.crossing import Crossing
from detectors.zone.ground import Ground
from detectors.zone.rules.rule import RuleSettings
from detectors.zone.scene import Casualty, Energy, Evacuation, Quiet
from detectors.zone.warden import Told, Warden, Watch

MONDAY = "2026-11-02T08:00:00+01:00"
"""A working day in Stockholm's winter time."""

SITE = """
[site]
id = "works-3"
time_zone = "Europe/Stockholm"

[[zone]]
id = "yard"
[[zone]]
id = "shelter"
muster = true

[[wearer]]
id = "anna"
name = "Anna"
roles = ["fitter"]
[[wearer]]
id = "ben"
name = "Ben"
roles = ["fitter", "guide"]
[[wearer]]
id = "cleo"
name = "Cleo"
roles = ["visitor"]
[[wearer]]
id = "dan"
name = "Dan"
roles = ["visitor"]
[[device]]
id = "reader-1"
kind = "reader"
zone = "yard"
"""
"""Every case adds its zones to this."""

Say = tuple[str, float]
"""A phase, and when it was decided."""


def site(more: str) -> Site:
    """Return the small site with more tables."""
    return sitefile.parse(SITE + more)


class Round:
    """One run of the warden. Each method is something that happens, seconds after the start."""

    def __init__(
        self, more: str, *, begins: str = MONDAY, settings: RuleSettings | None = None
    ) -> None:
        self.site = site(more)
        self.t0_ns = from_datetime(datetime.fromisoformat(begins))
        self.warden = Warden.of(Ground.of(self.site), settings or RuleSettings())
        self.watch = Watch()
        self.found: list[Finding] = []

    def at(self, at_s: float) -> int:
        """Return an instant."""
        return self.t0_ns + ns(at_s)

    def enters(
        self, at_s: float, person: str, *zones: str, decided_s: float | None = None
    ) -> Round:
        """Somebody comes into a zone, or into one and those that it lies in."""
        return self._crosses(at_s, person, zones=zones, decided_s=decided_s)

    def leaves(
        self, at_s: float, person: str, *zones: str, decided_s: float | None = None
    ) -> Round:
        """Somebody leaves a zone."""
        return self._crosses(at_s, person, *zones, zones=(), decided_s=decided_s)

    def goes(self, at_s: float, person: str, left: str, entered: str) -> Round:
        """Somebody goes from one zone into another."""
        return self._crosses(at_s, person, left, zones=(entered,), decided_s=None)

    def falls_quiet(self, at_s: float, person: str, *zones: str, after_s: float = 15) -> Round:
        """The last read of somebody; nothing is heard after."""
        self._crosses(at_s + after_s, person, *zones, zones=(), decided_s=None)
        quiet = Quiet(zones, self.at(at_s), "reader-1")
        return self._keep(self.warden.fell_quiet(self.watch, person, quiet))

    def is_set(self, at_s: float, zone: str, state: EnergyState) -> Round:
        """A PLC tells a zone's state."""
        return self._keep(self.warden.energised(self.watch, zone, Energy(state, self.at(at_s))))

    def evacuation(self, at_s: float, *zones: str, on: bool = True) -> Round:
        """An evacuation begins, or is over."""
        told = Evacuation(on, self.at(at_s))
        return self._keep(self.warden.evacuated(self.watch, zones, told))

    def goes_down(self, at_s: float, person: str, zone: str, *, over: bool = False) -> Round:
        """Somebody falls, or is up again."""
        casualty = Casualty(person, zone, self.at(at_s))
        return self._keep(self.warden.down(self.watch, f"fall-{person}", casualty, over=over))

    def is_refused(self, at_s: float, person: str, zone: str) -> Round:
        """A door stays shut."""
        return self._keep(self.warden.refused(self.watch, person, zone, self.at(at_s)))

    def until(self, at_s: float) -> Round:
        """Time passes, told once a second as a gateway does."""
        second_ns = ns(1)
        at_ns = (max(self.watch.scene.now_ns, self.t0_ns) // second_ns + 1) * second_ns
        for tick_ns in range(at_ns, self.at(at_s) + 1, second_ns):
            self._keep(self.warden.ticked(self.watch, tick_ns))
            self._keep(self.warden.advance(self.watch, tick_ns))
        return self

    def said(self, kind: str = "zone_breach", person: str | None = None) -> list[Say]:
        """Return what was said of a kind: the phase, and when it was decided."""
        return [
            (f.phase, round(seconds(f.decided_ns - self.t0_ns), 2))
            for f in self.found
            if f.kind == kind and person in (None, f.person)
        ]

    def last(self, kind: str) -> Finding:
        """Return the last that was said of a kind."""
        return [f for f in self.found if f.kind == kind][-1]

    def _crosses(
        self,
        at_s: float,
        person: str,
        *left: str,
        zones: tuple[str, ...],
        decided_s: float | None,
    ) -> Round:
        at_ns = self.at(at_s)
        decided_ns = at_ns if decided_s is None else self.at(decided_s)
        both = [("exit", zone) for zone in left if zone] + [("entry", zone) for zone in zones]
        crossings = [
            Crossing(person, zone, "exit" if way == "exit" else "entry", at_ns, decided_ns, 0.95,
                     "reader-1")
            for way, zone in both
        ]  # fmt: skip
        return self._keep(self.warden.crossed(self.watch, crossings))

    def _keep(self, told: Told) -> Round:
        self.watch, found = told
        self.found += found
        return self


Play = Callable[[Round], Round]
