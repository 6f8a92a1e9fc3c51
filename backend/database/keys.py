"""The names under which writers take turns, and the order that lets nobody wait in a ring.

Names have two levels. What may open or find an incident is named first, by `Database.write`:

- `of_subject`: everything about one person, place or track. A wearer's word and every claim about
  the wearer have it in common, a fall and the stillness after it too.
- `of_claim`: all phases of one detection, and its evidence.

Then, by `Database.take` in the same transaction, `of_incident` of each that is concerned, all of
them at once. Who knows the incident and needs nothing of the first level names it in
`Database.write`. Within a level the names are taken in one order; nobody who has an incident takes
a name of the first level; so there is no ring.

Beside these stand `PLACES`, `ACCESS` and `of_session`, of which a transaction names one alone: what
holds at places, who has looked, who is signed in. None of it waits for an incident, or an incident
for it.
"""

from __future__ import annotations

PLACES = "places"
"""What people ordered, what gateways report of places and tags, and whose tag is whose."""
ACCESS = "access"
"""That somebody has looked at something."""


def of_subject(subject: str) -> str:
    """Return the name of everything about one subject: who has it opens and finds incidents."""
    return f"subject:{subject}"


def of_claim(detection: str) -> str:
    """Return the name of one claim: who has it writes down what is said of it."""
    return f"claim:{detection}"


def of_incident(incident: int) -> str:
    """Return the name of one incident: who has it changes it, its pages and its timeline."""
    return f"incident:{incident}"


def of_session(session: int) -> str:
    """Return the name of one console session: who has it changes who its user is, or ends it."""
    return f"session:{session}"
