"""The names under which writers take turns, and the order that lets nobody wait in a ring.

Names have two levels. What may open or find an incident is named first, by `Database.write`:

- `of_subject`: everything about one person, place or track. A wearer's word and every claim about
  the wearer have it in common, a fall and the stillness after it too.
- `of_claim`: all phases of one detection, and its evidence.

Then, by `Database.take` in the same transaction, `of_incident` of each that is concerned, all of
them at once. Who knows the incident and needs nothing of the first level names it in
`Database.write`. Within a level the names are taken in one order; nobody who has an incident takes
a name of the first level; so there is no ring.
"""

from __future__ import annotations


def of_subject(subject: str) -> str:
    """Return the name of everything about one subject: who has it opens and finds incidents."""
    return f"subject:{subject}"


def of_claim(detection: str) -> str:
    """Return the name of one claim: who has it writes down what is said of it."""
    return f"claim:{detection}"


def of_incident(incident: int) -> str:
    """Return the name of one incident: who has it changes it, its pages and its timeline."""
    return f"incident:{incident}"
