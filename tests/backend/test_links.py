"""Acknowledgement links: a GET shows, a POST acts, a stranger gets nowhere."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer

from backend.database.tables import PageRow
from backend.errors import ExpiredLinkError, ForgedLinkError
from backend.paging.links import LIFE_S, SECRET, SECRET_FILE, link_secret
from contract.instants import ns
from tests.support.pages import Pager


@pytest.fixture
def paged(sqlite_url: str) -> Iterator[tuple[Pager, str]]:
    """Somebody has been paged: the backend, and the token of Karin's link."""
    pager = Pager(sqlite_url)
    pager.detect("fall")
    pages = pager.expect_pages("SEV2 karin-ek", "SEV2 ines-falk")
    url = next(page.acknowledge_url for page in pages if page.to.person == "karin-ek")
    yield pager, url.rpartition("/")[2]
    pager.close()


def test_a_link_is_bound_to_one_incident_and_one_person(paged: tuple[Pager, str]) -> None:
    pager, token = paged
    opened = pager.parts.links.open(token)
    assert (opened.incident, opened.person) == (1, "karin-ek")
    view, person = pager.parts.reader.by_token(token)
    assert (view.id, view.status, person) == (1, "open", "karin-ek")  # opening acts on nothing


def test_a_link_expires(paged: tuple[Pager, str]) -> None:
    pager, token = paged
    pager.now_ns += ns(LIFE_S)
    assert pager.parts.links.open(token).person == "karin-ek"
    pager.now_ns += ns(1)
    with pytest.raises(ExpiredLinkError, match="older than 72 hours"):
        pager.parts.links.open(token)


def _other_secret(token: str) -> str:
    payload = URLSafeSerializer("guess", salt="acknowledge/1").loads_unsafe(token)[1]
    return str(URLSafeSerializer("guess", salt="acknowledge/1").dumps(payload))


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda token: token[:-1], id="cut short"),
        pytest.param(lambda token: "x" + token, id="changed"),
        pytest.param(lambda token: "", id="empty"),
        pytest.param(lambda token: "\x00\ud800", id="not even text"),
        pytest.param(_other_secret, id="signed with another secret"),
    ],
)
def test_a_forged_link_opens_nothing(paged: tuple[Pager, str], forge: object) -> None:
    pager, token = paged
    assert callable(forge)
    with pytest.raises(ForgedLinkError, match="was not made by this Floorwatch"):
        pager.parts.links.open(forge(token))


def test_a_link_of_another_database_opens_nothing(paged: tuple[Pager, str], tmp_path: Path) -> None:
    _, token = paged
    other = Pager(f"sqlite:///{tmp_path / 'other.sqlite'}")
    other.detect("fall")  # it has a page 1 too, and the same secret
    other.inbox.empty()
    with pytest.raises(ForgedLinkError):
        other.parts.links.open(token)
    other.close()


def test_one_link_acts_once(paged: tuple[Pager, str]) -> None:
    pager, token = paged
    opened = pager.parts.links.open(token)
    acknowledge = pager.parts.acknowledger.acknowledge
    first = acknowledge(opened.incident, opened.person, "link", opened.key)
    pager.now_ns += ns(60)
    second = acknowledge(opened.incident, opened.person, "link", opened.key)
    assert second == first
    assert pager.timeline().count("acknowledged") == 1


def test_who_comes_second_is_noted_and_sees_who_has_it(paged: tuple[Pager, str]) -> None:
    pager, _ = paged
    acknowledge = pager.parts.acknowledger.acknowledge
    acknowledge(1, "karin-ek", "link", "key-karin")
    for _ in range(2):
        view = acknowledge(1, "ines-falk", "link", "key-ines")
    assert view.acknowledged_by == "karin-ek"
    assert pager.timeline().count("acknowledged-too") == 1


def test_the_secret_is_made_once_and_nobody_else_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    made = link_secret(tmp_path)
    assert len(made) >= 32
    assert link_secret(tmp_path) == made
    assert stat.S_IMODE((tmp_path / SECRET_FILE).stat().st_mode) == 0o600
    monkeypatch.setenv(SECRET, "given")
    assert link_secret(tmp_path) == "given"


def test_a_page_keeps_no_signed_link(paged: tuple[Pager, str]) -> None:
    pager, token = paged
    with pager.parts.database.read() as session:
        for page in session.query(PageRow):
            assert token not in page.text
