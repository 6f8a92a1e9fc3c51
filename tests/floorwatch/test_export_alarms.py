"""An alarm, dismissed in a real backend, becomes a recording that the benchmark scores."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from backend.runtime import BackendProcess
from contract.detection import Detection, Waveform, detection_id
from contract.instants import ns
from contract.severity import Facts, assess
from gateway.waveform import cut
from simulators.accuracy.scoring import Plan, score_folder
from simulators.accuracy.system import shipped
from simulators.recordings.find import find
from tests.support.pages import Inbox, paging_site
from tests.support.site_of_two import SCALE_G, START_NS, fall, imu

pytestmark = pytest.mark.slow

WHOLE = np.concatenate(
    [np.frombuffer(block.accel_i16 or b"", "<i2").reshape(-1, 3) for block in fall()]
)
IMPACT = int(np.square(WHOLE.astype(np.int64)).sum(axis=1).argmax())
IMPACT_NS = START_NS + ns(IMPACT / 50)
SITE = paging_site(**{'id = "belt-03"\nkind = "imu"': 'id = "belt-03"\nkind = "imu"\nworn = "arm"'})
LABELS = {
    ("belt-03", 0): "false-alarm",
    ("belt-10", 0): "real",
    ("belt-03", 1): "exercise",
    ("belt-12", 0): None,
}
WEARERS = {"belt-03": "m-keller", "belt-10": "k-sato", "belt-12": "o-lund"}


def report(api: httpx.Client, device: str, number: int, outcome: str | None) -> None:
    """Send a claim with its window as the gateway does, then resolve it as a responder does."""
    shift_ns = ns(number * 3600)
    onset_ns = IMPACT_NS + shift_ns
    facts = Facts(kind="fall")
    told = Detection(
        id=detection_id("fall", f"person:{WEARERS[device]}", onset_ns),
        kind="fall",
        phase="onset",
        site=SITE.id,
        device=device,
        person=WEARERS[device],
        onset_ns=onset_ns,
        decided_ns=onset_ns + ns(2),
        confidence=0.9,
        reason="an impact",
        facts=facts,
        assessment=assess(facts),
    )
    incident = api.post("/detections", content=told.model_dump_json()).json()["incident"]
    blocks = list(fall(device, t0_ns=START_NS + shift_ns))
    window = cut(blocks, onset_ns, onset_ns - ns(5), onset_ns + ns(15))
    assert window is not None
    body = Waveform(
        detection=told.id,
        device=device,
        t0_ns=window.t0_ns,
        odr_hz=window.odr_hz,
        scale_g=window.scale_g,
        accel_i16=window.accel_i16,
        range_g=16,
        complete=True,
    )
    api.post(f"/detections/{told.id}/evidence", content=body.model_dump_json()).raise_for_status()
    said = {"person": "karin-ek", "reason": "Mira Keller dropped it", "outcome": outcome}
    api.post(f"/incidents/{incident}/resolve", json=said).raise_for_status()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A backend's database, while the backend runs on it."""
    inbox = Inbox()
    with (
        BackendProcess(
            SITE, state_dir=tmp_path / "state", engine="manual", channels=[inbox]
        ) as backend,
        httpx.Client(
            base_url=f"{backend.url}/api/v1",
            headers={"Content-Type": "application/json"},
            timeout=60,
        ) as api,
    ):
        for (device, number), outcome in LABELS.items():
            report(api, device, number, outcome)
        yield tmp_path / "state"


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "floorwatch", "export", "alarms", *arguments],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def test_round_trip(database: Path, tmp_path: Path) -> None:
    to = tmp_path / "alarms"
    run = export("--database", database, "--to", to, "--by", "karin-ek", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["labels"] == {"false-alarm": 1, "fall": 1}
    assert told["left_out"] == {"exercise": 1, "nobody said what it was": 1}
    assert told["files"] == ["arm.npz", "unknown.npz"]

    trials = {trial.activity: trial for trial in find([to])}
    assert {name: trial.is_fall for name, trial in trials.items()} == {
        "fall": True,
        "false-alarm": False,
    }
    dismissed, real = trials["false-alarm"], trials["fall"]
    assert (dismissed.set, dismissed.worn, dismissed.range_g) == ("alarms", "arm", 16)
    assert real.peak_s == pytest.approx(5, abs=0.1)
    sent = WHOLE[IMPACT - 250 :].astype(np.float32) * np.float32(SCALE_G)
    assert np.array_equal(real.accel_g[:1000], sent[:1000])

    ours = shipped()
    scores = score_folder(to, Plan((ours,)), processes=1)
    assert scores.passed_over == []
    assert {name: tally.falls for name, tally in scores.sets(ours).items()} == {
        "alarms/arm": 0,
        "alarms/unknown": 1,
    }


def test_nothing_that_leaves_names_anybody(database: Path, tmp_path: Path) -> None:
    to = tmp_path / "alarms"
    assert export("--database", database, "--to", to, "--by", "karin-ek").returncode == 0
    names = [*WEARERS, *WEARERS.values(), "Keller", "Mira", "karin", "Karin", "hall-7"]
    for file in to.iterdir():
        raw = file.read_bytes()
        if file.suffix == ".npz":
            with np.load(file) as opened:
                raw = b"".join(str(opened[name].tolist()).encode() for name in opened.files)
        assert [name for name in names if name.encode() in raw] == [], file.name


def test_every_export_is_on_record(database: Path, tmp_path: Path) -> None:
    export("--database", database, "--to", tmp_path / "one", "--by", "ines-falk",
           "--label", "fall")  # fmt: skip
    with sqlite3.connect(database / "backend.sqlite") as connection:
        ((who, what, details),) = connection.execute("SELECT who, what, details FROM access")
    connection.close()
    assert (who, what) == ("ines-falk", "export-alarms")
    assert len(json.loads(details)["windows"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["--by", "karin-eck"], 1, 'did you mean "karin-ek"?', id="nobody known"),
        pytest.param(["--by", "karin-ek", "--since", "2040-01-01"], 1, "no window to export",
                     id="nothing there"),
        pytest.param(["--by", "karin-ek", "--since", "soon"], 2, "2026-05-17T03:04:05Z",
                     id="no instant"),
        pytest.param(["--by", "karin-ek", "--to", "x.npz"], 2, "name a folder", id="a file"),
        pytest.param(["--by", "karin-ek", "--to", "no/such/place"], 2, "there is no folder",
                     id="no place for it"),
        pytest.param(["--by", "karin-ek", "--database", "elsewhere"], 2, "no database is at",
                     id="no database"),
        pytest.param(["--by", "karin-ek", "--database", "sqlite:///elsewhere.db"], 2,
                     "there is no file elsewhere.db", id="no database of that URL"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    database: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    run = export("--database", database, "--to", tmp_path / "alarms", *arguments)
    assert (run.returncode, said in " ".join(run.stderr.split())) == (code, True), run.stderr
    assert not (tmp_path / "alarms").exists()


def test_only_an_earlier_export_is_ever_replaced(database: Path, tmp_path: Path) -> None:
    to, mine = tmp_path / "alarms", tmp_path / "mine"
    mine.mkdir()
    (mine / "SA01.npz").write_bytes(b"precious")
    asked = ("--database", database, "--by", "karin-ek", "--to")
    assert export(*asked, to).returncode == 0
    again = export(*asked, to)
    assert (again.returncode, "--force replaces it" in again.stderr) == (2, True)
    assert export(*asked, to, "--force", "--label", "fall").returncode == 0
    assert [trial.activity for trial in find([to])] == ["fall"]
    refused = export(*asked, mine, "--force")
    assert (refused.returncode, "no export of alarms" in refused.stderr) == (2, True)
    assert (mine / "SA01.npz").read_bytes() == b"precious"


def test_plain_samples_share_a_handful_of_steps() -> None:
    """Windows of one device lie in one file only if they have one step."""
    steps = set()
    for peak_g in (0.5, 3.0, 7.9, 8.5, 12.0, 15.9):
        plain = imu(0).model_copy(
            update={"accel_i16": None, "scale_g": None, "accel_g": ((0.0, 0.0, peak_g),) * 50}
        )
        found = cut([plain], START_NS, START_NS, START_NS + ns(1))
        assert found is not None
        steps.add(found.scale_g)
    assert steps == {1 / 4096, 1 / 2048}
