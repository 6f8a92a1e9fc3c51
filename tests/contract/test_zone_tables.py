"""A site file whose zones, doors, permits or shifts do not hold together is refused, with help."""

from __future__ import annotations

import re

import pytest

from contract.errors import SiteFileError
from contract.sitefile import parse
from contract.zone import Zone
from tests.support.needs import ROOT

GOOD = """\
[site]
id = "works-3"
time_zone = "Europe/Stockholm"

[[zone]]
id = "yard"
[[zone]]
id = "tank"
within = "yard"
adjacent = ["stairs"]
hazard = "A"
idlh = true
permit_required = true
attendant = true
training = ["tanks"]
rescue_training = ["rescue"]
hours = ["early"]
escort = ["guide"]
least_people = 2
most_people = 4
max_stay_s = 1200
exposure = "heat"
rest_s = 600
[[zone]]
id = "stairs"

[[door]]
id = "hatch"
zone = "tank"
outside = "stairs"

[[shift]]
id = "early"
begins = 06:00:00
ends = 14:00:00
not_on = ["holidays"]
valid_from = 2026-01-01
valid_to = 2026-12-31

[[calendar]]
id = "holidays"
dates = [2026-12-25]

[[wearer]]
id = "anna"
name = "Anna"
roles = ["guide"]
[[wearer]]
id = "ben"
name = "Ben"

[[permit]]
id = "entry-1"
zones = ["tank"]
wearers = ["anna"]
attendants = ["ben"]
valid_from = 2026-11-02T07:00:00
valid_to = 2026-11-02T12:00:00+01:00

[[certificate]]
wearer = "anna"
training = "tanks"
valid_from = 2025-01-01
expires = 2027-01-01
[[certificate]]
wearer = "ben"
training = "rescue"
"""

