"""A PostgreSQL server whose disk is full says 53100: our typed 503, and pages out of memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from backend.app import create_app
from contract.problem import MEDIA_TYPE
from tests.support.brokers import wait_until
from tests.support.pages import Pager
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres

NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END
$$ LANGUAGE plpgsql;
"""


@pytest.fixture
def pager(postgres: Postgres) -> Iterator[Pager]:
    pager = Pager(postgres.database())
    yield pager
    pager.close()


def fill(pager: Pager, *tables: str) -> None:
    with pager.parts.database.write() as session:
        session.execute(text(NO_ROOM))
        for table in tables:
            session.execute(
                text(
                    f"CREATE TRIGGER no_room_{table} BEFORE INSERT OR UPDATE ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION no_room()"
                )
            )


def empty(pager: Pager) -> None:
    with pager.parts.database.write() as session:
        session.execute(text("DROP FUNCTION no_room CASCADE"))


@pytest.mark.parametrize("table", ["detection", "incident", "timeline", "page"])
def test_a_fall_is_answered_503_and_called_about_out_of_memory(pager: Pager, table: str) -> None:
    """Wherever of the intake the room is lacking; and it is recorded once there is some."""
    fall = pager.detection("fall")
    with TestClient(create_app(pager.parts)) as client:
        fill(pager, table)
        body = fall.model_dump(mode="json")
        refused = [client.post("/api/v1/detections", json=body) for _ in range(3)]
        assert {answer.status_code for answer in refused} == {503}
        assert refused[0].headers["content-type"] == MEDIA_TYPE
        assert refused[0].json()["error"] == "DatabaseFullError"
        # It is no word about the claim: the gateway keeps it, and sends it again.
        assert "digest" not in refused[0].json()
        wait_until(lambda: len(pager.inbox.taken()) == 2, "two pages out of memory, once an id")
        called = sorted(f"{page.severity} {page.to.person}" for page in pager.inbox.empty())
        assert called == ["SEV2 ines-falk", "SEV2 karin-ek"]
        empty(pager)
        taken = client.post("/api/v1/detections", json=body)
        assert (taken.status_code, taken.json()["created"]) == (200, True)
        pager.parts.engine.cycle(pager.now_ns)
        pager.inbox.empty()
