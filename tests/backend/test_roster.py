"""Whom the last resort calls, and what a change of people would silence."""

from __future__ import annotations

import pytest

from backend.paging.catalogue import configured, named
from backend.people.contact import Contact
from backend.people.roster import Roster, roster_of_site
from backend.policy.silenced import silenced
from contract.lastresort import LastResort
from tests.support.pages import paging_site

EVERYBODY = ("gustav-dahl", "ines-falk", "karin-ek", "omar-said")


def of_these(*people: str, roles: bool = True) -> Roster:
    """Return the roster of the tests with these people alone."""
    whole = roster_of_site(paging_site())
    return Roster(
        people={name: whole.people[name] for name in people},
        roles={name: whole.roles[name] if roles else () for name in people},
        duties=whole.duties,
    )


@pytest.mark.parametrize(
    ("roster", "wanted", "unreached", "called"),
    [
        pytest.param(of_these(*EVERYBODY), (), (), EVERYBODY, id="whoever has a role"),
        pytest.param(
            of_these(*EVERYBODY), ("first-aider",), (), ("ines-falk",), id="whom it names"
        ),
        pytest.param(
            of_these(*EVERYBODY), ("first-aider",), ("ines-falk",),
            ("gustav-dahl", "karin-ek", "omar-said"), id="not reached: others with a role",
        ),
        pytest.param(
            of_these("karin-ek", "omar-said", roles=False), (), ("omar-said",), ("karin-ek",),
            id="nobody has a role: everybody who can be reached",
        ),
        pytest.param(of_these("karin-ek"), (), ("karin-ek",), (), id="nobody can be reached"),
        pytest.param(of_these(), ("first-aider",), (), (), id="nobody is there"),
    ],
)  # fmt: skip
def test_the_last_resort_calls_somebody_as_long_as_there_is_anybody(
    roster: Roster, wanted: tuple[str, ...], unreached: tuple[str, ...], called: tuple[str, ...]
) -> None:
    def reached(person: Contact) -> bool:
        return person.person not in unreached

    found = roster.last_resort(LastResort(roles=wanted), reached)
    assert tuple(sorted(person.person for person in found)) == called


@pytest.mark.parametrize(
    ("now", "then", "steps"),
    [
        pytest.param(EVERYBODY, EVERYBODY, [], id="nobody goes"),
        pytest.param(
            EVERYBODY, ("ines-falk", "karin-ek"), ["SEV1\" step 2", "SEV2\" step 2"],
            id="the last of a step goes",
        ),
        pytest.param(
            ("ines-falk", "karin-ek", "omar-said"), ("ines-falk", "karin-ek"), [],
            id="what was silent before is not made worse",
        ),
        pytest.param(
            EVERYBODY, ("gustav-dahl", "karin-ek"), [],
            id="a mild tier may be left without, for it keeps nobody from help",
        ),
    ],
)  # fmt: skip
def test_what_a_change_of_people_would_silence(
    now: tuple[str, ...], then: tuple[str, ...], steps: list[str]
) -> None:
    site = paging_site()
    found = list(silenced(of_these(*now), of_these(*then), site, named(configured(site))))
    assert len(found) == len(steps)
    assert all(step in sentence for step, sentence in zip(steps, found, strict=True))


def test_a_last_resort_of_nobody_whom_it_names_is_silenced_too() -> None:
    site = paging_site(**{"[[channel]]": '[last_resort]\nroles = ["supervisor"]\n\n[[channel]]'})
    others = of_these("gustav-dahl", "karin-ek", "omar-said")
    found = silenced(of_these(*EVERYBODY), others, site, named(configured(site)))
    assert list(found) == ["[last_resort] would reach nobody whom it names"]
