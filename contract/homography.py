"""From a picture's pixels to metres on the floor plan, and back: four points settle it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]


@dataclass(frozen=True, slots=True)
class Homography:
    """The floor as one camera sees it. Lens distortion is not corrected.

    References
    ----------
    Heckbert P., "Fundamentals of Texture Mapping and Image Warping", M.Sc. thesis, University of
    California, Berkeley, 1989, section 2.2.3: the projective map of the unit square to a
    quadrilateral in closed form. Cited from memory.

    Examples
    --------
    >>> corners_px = ((0, 0), (100, 0), (100, 100), (0, 100))
    >>> floor = Homography.of(corners_px, ((0, 0), (10, 0), (10, 5), (0, 5)))
    >>> floor.to_m((50, 50))
    (5.0, 2.5)
    >>> floor.to_px((5.0, 2.5))
    (50.0, 50.0)
    """

    to_metres: Matrix
    to_pixels: Matrix

    @classmethod
    def of(cls, px: Sequence[Point], m: Sequence[Point]) -> Homography:
        """Return the map that takes four pixels to four places on the floor.

        Raises
        ------
        ValueError
            When three of the points lie on a line, or no camera could see the four so.
        """
        for name, four in (("px", px), ("m", m)):
            if _in_line(four):
                raise ValueError(
                    f"three of the four points lie (nearly) on a line in {name}, so they do not "
                    "settle where the floor is; take four that span it"
                )
        from_square_px, from_square_m = _from_square(px), _from_square(m)
        return cls(
            _facing(_product(from_square_m, _inverse(from_square_px)), px),
            _facing(_product(from_square_px, _inverse(from_square_m)), m),
        )

    def to_m(self, at_px: Point) -> Point | None:
        """Return the place on the floor; None for a pixel at or beyond the horizon."""
        return _apply(self.to_metres, at_px)

    def to_px(self, at_m: Point) -> Point | None:
        """Return the pixel; None for a place behind the camera."""
        return _apply(self.to_pixels, at_m)


def _in_line(points: Sequence[Point]) -> bool:
    span = max((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for a in points for b in points)
    for left_out in range(4):
        (ax, ay), (bx, by), (cx, cy) = (p for n, p in enumerate(points) if n != left_out)
        twice_area = abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
        if twice_area <= 1e-3 * span:
            return True
    return False


def _from_square(four: Sequence[Point]) -> Matrix:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = four
    sx, sy = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    dx1, dx2, dy1, dy2 = x1 - x2, x3 - x2, y1 - y2, y3 - y2
    below = dx1 * dy2 - dx2 * dy1
    g = (sx * dy2 - dx2 * sy) / below
    h = (dx1 * sy - sx * dy1) / below
    return (
        (x1 - x0 + g * x1, x3 - x0 + h * x3, x0),
        (y1 - y0 + g * y1, y3 - y0 + h * y3, y0),
        (g, h, 1.0),
    )


def _inverse(of: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = of
    flat = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * flat[0][0] + b * flat[1][0] + c * flat[2][0]
    (j, k, m), (n, o, p), (q, r, s) = flat
    w = determinant
    return (j / w, k / w, m / w), (n / w, o / w, p / w), (q / w, r / w, s / w)


def _product(one: Matrix, other: Matrix) -> Matrix:
    def row(of: Row) -> Row:
        x, y, z = (sum(of[k] * other[k][col] for k in range(3)) for col in range(3))
        return x, y, z

    return row(one[0]), row(one[1]), row(one[2])


def _facing(matrix: Matrix, points: Sequence[Point]) -> Matrix:
    """Return the map with a sign by which the four points lie before the camera."""
    depths = [matrix[2][0] * x + matrix[2][1] * y + matrix[2][2] for x, y in points]
    if all(depth > 0 for depth in depths):
        return matrix
    if not all(depth < 0 for depth in depths):
        raise ValueError(
            "no camera sees four points so: they go round the other way in px than in m, or two "
            "are exchanged"
        )
    return _product(((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)), matrix)


def _apply(matrix: Matrix, point: Point) -> Point | None:
    x, y, w = (row[0] * point[0] + row[1] * point[1] + row[2] for row in matrix)
    return None if w <= 1e-9 else (x / w, y / w)
