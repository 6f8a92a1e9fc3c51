"""From pieces of track to people: a lost number does not make a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contract.tracks import Frame, Track
from detectors.vision.person import Person
from detectors.vision.sighting import Sighting


class Patience(NamedTuple):
    """How long and how far somebody who is lost is looked for."""

    lost_s: float
    """So long in mid-picture, where nobody leaves: they are behind something, or were missed."""
    edge_s: float
    """So long at its edge, where they have most likely left."""
    reach_heights: float
    """How many of their own heights away they may turn up again …"""
    pace_heights_s: float
    """… and how many more for each second unseen."""


People = Mapping[int, Person]
"""Everybody who is followed, by number."""
NUMBERS = 10**16
"""How many numbers a track's name has room for."""


class Named(NamedTuple):
    """A track of one frame, and what it is called: boot/number, as in `track` of `detection/1`."""

    name: str
    track: Track
    at: Sighting


def followed(
    people: People,
    frame: Frame,
    boot: int,
    size_px: tuple[int, int],
    patience: Patience,
    next_number: int,
) -> tuple[People, frozenset[int], int]:
    """Return everybody after a frame, the numbers of those seen in it, and the next free number."""
    after = dict(people)
    of_track = {person.track: person for person in people.values()}
    seen: set[int] = set()
    new: list[Named] = []
    for named in _named(frame, boot, size_px):
        known = of_track.get(named.name)
        if known is None:
            new.append(named)
            continue
        after[known.number] = known.after(named.name, named.at)
        seen.add(known.number)
    for named, person in _found_again(after, seen, new, patience):
        if person is None:
            after[next_number] = Person.begun(next_number, named.name, named.track.seen, named.at)
            seen.add(next_number)
            next_number += 1
        else:
            after[person.number] = person.after(named.name, named.at)
            seen.add(person.number)
    return after, frozenset(seen), next_number


def gone(person: Person, t_ns: int, size_px: tuple[int, int], patience: Patience) -> bool:
    """Whether somebody unseen is given up."""
    return person.unseen_s(t_ns) > (
        patience.edge_s if _at_edge(person, size_px) else patience.lost_s
    )


def _named(frame: Frame, boot: int, size_px: tuple[int, int]) -> list[Named]:
    """Return the tracks of a frame by names that differ, whatever the numbers are.

    People and vehicles may be counted by two trackers. A camera that gives two people one number is
    at fault, and neither of them may be taken for the other.
    """
    found: dict[str, Named] = {}
    for track in frame.tracks:
        kind = "" if track.seen == "person" else track.seen
        first = name = f"{boot}/{kind}{track.track % NUMBERS}"
        twins = 1
        while name in found:
            twins += 1
            name = f"{first}.{twins}"
        found[name] = Named(name, track, Sighting.of(track, frame.t_ns, size_px))
    return list(found.values())


def _found_again(
    people: People, seen: set[int], new: Sequence[Named], patience: Patience
) -> list[tuple[Named, Person | None]]:
    """Return for each new track who it is, nearest first; None for somebody new."""
    pairs = sorted(
        (person.distance(at), person.number, n)
        for n, (_, track, at) in enumerate(new)
        for person in people.values()
        if person.number not in seen
        and person.seen == track.seen
        and _alike(person, at)
        and person.distance(at)
        <= patience.reach_heights + patience.pace_heights_s * person.unseen_s(at.t_ns)
    )
    whose: dict[int, Person] = {}
    taken: set[int] = set()
    for _, number, n in pairs:
        if n not in whose and number not in taken:
            whose[n] = people[number]
            taken.add(number)
    return [(named, whose.get(n)) for n, named in enumerate(new)]


def _alike(person: Person, at: Sighting) -> bool:
    """Whether the size fits. Who lies is lower than who stood: width may stand for height."""
    size = max(at.height_px, at.height_px * at.aspect)
    was = max(person.height_px, person.last.height_px * person.last.aspect)
    return 0.5 <= size / was <= 2.0


def _at_edge(person: Person, size_px: tuple[int, int]) -> bool:
    """Whether somebody was last at the picture's left or right edge, or on their way out."""
    x, half_width = person.last.foot_px[0], person.last.height_px * person.last.aspect / 2
    ahead = person.velocity_px_s[0] * 0.5
    return (
        min(x, x + ahead) - half_width <= 0.01 * size_px[0]
        or max(x, x + ahead) + half_width >= 0.99 * size_px[0]
    )
