"""A small site for presence: rooms side by side, a hall with a cell in it, doors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract.door import DoorEvent
from contract.instants import ns
from contract.reads import Read
from contract.site import Site
from contract.sitefile import parse
from detectors.zone.crossing import Crossing
from detectors.zone.presence import Presence, PresenceModel, PresenceSettings
from tests.support.motions import T0_NS

TOML = """
[site]
id = "premises"
[[zone]]
id = "north"
polygon_m = [[0, 10], [10, 10], [10, 20], [0, 20]]
[[zone]]
id = "south"
polygon_m = [[0, 0], [10, 0], [10, 10], [0, 10]]
[[zone]]
id = "hall"
polygon_m = [[10, 0], [30, 0], [30, 20], [10, 20]]
[[zone]]
id = "cell"
within = "hall"
polygon_m = [[20, 5], [25, 5], [25, 10], [20, 10]]
[[zone]]
id = "pit"
within = "hall"
polygon_m = [[20, 11], [25, 11], [25, 15], [20, 15]]
[[zone]]
id = "vault"
adjacent = ["north"]
[[door]]
id = "vault-door"
zone = "vault"
outside = "north"
[[door]]
id = "gate"
zone = "south"
[[wearer]]
id = "ann"
name = "Ann Ek"
[[wearer]]
id = "bo"
name = "Bo Alm"
[[device]]
id = "reader-1"
kind = "reader"
points = { 1 = "north", 2 = "south", 3 = "hall", 4 = "cell", 5 = "pit" }
[[device]]
id = "locator"
kind = "reader"
[[device]]
id = "badge-ann"
kind = "badge"
wearer = "ann"
tag = "aa01"
[[device]]
id = "badge-bo"
kind = "badge"
wearer = "bo"
tag = "bb01"
[[device]]
id = "helmet-bo"
kind = "badge"
wearer = "bo"
tag = "bb02"
"""
POINT = {"north": "1", "south": "2", "hall": "3", "cell": "4", "pit": "5"}


def premises(more: str = "") -> Site:
    """Return the site, with more tables."""
    return parse(TOML + more)


MODEL = PresenceModel.of(premises(), PresenceSettings())


def at(seconds: float) -> int:
    """Return an instant so long after the beginning."""
    return T0_NS + ns(seconds)


def read(seconds: float, zone: str, tag: str = "aa01", level: float | None = -55.0) -> Read:
    """Return a read by the antenna of a zone."""
    return Read(tag=tag, point=POINT[zone], t_ns=at(seconds), rssi_dbm=level)


def stay(
    from_s: float, until_s: float, zone: str, tag: str = "aa01", level: float = -55.0, hz: float = 8
) -> list[Read]:
    """Return reads of a stay. Levels go up and down by 6 dB, as those on a body do."""
    count = round((until_s - from_s) * hz)
    return [read(from_s + n / hz, zone, tag, level + 6.0 * ((n * 7) % 3 - 1)) for n in range(count)]


def located(seconds: float, x_m: float, y_m: float, error_m: float | None = None) -> Read:
    """Return a read with coordinates."""
    return Read(tag="aa01", t_ns=at(seconds), position_m=(x_m, y_m), position_error_m=error_m)


def door(seconds: float, name: str, direction: str, granted: bool = True) -> DoorEvent:
    """Return a door event of Ann's badge."""
    return DoorEvent.model_validate(
        {
            "door": name, "tag": "aa01", "granted": granted,
            "direction": direction, "t_ns": at(seconds),
        }
    )  # fmt: skip


def followed(
    heard: Iterable[tuple[str, Sequence[Read | DoorEvent]]],
    until_s: float | None = None,
    *,
    person: str = "ann",
    model: PresenceModel = MODEL,
) -> tuple[Presence, list[Crossing]]:
    """Observe what devices report, block by block, with a tick every second at the end."""
    presence = model.start(person)
    crossings: list[Crossing] = []
    for device, block in heard:
        presence, new = model.observe(presence, device, block)
        crossings += new
    if until_s is not None:
        begun_s = (max(presence.newest_ns, T0_NS) - T0_NS) // 10**9 + 1
        for second in range(int(begun_s), int(until_s) + 1):
            presence, new = model.reach(presence, at(second))
            crossings += new
    return presence, crossings


def blocks(reads: Sequence[Read], size: int = 4) -> list[tuple[str, Sequence[Read | DoorEvent]]]:
    """Cut reads into blocks of one reader."""
    return [("reader-1", reads[i : i + size]) for i in range(0, len(reads), size)]


def path(crossings: Iterable[Crossing]) -> list[tuple[str, str]]:
    """Return crossings as direction and zone."""
    return [(crossing.direction, crossing.zone) for crossing in crossings]
