"""`floorwatch check` says what keeps a site from starting, and what may cost a call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.warning import WarningCode
from floorwatch.commands.demo import worked_example
from floorwatch.warnings import asked_of, lines
from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch
from tests.support.pages import SITE, Pager

MAIL = '[[channel]]\nkind = "smtp"\nhost = "mail"\nsender = "fw@hall7.example"\n'
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLOORWATCH_SECRET", "FLOORWATCH_API_TOKEN", "FLOORWATCH_WEBHOOK_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE + MAIL, "utf-8")
    return path


def test_the_worked_example_is_one_line(floorwatch: Command) -> None:
    ran = floorwatch("check", worked_example(), "--strict")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("\n") == 1


def test_warnings_are_read_by_a_person(floorwatch: Command, site_file: Path) -> None:
    ran = floorwatch("check", site_file)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == [
        "3 warnings; docs/operations.md explains each:",
        "! link-unopenable",
        "  the links of smtp begin with http://127.0.0.1:8000, which no phone can open: on a "
        "phone, 127.0.0.1 is the phone itself",
        '  → Set public_url of [backend] to what a phone opens: "https://HOST".',
        "! ladder-ends",
        '  [[escalation]] "SEV2" is climbed once, for 360 s; after that everybody of '
        "[last_resort] is called",
        '  [[escalation]] "SEV3" is climbed once, for 900 s; after that nobody is called',
        "  → Give it repeat = 3, or as often as it shall be climbed again.",
    ]


def test_warnings_are_read_by_a_program(
    floorwatch: Command, site_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOORWATCH_WEBHOOK_TOKEN", "hunter2")
    ran = floorwatch("check", site_file, "--json")
    answer = json.loads(ran.out)
    assert (ran.status, answer["ok"]) == (0, True)
    codes = [warning["code"] for warning in answer["warnings"]]
    assert codes == ["link-unopenable", "ladder-ends", "ladder-ends", "secret-weak"]
    assert "hunter2" not in ran.out


def test_a_build_may_insist_on_none(floorwatch: Command, site_file: Path) -> None:
    assert floorwatch("check", site_file, "--strict").status == 1


def test_people_are_compared_with_a_database(
    floorwatch: Command, site_file: Path, tmp_path: Path
) -> None:
    Pager(f"sqlite:///{tmp_path / 'floorwatch.db'}").close()
    site_file.write_text(SITE.replace('name = "Karin Ek"', 'name = "Karin Ek-Holm"'), "utf-8")
    without = json.loads(floorwatch("check", site_file, "--json").out)
    told = ("check", site_file, "--database", tmp_path / "floorwatch.db", "--json")
    beside = json.loads(floorwatch(*told).out)
    more = [w for w in beside["warnings"] if w not in without["warnings"]]
    assert [(w["code"], w["sentence"]) for w in more] == [
        (
            "person-differs",
            'person "karin-ek" has another name in the database than in the site file; the '
            "database counts",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            '[last_resort]\nroles = ["first-aid"]\n',
            '[last_resort]: no person has the role "first-aid"; did you mean "first-aider"?',
            id="a last resort of a role that nobody has",
        ),
        pytest.param(
            "[last_resort]\nwait_s = 600\nslowest_s = 60\n",
            "[last_resort]: slowest_s = 60 is below wait_s = 600; rounds would become more "
            "frequent, not rarer",
            id="rounds that become more frequent",
        ),
        pytest.param(
            '[heartbeat]\nurl = "watch.example/beat"\n',
            '[heartbeat]: url: String should match pattern',
            id="a heartbeat without a scheme",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_problem(
    floorwatch: Command, site_file: Path, changes: str, told: str
) -> None:
    site_file.write_text(SITE + changes, "utf-8")
    ran = floorwatch("check", site_file)
    assert ran.status == 2
    assert told in ran.err


def test_on_a_terminal_nothing_is_wider_than_it(floorwatch: Command, site_file: Path) -> None:
    from backend.paging.catalogue import configured, named
    from backend.policy.warnings import warnings
    from contract.sitefile import parse

    site = parse(site_file.read_text("utf-8"))
    shown = list(lines(warnings(site, named(configured(site))), 80))
    assert max(map(len, shown)) <= 80
    assert len(shown) > 8


def test_a_backend_that_does_not_answer_warns_of_nothing() -> None:
    assert asked_of("http://127.0.0.1:1") == ()


@pytest.mark.parametrize("code", WarningCode)
def test_each_warning_is_explained(code: WarningCode) -> None:
    assert f"| `{code}` |" in OPERATIONS.read_text("utf-8")