MISTAKES = [
    pytest.param(
        'within = "yard"', 'within = "yrad"',
        '[[zone]] "tank": within: there is no zone "yrad"; did you mean "yard"?', id="within",
    ),
    pytest.param(
        'adjacent = ["stairs"]', 'adjacent = ["stair"]',
        '[[zone]] "tank": adjacent: there is no zone "stair"; did you mean "stairs"?',
        id="adjacent",
    ),
    pytest.param(
        'adjacent = ["stairs"]', 'adjacent = ["tank"]',
        '[[zone]] "tank": it is adjacent to itself', id="adjacent-to-itself",
    ),
    pytest.param(
        'id = "yard"', 'id = "yard"\nwithin = "tank"',
        '[[zone]] "tank" within "yard" within "tank": a zone cannot be a part of itself',
        id="within-itself",
    ),
    pytest.param(
        'hazard = "A"\n', "",
        '[[zone]] "tank": training says nothing without a hazard class; give it hazard = "C"',
        id="rules-without-a-hazard",
    ),
    pytest.param(
        'hazard = "A"', 'hazard = "C"',
        '[[zone]] "tank": idlh means that people die there; say hazard = "A"', id="mild-idlh",
    ),
    pytest.param(
        "idlh = true\n", "",
        '[[zone]] "tank": rescue_training is for a zone that kills at once; say idlh = true',
        id="rescue-where-nobody-dies",
    ),
    pytest.param(
        "permit_required = true\n", "",
        '[[zone]] "tank": a permit names the attendant; say permit_required = true',
        id="attendant-without-permit",
    ),
    pytest.param(
        'training = ["tanks"]', 'training = ["tank"]',
        '[[zone]] "tank": no [[certificate]] is for the training "tank"; did you mean "tanks"?',
        id="training",
    ),
    pytest.param(
        'hours = ["early"]', 'hours = ["erly"]',
        '[[zone]] "tank": hours: there is no [[shift]] "erly"; did you mean "early"?', id="hours",
    ),
    pytest.param(
        'escort = ["guide"]', 'escort = ["giude"]',
        '[[zone]] "tank": no wearer has the role "giude"; did you mean "guide"?', id="escort",
    ),
    pytest.param(
        "most_people = 4", "most_people = 1",
        '[[zone]] "tank": most_people = 1 and least_people = 2: nobody could be there',
        id="fewer-than-the-least",
    ),
    pytest.param(
        "max_stay_s = 1200\n", "",
        '[[zone]] "tank": exposure says nothing without max_stay_s', id="exposure-without-a-stay",
    ),
    pytest.param(
        'exposure = "heat"', 'exposure = "haet"',
        """[[zone]] "tank": exposure: Input should be 'heat', 'cold', 'noise' or """
        """'confined_space' (it is 'haet'); did you mean "heat"?""", id="exposure",
    ),
    pytest.param(
        'id = "stairs"', 'id = "stairs"\nlive = false\nstate = "energised"',
        '[[zone]] "stairs": live = false and state = "energised" contradict; leave out live',
        id="live-and-state",
    ),
    pytest.param(
        'outside = "stairs"', 'outside = "stair"',
        '[[door]] "hatch": there is no zone "stair"; did you mean "stairs"?', id="side-of-a-door",
    ),
    pytest.param(
        'outside = "stairs"', 'outside = "tank"',
        '[[door]] "hatch": zone and outside are the same, so it leads nowhere', id="door-to-itself",
    ),
    pytest.param(
        'not_on = ["holidays"]', 'not_on = ["holiday"]',
        '[[shift]] "early": there is no [[calendar]] "holiday"; did you mean "holidays"?',
        id="calendar",
    ),
    pytest.param(
        "valid_to = 2026-12-31", "valid_to = 2025-12-31",
        '[[shift]] "early": valid_to is before valid_from, so it never is', id="shift-never",
    ),
    pytest.param(
        'zones = ["tank"]', 'zones = ["tanks"]',
        '[[permit]] "entry-1": there is no zone "tanks"; did you mean "tank"?', id="permit-zone",
    ),
    pytest.param(
        'attendants = ["ben"]', 'attendants = ["bne"]',
        '[[permit]] "entry-1": there is no wearer "bne"; did you mean "ben"?',
        id="permit-attendant",
    ),
    pytest.param(
        'attendants = ["ben"]', 'attendants = ["anna"]',
        '[[permit]] "entry-1": "anna" is entrant and attendant; an attendant stays outside',
        id="entrant-and-attendant",
    ),
    pytest.param(
        "T12:00:00+01:00", "T06:00:00+01:00",
        '[[permit]] "entry-1": valid_to is not after valid_from, so it never is valid',
        id="permit-never",
    ),
    pytest.param(
        'wearer = "anna"\ntraining', 'wearer = "ana"\ntraining',
        '[[certificate]] number 1: there is no wearer "ana"; did you mean "anna"?',
        id="certificate-wearer",
    ),
    pytest.param(
        "expires = 2027-01-01", "expires = 2024-01-01",
        '[[certificate]] of "anna" for "tanks": it expires before valid_from, so it never is valid',
        id="certificate-never",
    ),
    pytest.param(
        "expires = 2027-01-01", "expire = 2027-01-01",
        '[[certificate]] "anna" has no key "expire"; did you mean "expires"?',
        id="certificate-key",
    ),
    pytest.param(
        "[[permit]]", '[[permit]]\nid = "entry-1"\nzones = ["tank"]\nwearers = ["ben"]\n'
        "valid_from = 2026-11-02T07:00:00\nvalid_to = 2026-11-02T08:00:00\n[[permit]]",
        '[[permit]] "entry-1" is there 2 times; an id names one thing', id="permit-twice",
    ),
    pytest.param(
        "begins = 06:00:00", 'begins = "six"',
        '[[shift]] "early": begins: Input should be in a valid time format, ', id="no-time",
    ),
]  # fmt: skip


def test_the_good_file_is_good() -> None:
    site = parse(GOOD)
    assert site.neighbours["stairs"] == {"tank"}
    assert site.neighbours["tank"] == {"stairs"}


@pytest.mark.parametrize(("right", "wrong", "sentence"), MISTAKES)
def test_a_mistake_is_named_with_its_table_and_a_suggestion(
    right: str, wrong: str, sentence: str
) -> None:
    assert right in GOOD
    with pytest.raises(SiteFileError) as refusal:
        parse(GOOD.replace(right, wrong, 1))
    assert any(problem.startswith(sentence) for problem in refusal.value.problems), (
        refusal.value.problems
    )


def test_the_worked_zone_of_the_page_is_good() -> None:
    page = (ROOT / "docs" / "zones.md").read_text(encoding="utf-8")
    worked = page.split("```toml\n")[1].split("```")[0]
    around = '[site]\nid = "works-3"\n[[zone]]\nid = "kiln-floor"\n'
    for name in ("m-keller", "j-berg", "l-brandt"):
        around += f'[[wearer]]\nid = "{name}"\nname = "Somebody"\n'
    around += '[[certificate]]\nwearer = "j-berg"\ntraining = "rescue"\n'
    site = parse(around + worked)
    assert site.neighbours["kiln"] == {"kiln-floor"}


def test_the_page_speaks_of_every_key_that_asks_something_of_people() -> None:
    page = (ROOT / "docs" / "zones.md").read_text(encoding="utf-8")
    asked = set(Zone.model_fields) - {"id", "title", "polygon_m", "live", "exclusive", "roles"}
    assert sorted(key for key in asked if not re.search(rf"\b{key}\b", page)) == []
