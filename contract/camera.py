"""`[device.view]`: what a camera looks at, and what may be kept of it.

Polygons are in pixels of a picture of `size_px`; a stream of another size with the same proportions
is scaled. Where the floor lies in the picture is settled by four points, and zones with a
`polygon_m` on the floor plan need no other drawing then.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from contract.homography import Homography
from contract.message import Identifier
from contract.polygon import Polygon, contains, flaw
from contract.table import Table

Pixel = tuple[Annotated[float, Field(ge=-1e5, le=1e5)], Annotated[float, Field(ge=-1e5, le=1e5)]]
Metre = tuple[Annotated[float, Field(ge=-1e6, le=1e6)], Annotated[float, Field(ge=-1e6, le=1e6)]]
Drawn = tuple[Pixel, ...]
GRID = 24
"""Spots of a picture, across and down, that are asked about."""


class FloorPoint(Table):
    """A spot of the floor: where it is in the picture, and on the floor plan."""

    px: Pixel = Field(description="In the picture")
    m: Metre = Field(description="On the floor plan")


class CameraView(Table):
    """`[device.view]` of a camera."""

    size_px: tuple[int, int] = Field(description="Width and height of the picture drawn upon")
    image_zones: dict[Identifier, Drawn] = Field(
        default_factory=dict, description="The floor of a zone, as a polygon in the picture"
    )
    homography: tuple[FloorPoint, ...] = Field(
        (), description="Four points of the floor: zones with a polygon_m are then seen as well"
    )
    masks: tuple[Drawn, ...] = Field(
        (), description="Never looked at and never stored: blackened before anything else"
    )
    hours: tuple[Identifier, ...] = Field(
        (), description="The [[shift]]s in which it may look; always, if none"
    )
    store: Literal["on_incident", "never"] = Field(
        "on_incident", description="`never`: no picture leaves the box or is written anywhere"
    )

    @field_validator("size_px")
    @classmethod
    def _has_a_size(cls, size_px: tuple[int, int]) -> tuple[int, int]:
        if not all(16 <= side <= 16_384 for side in size_px):
            raise ValueError(f"{size_px[0]} x {size_px[1]}: each side is 16 to 16384 pixels")
        return size_px

    @model_validator(mode="after")
    def _drawn_well(self) -> CameraView:
        named = [(f'image_zones "{name}"', shape) for name, shape in self.image_zones.items()]
        named += [(f"masks number {n}", shape) for n, shape in enumerate(self.masks, start=1)]
        for name, shape in named:
            if wrong := flaw(shape) or self._beyond(shape):
                raise ValueError(f"the polygon of {name}: {wrong}")
        if self.homography:
            if len(self.homography) != 4:
                raise ValueError(
                    f"homography has {len(self.homography)} points; exactly 4 are needed"
                )
            Homography.of(*self._points())
            if wrong := self._beyond(tuple(point.px for point in self.homography)):
                raise ValueError(f"homography: {wrong}")
        return self

    @cached_property
    def floor(self) -> Homography | None:
        """How pixels of the picture drawn upon lie on the floor plan, if that was said."""
        return Homography.of(*self._points()) if self.homography else None

    def shows(self, polygon_m: Polygon) -> bool:
        """Whether part of a place on the floor plan is in the picture, where four points say so."""
        if self.floor is None or len(polygon_m) < 3:
            return False
        width, height = self.size_px
        spots = (
            self.floor.to_m((width * (x + 0.5) / GRID, height * (y + 0.5) / GRID))
            for x in range(GRID)
            for y in range(GRID)
        )
        return any(spot is not None and contains(polygon_m, spot) for spot in spots)

    def _points(self) -> tuple[list[Pixel], list[Metre]]:
        return [p.px for p in self.homography], [p.m for p in self.homography]

    def _beyond(self, shape: Drawn) -> str | None:
        width, height = self.size_px
        for n, (x, y) in enumerate(shape, start=1):
            if not (0 <= x <= width and 0 <= y <= height):
                return (
                    f"corner {n} ({x:g}, {y:g}) leaves the frame of {width} x {height}; "
                    "draw it again, or correct size_px"
                )
        return None
