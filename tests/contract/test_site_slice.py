"""An agent is given what it needs to work, and nobody's name or number."""

from __future__ import annotations

from contract.sitefile import parse
from tests.support.needs import ROOT

SITE = parse((ROOT / "site.toml").read_text(encoding="utf-8"))


def test_a_slice_has_no_name_number_or_address_of_anybody() -> None:
    text = SITE.slice_for("edge-1").model_dump_json()
    secrets = {value for w in SITE.wearer for value in (w.name, w.phone)}
    secrets |= {value for p in SITE.person for value in (p.name, p.phone, p.email)}
    secrets.discard(None)
    assert len(secrets) > 30
    assert [secret for secret in secrets if str(secret) in text] == []


def test_a_slice_says_nothing_of_who_is_paged_or_how() -> None:
    part = SITE.slice_for("edge-1")
    assert (part.person, part.on_call, part.escalation, part.channel) == ((), (), (), ())


def test_a_slice_holds_the_agents_own_devices_with_what_detection_needs() -> None:
    part = SITE.slice_for("edge-1")
    assert {device.id for device in part.device} == {device.id for device in SITE.device}
    assert part.wearers["k-sato"].lone
    assert part.zone == SITE.zone
    assert [agent.id for agent in part.agent] == ["edge-1"]


def test_another_agents_devices_and_wearers_are_left_out() -> None:
    mine, *others = SITE.device
    owned = mine.model_copy(update={"agent": "edge-1"})
    moved = tuple(d.model_copy(update={"agent": "edge-2"}) for d in others)
    part = SITE.model_copy(update={"device": (owned, *moved)}).slice_for("edge-1")
    assert [device.id for device in part.device] == ["belt-01"]
    assert [wearer.id for wearer in part.wearer] == ["a-lind"]


def test_a_changed_copy_is_looked_up_anew() -> None:
    assert "edge-7" not in {device.agent for device in SITE.devices.values()}
    moved = tuple(d.model_copy(update={"agent": "edge-7"}) for d in SITE.device)
    copy = SITE.model_copy(update={"device": moved})
    assert {device.agent for device in copy.devices.values()} == {"edge-7"}
