from __future__ import annotations

import socket
from pathlib import Path

import pytest

from contract.site import Site
from contract.sitefile import parse
from floorwatch import broker
from floorwatch.commands.demo import worked_example
from floorwatch.errors import CommandError
from floorwatch.installation import Installation, install

FILE = worked_example()


@pytest.fixture
def site() -> Site:
    return parse(FILE.read_text("utf-8"))


def installed(site: Site, state: Path, *, scratch: bool = False) -> Installation:
    return install(FILE, site, state, print, scratch=scratch)


def test_the_parts_come_in_the_order_in_which_they_need_each_other(
    site: Site, tmp_path: Path
) -> None:
    names = [part.name for part in installed(site, tmp_path).parts]
    assert names == ["broker", "backend", "gateway", "edge-1"]


def test_a_trial_broker_keeps_its_port_so_that_devices_find_it_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("floorwatch.installation.MQTT_PORT", broker.free_port())
    first = installed(site, tmp_path).broker_port
    assert installed(site, tmp_path).broker_port == first


def test_a_taken_port_is_not_taken_from_its_owner(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        monkeypatch.setattr("floorwatch.installation.MQTT_PORT", taken)
        assert installed(site, tmp_path).broker_port != taken


def test_a_named_broker_that_is_away_is_said_and_waited_for(site: Site, tmp_path: Path) -> None:
    away = site.model_copy(update={"broker": parse(_with_broker(1)).broker})
    found = installed(away, tmp_path)
    assert any("Nothing answers at 127.0.0.1:1" in note for note in found.notes)
    gateway = next(part for part in found.parts if part.name == "gateway")
    found.stats_file.write_text('{"connected": false}', "utf-8")
    assert gateway.ready(), "a gateway waits for the site's own broker; its start does not"


def test_our_own_broker_is_there_before_the_gateway_counts_as_ready(
    site: Site, tmp_path: Path
) -> None:
    found = installed(site, tmp_path, scratch=True)
    gateway = next(part for part in found.parts if part.name == "gateway")
    assert not gateway.ready()
    found.stats_file.write_text('{"connected": false}', "utf-8")
    assert not gateway.ready()
    found.stats_file.write_text('{"connected": true}', "utf-8")
    assert gateway.ready()


def test_a_demo_never_touches_the_sites_database(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOORWATCH_DATABASE_URL", "postgresql://the-real-one/floorwatch")
    backend = next(p for p in installed(site, tmp_path, scratch=True).parts if p.name == "backend")
    assert backend.env["FLOORWATCH_DATABASE_URL"].startswith("sqlite:///")


@pytest.mark.parametrize(
    ("added", "told"),
    [
        pytest.param('[broker]\nhost = "127.0.0.1"', "broker", id="a broker of its own"),
        pytest.param(
            '[[channel]]\nkind = "webhook"\nurl = "http://127.0.0.1:1/x"', "webhook", id="a webhook"
        ),
        pytest.param(
            '[[channel]]\nkind = "smtp"\nhost = "127.0.0.1"\nsender = "a@b.example"',
            "smtp",
            id="mail",
        ),
    ],
)
def test_a_demo_of_a_real_site_is_refused(added: str, told: str, tmp_path: Path) -> None:
    from floorwatch.commands.demo import refuse_a_real_site

    real = parse(f"{FILE.read_text('utf-8')}\n{added}\n")
    with pytest.raises(CommandError, match=told):
        refuse_a_real_site(tmp_path / "site.toml", real)


def _with_broker(port: int) -> str:
    return f'{FILE.read_text("utf-8")}\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
