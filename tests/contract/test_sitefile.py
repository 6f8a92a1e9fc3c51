"""A site file that does not hold together is refused: what, where, and what was meant perhaps."""

from __future__ import annotations

import pytest

from contract.errors import SiteFileError
from contract.sitefile import parse
from tests.support.needs import ROOT

GOOD = """\
[site]
id = "dock-7"
time_zone = "Europe/Stockholm"

[[zone]]
id = "loading-bay"
hazard = "B"
polygon_m = [[0, 0], [9, 0], [9, 5]]
roles = ["driver"]
wearers = ["m-keller"]

[[zone]]
id = "tank-farm"

[[agent]]
id = "edge-1"

[[wearer]]
id = "m-keller"
name = "Mira Keller"
roles = ["driver"]
phone = "+46700001003"

[[device]]
id = "belt-17"
kind = "imu"
wearer = "m-keller"
agent = "edge-1"
worn = "trunk"

[[device]]
id = "badge-17"
kind = "badge"
wearer = "m-keller"
tag = "e280"

[[device]]
id = "reader-1"
kind = "reader"
points = { 1 = "loading-bay" }
zone = "tank-farm"

[[person]]
id = "karin-ek"
name = "Karin Ek"
roles = ["ehs-officer"]
email = "karin.ek@dock7.example"

[[on_call]]
id = "ehs"
people = ["karin-ek"]

[[escalation]]
severity = "SEV1"
steps = [{ to = ["on-call:ehs", "role:ehs-officer"], wait_s = 60 }]

[[escalation]]
severity = "SEV2"
steps = [{ to = ["person:karin-ek"] }]

[[escalation]]
severity = "SEV3"
steps = [{ to = ["person:karin-ek"] }]
"""

