"""Row 4: nobody answers, nobody is left on the ladder, or what it names has gone."""

from __future__ import annotations

from pathlib import Path

from backend.database.tables import PersonRow
from backend.paging.channels.smtp import SmtpChannel
from contract.instants import ns
from tests.support.brokers import free_port
from tests.support.duty import Duty, duty

EVERYBODY = {f"SEV2 {who}" for who in ("karin-ek", "omar-said", "ines-falk", "gustav-dahl")}


def test_a_ladder_without_a_repeat_goes_to_everybody_again_and_again(hall: Duty) -> None:
    hall.detect("fall")
    hall.passes(3 * 180 + 10)
    assert hall.called() == EVERYBODY
    for _ in range(8):
        hall.passes(900, tick_s=30)  # no pause is longer than that
        assert hall.called() == EVERYBODY


def test_a_last_resort_names_nobody_s_health(hall: Duty) -> None:
    hall.detect("fall")
    hall.passes(2 * 180)
    hall.called()
    hall.passes(10)
    assert hall.called() <= EVERYBODY
    last = hall.hook.posts[-1].json
    assert "Olle Lund" not in last["text"].split("Acknowledge")[0]
    assert "somebody needs help" in last["text"]
    assert last["acknowledge_url"].startswith(hall.backend.url)


def test_with_everybody_of_the_ladder_deleted_the_others_are_called(hall: Duty) -> None:
    hall.detect("fall")
    hall.called()
    with hall.backend.database.write() as session:
        for who in ("karin-ek", "omar-said", "gustav-dahl"):
            row = session.get(PersonRow, who)
            assert row is not None
            row.roles = []
    with hall.backend.database.write() as session:
        for table, column in (("on_call", "person"), ("contact", "person"), ("person", "id")):
            session.connection().exec_driver_sql(
                f"DELETE FROM {table} WHERE {column} IN ('karin-ek', 'omar-said', 'gustav-dahl')"
            )
    for _ in range(4):
        hall.passes(1200, tick_s=30)
        assert hall.called() == {"SEV2 ines-falk"}


def test_pages_of_a_channel_that_was_taken_out_hold_nobody_up(
    tmp_path: Path, database_url: str
) -> None:
    """The process starts anew, without the channel in which the first rung's pages wait."""
    mail = SmtpChannel(
        host="127.0.0.1", port=free_port(), starttls=False, sender="floorwatch@hall7.example"
    )
    with duty(tmp_path, database_url, mail) as before:
        before.detect("fall")
        now_ns = before.now_ns
    with duty(tmp_path, database_url) as after:
        after.now_ns = now_ns + ns(5)
        after.look()
        after.passes(200)
        assert after.called() >= {"SEV2 gustav-dahl"}
