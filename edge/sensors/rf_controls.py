"""RF Controls: overhead antennas that say where a tag is. `tagBlinkWithZone` objects.

The levels are tenths of a dBm. `x` and `y` are of the plan in RFC OS, so this table says how that
lies on ours. What `confidenceInterval` counts is nowhere said in what we could read, so how far off
a position may be is `error_m`, if the site has measured it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import cos, radians, sin
from typing import ClassVar

from pydantic import Field

from edge.sensors.heard import Heard, Part, each_tag, shaped
from edge.sensors.notation import DeciDbm, HexEpc, Instant, Metres, Point, Shape
from edge.sensors.reading import Entry
from edge.sensors.vendor import Vendor


class _Blink(Shape):
    tag: HexEpc = Field(validation_alias="tagID")
    x: Metres = None
    y: Metres = None
    rssi: DeciDbm = None
    locate_time: Instant = None
    antenna_names: tuple[Point, ...] = ()


class RfControls(Vendor):
    """Reads the tag blinks of RF Controls, with their positions."""

    kind: ClassVar[str] = "rf_controls"

    unit_m: float = Field(1.0, gt=0, le=1000, description="Metres in one unit of their plan")
    turned_deg: float = Field(0.0, description="How far their plan is turned, counter-clockwise")
    origin_m: tuple[float, float] = Field((0.0, 0.0), description="Where their 0, 0 is on ours")
    error_m: float | None = Field(None, ge=0, description="How far off their positions are")

    def parse(self, payload: bytes, topic: str) -> Iterable[Part]:
        """Take one blink, or a list of them, apart."""
        return each_tag(payload, self._parts, lambda entry: "tagID" in entry)

    def _parts(self, entry: Entry) -> Iterator[Part]:
        blink = yield from shaped(_Blink, entry)
        position_m = None
        if blink.x is not None and blink.y is not None:
            position_m = self._on_our_plan(blink.x, blink.y)
        yield Heard(
            tag=blink.tag,
            point=blink.antenna_names[0] if blink.antenna_names else "1",
            t_ns=blink.locate_time,
            rssi_dbm=blink.rssi,
            position_m=position_m,
            position_error_m=self.error_m if position_m else None,
        )

    def _on_our_plan(self, x: float, y: float) -> tuple[float, float]:
        turned, (left_m, low_m) = radians(self.turned_deg), self.origin_m
        return (
            left_m + self.unit_m * (x * cos(turned) - y * sin(turned)),
            low_m + self.unit_m * (x * sin(turned) + y * cos(turned)),
        )
