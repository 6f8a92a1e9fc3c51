"""What a site file may say of a camera, and what is refused in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.errors import SiteFileError
from contract.homography import Homography
from contract.polygon import contains, depth
from contract.sitefile import parse

SITE = """
[site]
id = "hall"
[[zone]]
id = "lane"
hazard = "B"
polygon_m = [[0, 0], [4, 0], [4, 4], [0, 4]]
[[shift]]
id = "night"
begins = "22:00"
ends = "06:00"
[[device]]
id = "camera-1"
kind = "{kind}"
[device.view]
size_px = [640, 480]
{view}
"""
FOUR = (
    "homography = [{px=[100,400],m=[0,0]},{px=[540,400],m=[4,0]},"
    "{px=[400,200],m=[4,8]},{px=[240,200],m=[0,8]}]"
)
WELL = f"""
hours = ["night"]
store = "never"
masks = [[[0, 0], [100, 0], [0, 100]]]
{FOUR}
image_zones = {{ lane = [[0, 300], [640, 300], [640, 480], [0, 480]] }}
"""


def test_a_camera_says_what_it_looks_at() -> None:
    view = parse(SITE.format(kind="camera", view=WELL)).devices["camera-1"].view
    assert view is not None
    assert view.floor is not None
    assert view.floor.to_m((100, 400)) == pytest.approx((0, 0), abs=1e-9)
    assert view.floor.to_px((4, 8)) == pytest.approx((400, 200))


@pytest.mark.parametrize(
    ("view", "said"),
    [
        pytest.param(
            "image_zones = { lane = [[0,0],[100,100],[100,0],[0,100]] }",
            'the polygon of image_zones "lane": it crosses itself between its sides 1 and 3',
            id="a bow tie",
        ),
        pytest.param(
            "image_zones = { lane = [[0,0],[700,0],[100,100]] }",
            "corner 2 (700, 0) leaves the frame of 640 x 480",
            id="leaves the frame",
        ),
        pytest.param(
            "masks = [[[0,0],[10,10]]]", "masks number 1: it has 2 corners", id="two corners"
        ),
        pytest.param("masks = [[[0,0],[10,10],[20,20]]]", "masks number 1: it", id="all in a line"),
        pytest.param(
            "image_zones = { lnae = [[0,0],[9,0],[9,9]] }",
            'there is no zone "lnae"; did you mean "lane"?',
            id="a misspelt zone",
        ),
        pytest.param('hours = ["nigth"]', 'there is no [[shift]] "nigth"', id="a misspelt shift"),
        pytest.param(
            "homography = [{px=[0,0],m=[0,0]},{px=[9,9],m=[1,1]}]",
            "homography has 2 points; exactly 4 are needed",
            id="two points",
        ),
        pytest.param(
            "homography = [{px=[0,0],m=[0,0]},{px=[50,50],m=[1,0]},{px=[99,99],m=[1,1]},"
            "{px=[0,99],m=[0,1]}]",
            "three of the four points lie (nearly) on a line in px",
            id="on a line",
        ),
        pytest.param(
            "homography = [{px=[0,0],m=[0,0]},{px=[99,0],m=[1,1]},{px=[99,99],m=[1,0]},"
            "{px=[0,99],m=[0,1]}]",
            "no camera sees four points so",
            id="two exchanged",
        ),
        pytest.param("shades = 3", 'has no key "shades"', id="an unknown key"),
    ],
)
def test_what_would_watch_nothing_is_refused(view: str, said: str) -> None:
    with pytest.raises(SiteFileError) as refused:
        parse(SITE.format(kind="camera", view=view))
    assert '[[device]] "camera-1"' in str(refused.value)
    assert said in str(refused.value)


def test_a_reader_has_no_view() -> None:
    with pytest.raises(SiteFileError, match="view is for a camera"):
        parse(SITE.format(kind="reader", view=""))


CORNER = st.floats(0, 1)


@given(st.floats(-40, 40), st.floats(1, 60), st.lists(CORNER, min_size=8, max_size=8))
def test_to_the_floor_and_back_is_where_one_was(
    x_m: float, y_m: float, jitter: list[float]
) -> None:
    base = [(100.0, 400.0), (540.0, 400.0), (400.0, 200.0), (240.0, 200.0)]
    px = [(x + 30 * jitter[2 * n], y + 30 * jitter[2 * n + 1]) for n, (x, y) in enumerate(base)]
    floor = Homography.of(px, [(0, 0), (4, 0), (4, 8), (0, 8)])
    at_px = floor.to_px((x_m, y_m))
    if at_px is not None and max(map(abs, at_px)) < 1e4:
        back = floor.to_m(at_px)
        assert back == pytest.approx((x_m, y_m), abs=1e-3)


@given(st.floats(-20, 30), st.floats(-20, 30))
def test_a_square_knows_who_is_inside(x: float, y: float) -> None:
    square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
    way = max(-x, x - 10, -y, y - 10)
    if abs(way) > 1e-9:  # on the edge, the last bit decides
        assert contains(square, (x, y)) == (way < 0)
    if way < 0:
        assert depth(square, (x, y)) == pytest.approx(-way)