MISTAKES = [
    pytest.param(
        'time_zone = "Europe/Stockholm"', 'time_zone = "Europe/Stokholm"',
        '[site]: there is no time zone "Europe/Stokholm"; did you mean "Europe/Stockholm"?',
        id="time-zone",
    ),
    pytest.param(
        "[[wearer]]", "[[waerer]]",
        'there is no table [waerer]; did you mean "wearer"?', id="table",
    ),
    pytest.param(
        'hazard = "B"', 'hazrad = "B"',
        '[[zone]] "loading-bay" has no key "hazrad"; did you mean "hazard"?', id="key",
    ),
    pytest.param(
        "wait_s = 60", "wait = 60",
        '[[escalation]] "SEV1" has no key "wait"; did you mean "wait_s"?', id="key-inside-a-step",
    ),
    pytest.param(
        'points = { 1 = "loading-bay" }', 'points = { 1 = "loading-bey" }',
        '[[device]] "reader-1": point "1" is in zone "loading-bey", which does not exist; '
        'did you mean "loading-bay"?', id="zone-of-a-point",
    ),
    pytest.param(
        'zone = "tank-farm"', 'zone = "tankfarm"',
        '[[device]] "reader-1": there is no zone "tankfarm"; did you mean "tank-farm"?',
        id="zone-of-a-device",
    ),
    pytest.param(
        'wearer = "m-keller"\nagent', 'wearer = "m-kellar"\nagent',
        '[[device]] "belt-17": there is no wearer "m-kellar"; did you mean "m-keller"?',
        id="wearer-of-a-device",
    ),
    pytest.param(
        'agent = "edge-1"', 'agent = "edge-2"',
        '[[device]] "belt-17": there is no agent "edge-2"; did you mean "edge-1"?',
        id="agent-of-a-device",
    ),
    pytest.param(
        'wearers = ["m-keller"]', 'wearers = ["m-keler"]',
        '[[zone]] "loading-bay": there is no wearer "m-keler"; did you mean "m-keller"?',
        id="wearer-of-a-zone",
    ),
    pytest.param(
        'hazard = "B"\npolygon_m = [[0, 0], [9, 0], [9, 5]]\nroles = ["driver"]',
        'hazard = "B"\npolygon_m = [[0, 0], [9, 0], [9, 5]]\nroles = ["drivers"]',
        '[[zone]] "loading-bay": no wearer has the role "drivers"; did you mean "driver"?',
        id="role-of-a-zone",
    ),
    pytest.param(
        '"role:ehs-officer"', '"role:ehs-oficer"',
        '[[escalation]] "SEV1" step 1: there is no role "ehs-oficer", so it reaches nobody; '
        'did you mean "ehs-officer"?', id="role-of-a-step",
    ),
    pytest.param(
        '"on-call:ehs"', '"on-call:esh"',
        '[[escalation]] "SEV1" step 1: there is no on-call "esh", so it reaches nobody; '
        'did you mean "ehs"?', id="duty-of-a-step",
    ),
    pytest.param(
        '"on-call:ehs"', '"person:carin-ek"',
        '[[escalation]] "SEV1" step 1: there is no person "carin-ek", so it reaches nobody; '
        'did you mean "karin-ek"?', id="person-of-a-step",
    ),
    pytest.param(
        '"on-call:ehs"', '"ehs"',
        '[[escalation]] "SEV1" step 1: "ehs" is not a target; write on-call:ID, role:ROLE or '
        "person:ID", id="target-without-its-kind",
    ),
    pytest.param(
        'people = ["karin-ek"]', 'people = ["karin"]',
        '[[on_call]] "ehs": there is no person "karin"; did you mean "karin-ek"?',
        id="person-of-a-duty",
    ),
    pytest.param(
        'severity = "SEV3"', 'severity = "SEV4"',
        '[[escalation]] "SEV3" is missing: its incidents would reach nobody', id="tier-missing",
    ),
    pytest.param(
        'severity = "SEV3"', 'severity = "SEV2"',
        '[[escalation]] "SEV2" is there 2 times; a tier has one ladder', id="tier-twice",
    ),
    pytest.param(
        'id = "tank-farm"', 'id = "loading-bay"',
        '[[zone]] "loading-bay" is there 2 times; an id names one thing', id="zone-twice",
    ),
    pytest.param(
        'id = "badge-17"', 'id = "belt-17"',
        '[[device]] "belt-17" is there 2 times; an id names one thing', id="device-twice",
    ),
    pytest.param(
        'kind = "reader"', 'kind = "reader"\ntag = "e280"',
        'tag "e280" is on 2 devices; a read could not tell them apart', id="tag-twice",
    ),
    pytest.param(
        'tag = "e280"\n', "",
        '[[device]] "badge-17" is a badge without a tag, so no reader can hear it; give it '
        'tag = "…"', id="badge-without-tag",
    ),
    pytest.param(
        "[[0, 0], [9, 0], [9, 5]]", "[[0, 0], [9, 0]]",
        '[[zone]] "loading-bay": polygon_m needs at least three corners', id="polygon-of-two",
    ),
    pytest.param(
        'kind = "imu"', 'kind = "imo"',
        """[[device]] "belt-17": kind: Input should be 'imu', 'badge', 'reader', 'camera', """
        """'button', 'door' or 'plc' (it is 'imo'); did you mean "imu"?""", id="device-kind",
    ),
    pytest.param(
        'severity = "SEV1"', 'severity = "SEV0"',
        """[[escalation]] "SEV0": severity: Input should be 'SEV1', 'SEV2', 'SEV3' or 'SEV4' """
        """(it is 'SEV0'); did you mean "SEV4"?""", id="tier",
    ),
    pytest.param(
        'name = "Mira Keller"\n', "",
        '[[wearer]] "m-keller": "name" is missing', id="key-missing",
    ),
    pytest.param(
        'id = "tank-farm"', 'title = "Tank farm"',
        '[[zone]] number 2: "id" is missing', id="id-missing",
    ),
    pytest.param(
        '[site]\nid = "dock-7"\ntime_zone = "Europe/Stockholm"', "",
        '[site]: "site" is missing', id="no-site",
    ),
    pytest.param(
        'phone = "+46700001003"', 'phone = "070-000 10 03"',
        '[[wearer]] "m-keller": phone: String should match pattern '
        "'^\\+[1-9][0-9]{6,14}$' (it is '070-000 10 03')", id="phone",
    ),
    pytest.param(
        "[[agent]]", "[severity]\nfall_stil_s = 20\n\n[[agent]]",
        '[severity] has no key "fall_stil_s"; did you mean "fall_still_s"?', id="severity-key",
    ),
    pytest.param(
        "[[agent]]", "[broker]\nport = 99999\n\n[[agent]]",
        "[broker]: port: Input should be less than or equal to 65535 (it is 99999)", id="port",
    ),
    pytest.param(
        "[[agent]]", "[[agent]",
        "not TOML: Expected ']]' at the end of an array declaration (at line 15, column 8)",
        id="not-toml",
    ),
]  # fmt: skip


def test_the_good_file_is_good() -> None:
    site = parse(GOOD)
    assert (site.id, len(site.device), len(site.escalation)) == ("dock-7", 3, 3)


@pytest.mark.parametrize(("right", "wrong", "sentence"), MISTAKES)
def test_a_mistake_is_named_with_its_table_and_a_suggestion(
    right: str, wrong: str, sentence: str
) -> None:
    assert GOOD.count(right) >= 1
    with pytest.raises(SiteFileError) as refusal:
        parse(GOOD.replace(right, wrong, 1))
    assert sentence in refusal.value.problems


def test_all_mistakes_are_told_at_once() -> None:
    wrong = GOOD.replace("Stockholm", "Stokholm").replace("on-call:ehs", "on-call:esh")
    with pytest.raises(SiteFileError) as refusal:
        parse(wrong)
    assert len(refusal.value.problems) == 2
    assert str(refusal.value) == "\n".join(refusal.value.problems)


def test_the_worked_example_is_good() -> None:
    site = parse((ROOT / "site.toml").read_text(encoding="utf-8"))
    assert site.person
    assert site.channel
