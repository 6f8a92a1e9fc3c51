"""`floorwatch keys make`, and what `check` says of a site without its keys."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from contract.signing import key_from
from floorwatch.sites import parse_site
from gateway.keyring import read_keys
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.needs import ROOT

TRUST = 'trust = "broker"'


def site_file(folder: Path, table: str = "") -> Path:
    path = folder / "site.toml"
    demo = (ROOT / "site.toml").read_text(encoding="utf-8")
    path.write_text(f'{demo}\n[broker]\nhost = "mqtt.example"\n{table}\n', "utf-8")
    return path


def test_keys_are_made_once_for_their_owner_alone_and_then_the_site_holds_together(
    tmp_path: Path, floorwatch: Command
) -> None:
    file = site_file(tmp_path)
    missing = floorwatch("check", file)
    assert missing.status == 2
    assert '[[agent]] "edge-1": its key keys/edge-1.key cannot be read' in missing.err
    assert "`floorwatch keys make` makes it" in missing.err
    old = os.umask(0)  # whatever the shell's is
    try:
        made = floorwatch("keys", "make", file, "--json")
    finally:
        os.umask(old)
    path = tmp_path / "keys" / "edge-1.key"
    assert json.loads(made.out) == {"made": {"edge-1": str(path)}, "kept": {}}
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    written = path.read_text()
    assert len(key_from(written, path.stat().st_mode, "it")) == 32
    assert floorwatch("check", file).status == 0
    assert "was left alone" in floorwatch("keys", "make", file).out
    assert path.read_text() == written
    path.chmod(0o640)
    assert "can be read by others" in floorwatch("check", file).err


def test_an_empty_key_is_none_and_is_made(tmp_path: Path, floorwatch: Command) -> None:
    """A crash while it was made left it so, and `keys make` went on leaving it alone."""
    file = site_file(tmp_path)
    path = tmp_path / "keys" / "edge-1.key"
    path.parent.mkdir(0o700)
    path.touch(0o600)
    assert floorwatch("check", file).status == 2
    assert json.loads(floorwatch("keys", "make", file, "--json").out)["made"]
    assert floorwatch("check", file).status == 0


@pytest.mark.parametrize(
    ("table", "needs"),
    [
        pytest.param("", True, id="a broker of the site's own"),
        pytest.param(TRUST, False, id="a broker that is trusted"),
    ],
)
def test_who_needs_a_key(tmp_path: Path, floorwatch: Command, table: str, needs: bool) -> None:
    assert floorwatch("check", site_file(tmp_path, table)).status == (2 if needs else 0)


def test_the_broker_of_floorwatch_up_is_trusted_on_this_machine_alone() -> None:
    site = parse_site(ROOT / "site.toml")
    assert site.key_file("edge-1", "127.0.0.1") is None
    assert site.key_file("edge-1", "10.0.0.5") == "keys/edge-1.key"
    read_keys(site, "127.0.0.1", Path())
