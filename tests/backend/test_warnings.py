"""What a site gets wrong in silence is said: one place says it, for check, start and console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from backend.api.auth import API_TOKEN
from backend.database.connection import Database
from backend.database.tables import Base, PersonRow
from backend.paging.calls import calls
from backend.paging.catalogue import configured, named
from backend.people.roster import roster_of_database, roster_of_site
from backend.people.seed import seed
from backend.policy.current import Warnings
from backend.policy.leftbehind import left_behind
from backend.policy.reach import silent_steps
from backend.policy.warnings import warnings
from backend.runtime import BackendProcess
from contract.severity import Severity
from contract.site import Escalation, OnCall, Responder, Site, Step
from contract.sitefile import parse
from contract.warning import SiteWarning, WarningCode, folded
from tests.support.pages import SITE, paging_site

OPENED = '[backend]\npublic_url = "https://floorwatch.hall7.example"\n'
CONSOLE = 'kind = "console"'
SMTP = f'{CONSOLE}\n\n[[channel]]\nkind = "smtp"\nhost = "mail"\nsender = "fw@hall7.example"'
WELL = (
    SITE.replace('severity = "SEV1"\nrepeat = 1', 'severity = "SEV1"\nrepeat = 3')
    .replace('severity = "SEV2"', 'severity = "SEV2"\nrepeat = 3')
    .replace('severity = "SEV3"', 'severity = "SEV3"\nrepeat = 3')
    .replace(CONSOLE, SMTP)
    .replace("[[zone]]", OPENED + "\n[[zone]]", 1)
)
"""The site of these tests without anything to warn of, and with mail."""
AGENTS = '[[agent]]\nid = "edge-1"\n\n[[agent]]\nid = "edge-2"\n\n[[device]]'
ON_A_RACK = '[[device]]\nid = "rack"\nkind = "imu"\nzone = "chemicals"'
GOOD = "9f86d081884c7d659a2feaa0c55ad015"


def site_with(*changes: tuple[str, str]) -> Site:
    text = WELL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return parse(text)


def warned(site: Site, secrets: Mapping[str, str] | None = None) -> list[str]:
    """Return what is warned of, as `code: sentence`."""
    found = warnings(site, named(configured(site)), secrets=secrets)
    return [f"{warning.code}: {warning.sentence}" for warning in found]


def test_a_site_that_is_well_warns_of_nothing() -> None:
    assert warned(site_with(), {"FLOORWATCH_SECRET": GOOD}) == []


def test_the_worked_example_warns_of_nothing() -> None:
    example = Path(__file__).parents[2] / "site.toml"
    assert warned(parse(example.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            [(OPENED, "")],
            "link-unopenable: the links of smtp begin with http://127.0.0.1:8000, which no phone "
            "can open: on a phone, 127.0.0.1 is the phone itself",
            id="public_url is not set, and mail is sent",
        ),
        pytest.param(
            [(OPENED, '[backend]\nhost = "0.0.0.0"\n')],
            "link-unopenable: the links of smtp begin with http://0.0.0.0:8000, which no phone "
            "can open: 0.0.0.0 names no machine",
            id="every interface is no address",
        ),
        pytest.param(
            [("https://floorwatch.hall7.example", "floorwatch.hall7.example")],
            "link-unopenable: the links of smtp begin with floorwatch.hall7.example, which no "
            "phone can open: it has no http:// or https:// before it",
            id="no scheme",
        ),
        pytest.param(
            [("[[device]]", AGENTS), ('id = "belt-03"', 'id = "belt-03"\nagent = "edge-1"'),
             ('id = "belt-10"', 'id = "belt-10"\nagent = "edge-2"')],
            'device-unbound: [[device]] "belt-12" names no agent, and there are 2: any of them may '
            "speak for it",
            id="a device without an agent, where there are two",
        ),
        pytest.param(
            [("[[device]]", AGENTS), *(
                (f'id = "belt-{n}"', f'id = "belt-{n}"\nagent = "edge-1"') for n in ("03", 10, 12)
            )],
            'agent-idle: [[agent]] "edge-2" has no device, so nothing tells when it is silent',
            id="an agent without devices",
        ),
        pytest.param(
            [("[[device]]", '[[wearer]]\nid = "new"\nname = "New"\n\n[[device]]')],
            'wearer-unwatched: [[wearer]] "new" wears no device, so nothing watches over them',
            id="a wearer without a device",
        ),
        pytest.param(
            [("[[device]]", '[[device]]\nid = "belt-99"\nkind = "imu"\n\n[[device]]')],
            'device-unworn: [[device]] "belt-99" is worn by nobody and stands in no zone: what it '
            "sees is about nobody",
            id="a device that nobody wears",
        ),
        pytest.param(
            [('severity = "SEV2"\nrepeat = 3', 'severity = "SEV2"')],
            'ladder-ends: [[escalation]] "SEV2" is climbed once, for 360 s; after that everybody '
            "of [last_resort] is called",
            id="a ladder that is climbed once",
        ),
        pytest.param(
            [('severity = "SEV3"\nrepeat = 3', 'severity = "SEV3"')],
            'ladder-ends: [[escalation]] "SEV3" is climbed once, for 900 s; after that nobody is '
            "called",
            id="a mild ladder that is climbed once",
        ),
        pytest.param(
            [('email = "ines.falk@hall7.example"\n', "")],
            'first-aider-unreached: first-aider "ines-falk" has no address that smtp can use',
            id="a first-aider whom only the console calls",
        ),
        pytest.param(
            [('email = "gustav.dahl@hall7.example"\n', "")],
            'person-unreached: person "gustav-dahl" has no address that smtp can use',
            id="somebody whom only the console calls",
        ),
    ],
)  # fmt: skip
def test_what_may_cost_a_call_is_said(changes: list[tuple[str, str]], told: str) -> None:
    assert warned(site_with(*changes)) == [told]


def test_a_channel_that_reaches_nobody_and_a_last_resort_of_nobody_are_said() -> None:
    addresses = [(f'email = "{n}@hall7.example"\n', "") for n in
                 ("karin.ek", "omar.said", "ines.falk", "gustav.dahl")]  # fmt: skip
    assert (
        'channel-reaches-nobody: [[channel]] "smtp" reaches nobody: no person has an address that '
        "it can use"
    ) in warned(site_with(*addresses))
    mail_alone = site_with(
        (SMTP, SMTP.removeprefix(f"{CONSOLE}\n\n[[channel]]\n")),
        ('email = "gustav.dahl@hall7.example"\n', ""),
        ('to = ["role:site-manager"]', 'to = ["role:supervisor"]'),
        ('to = ["role:site-manager"]', 'to = ["role:supervisor"]'),
        ("[[channel]]", '[last_resort]\nroles = ["site-manager"]\n\n[[channel]]'),
    )
    assert warned(mail_alone) == [
        "last-resort-empty: [last_resort] reaches nobody with site-manager: once a ladder of SEV1 "
        "or SEV2 is climbed in vain, everybody is called, whoever they are",
        'person-unreached: person "gustav-dahl" has no address that smtp can use',
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param([(SMTP, CONSOLE), (OPENED, "")], "a link on this machine", id="console only"),
        pytest.param(
            [("[[device]]", f"{ON_A_RACK}\n\n[[device]]")],
            "it listens to a machine", id="an accelerometer in a zone",
        ),
        pytest.param(
            [("[[device]]", '[[agent]]\nid = "edge-1"\n\n[[device]]')],
            "there is no other to speak for it", id="one agent",
        ),
    ],
)  # fmt: skip
def test_what_is_as_it_should_be_is_not_warned_of(changes: list[tuple[str, str]], why: str) -> None:
    assert warned(site_with(*changes)) == [], why


def test_secrets_are_judged_and_never_shown() -> None:
    (told,) = warned(site_with(), {"FLOORWATCH_SECRET": GOOD, "FLOORWATCH_API_TOKEN": "let-me-in"})
    assert told.startswith("secret-weak: FLOORWATCH_API_TOKEN has 9 characters; 32 are wanted")
    assert "let-me-in" not in told


def test_a_tag_that_somebody_was_given_is_worn() -> None:
    site = site_with(
        ("[[device]]", '[[device]]\nid = "badge-9"\nkind = "badge"\ntag = "aa01"\n\n[[device]]')
    )
    channels = named(configured(site))
    assert [w.code for w in warnings(site, channels)] == [WarningCode.DEVICE_UNWORN]
    assert warnings(site, channels, assigned_tags=("aa01",)) == ()


def test_a_thousand_alike_are_folded_and_the_costly_come_first() -> None:
    alike = [
        SiteWarning(code=code, sentence=str(n), what_to_do="")
        for code in (WarningCode.SECRET_WEAK, WarningCode.LINK_UNOPENABLE)
        for n in range(7)
    ]
    shown = [(code, [w.sentence for w in found], more) for code, found, more in folded(alike, 2)]
    assert shown == [
        (WarningCode.LINK_UNOPENABLE, ["0", "1"], 5),
        (WarningCode.SECRET_WEAK, ["0", "1"], 5),
    ]


def test_a_running_backend_logs_them_and_answers_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_TOKEN, "let-me-in")
    with (
        capture_logs() as logged,
        BackendProcess(paging_site(), state_dir=tmp_path, engine="manual") as backend,
        httpx.Client(base_url=backend.url, trust_env=False) as api,
    ):
        at = "/api/v1/warnings"
        assert api.get(at).status_code == 401
        api.headers["Authorization"] = "Bearer let-me-in"
        found = api.get(at).json()["items"]
        assert [each["code"] for each in found] == ["ladder-ends", "ladder-ends", "secret-weak"]
        assert set(found[0]) == {"code", "sentence", "what_to_do"}
        only = api.get(at, params={"code": "secret-weak"}).json()["items"]
        assert only == found[2:]
        assert api.get(at, params={"code": "sekret"}).status_code == 422
    lines = [line for line in logged if line["event"] == "the site may lose a call"]
    assert [line["code"] for line in lines] == ["ladder-ends", "secret-weak"]
    assert lines[0]["sentences"] == [each["sentence"] for each in found[:2]]
    assert "let-me-in" not in str(logged)


def test_the_people_are_looked_at_again(sqlite_url: str) -> None:
    site, now_s = site_with(), [0.0]
    database = Database(sqlite_url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        seed(session, site, 0)
    held = Warnings(
        site, database, named(configured(site)), base_url="https://floorwatch.example",
        secrets={}, monotonic_s=lambda: now_s[0],
    )  # fmt: skip
    assert held.now() == ()
    with database.write() as session:
        session.get_one(PersonRow, "karin-ek").name = "Karin Ek-Holm"
    assert held.now() == ()
    now_s[0] = 6.0
    assert [warning.sentence for warning in held.now()] == [
        'person "karin-ek" has another name in the database than in the site file; the database '
        "counts"
    ]
    database.close()


NAMES = ("ada", "bo", "cy")
ROLES = ("aider", "boss")
TARGETS = [f"person:{n}" for n in NAMES] + [f"role:{r}" for r in ROLES] + ["on-call:duty"]
people = st.lists(
    st.builds(
        Responder,
        id=st.sampled_from(NAMES),
        name=st.just("N"),
        roles=st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
        email=st.sampled_from([None, "n@hall7.example"]),
    ),
    unique_by=lambda person: person.id,
)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('law')}/law.db")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@given(people, st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3), st.data())
def test_a_step_is_called_silent_just_when_paging_would_call_nobody(
    empty_database: Database, given_people: list[Responder], targets: list[str], data: st.DataObject
) -> None:
    ids = [person.id for person in given_people]
    duty = data.draw(st.lists(st.sampled_from(ids), unique=True)) if ids else []
    site = site_with((SMTP, SMTP.removeprefix(f"{CONSOLE}\n\n[[channel]]\n"))).model_copy(
        update={
            "person": tuple(given_people),
            "on_call": (OnCall(id="duty", people=tuple(duty)),) if duty else (),
            "escalation": (Escalation(severity=Severity.SEV1, steps=(Step(to=tuple(targets)),)),),
        }
    )
    channels = named(configured(site))
    with empty_database.write() as session:
        seed(session, site, 0)
        held = roster_of_database(session)
        nobody = not calls(session, channels, targets)
        session.rollback()
    assert held == roster_of_site(site)
    assert bool(list(silent_steps(held, site, channels))) == nobody


@pytest.mark.parametrize(
    ("used", "told"),
    [
        pytest.param("state/backend.sqlite", 0, id="its own"),
        pytest.param("state/../state/backend.sqlite", 0, id="its own, said otherwise"),
        pytest.param("elsewhere.db", 1, id="another"),
    ],
)
def test_a_database_that_was_left_behind_is_noticed(tmp_path: Path, used: str, told: int) -> None:
    (tmp_path / "state").mkdir()
    kept = tmp_path / "state" / "backend.sqlite"
    database = Database(f"sqlite:///{tmp_path / used}")
    assert left_behind(kept, database) == ()
    kept.touch()
    assert len(left_behind(kept, database)) == told
    database.close()
