"""A small hall with one zone of each hazard class, for tests of the core."""

from __future__ import annotations

from contract import sitefile
from contract.site import Site

TOML = """
[site]
id = "hall-2"

[[zone]]
id = "aisle"
[[zone]]
id = "robot-cell"
title = "Robot cell"
hazard = "A"
roles = ["fitter"]
[[zone]]
id = "truck-lane"
hazard = "B"
wearers = ["varga"]
[[zone]]
id = "stores"
hazard = "C"

[[wearer]]
id = "keller"
name = "Mira Keller"
roles = ["operator"]
[[wearer]]
id = "berg"
name = "Jonas Berg"
roles = ["fitter"]
[[wearer]]
id = "varga"
name = "Tomas Varga"
[[wearer]]
id = "sato"
name = "Kenji Sato"
lone = true

[[device]]
id = "belt-keller"
kind = "imu"
wearer = "keller"
worn = "trunk"
[[device]]
id = "badge-keller"
kind = "badge"
wearer = "keller"
tag = "e200aa01"
[[device]]
id = "badge-berg"
kind = "badge"
wearer = "berg"
tag = "e200aa02"
[[device]]
id = "badge-varga"
kind = "badge"
wearer = "varga"
tag = "e200aa03"
[[device]]
id = "belt-sato"
kind = "imu"
wearer = "sato"
worn = "trunk"
[[device]]
id = "press-guard"
kind = "imu"
zone = "robot-cell"
[[device]]
id = "reader-1"
kind = "reader"
points = { 1 = "aisle", 2 = "robot-cell", 3 = "truck-lane", 4 = "stores" }
[[device]]
id = "acs-1"
kind = "door"
[[device]]
id = "plc-1"
kind = "plc"
evacuates = true
points = { a = "aisle", b = "robot-cell", c = "truck-lane", d = "stores" }
[[device]]
id = "camera-1"
kind = "camera"
[device.view]
size_px = [640, 480]
[device.view.image_zones]
stores = [[320, 240], [640, 240], [640, 480], [320, 480]]
[[door]]
id = "door-1"
zone = "stores"
outside = "aisle"

[[detector]]
kind = "fall"
[[detector]]
kind = "zone"
[[detector]]
kind = "button"
"""

TAGS = {"keller": "e200aa01", "berg": "e200aa02", "varga": "e200aa03"}
POINTS = {"aisle": "1", "robot-cell": "2", "truck-lane": "3", "stores": "4"}


def hall(changed: str = TOML) -> Site:
    """Return the hall, or a variant of its text."""
    return sitefile.parse(changed)
