from __future__ import annotations

import pytest

from contract.command import Command
from edge import commands
from edge.commands import Commands


class Disk:
    """What was carried out, as the spool keeps it."""

    def __init__(self, *ids: str) -> None:
        self.ids = list(ids)

    def commands(self) -> list[str]:
        return self.ids

    def note_command(self, id: str, most: int) -> None:
        self.ids = [*self.ids, id][-most:]


def ask(id: str, expires_ns: int = 100) -> Command:
    return Command(id=id, device="belt-01", command="ask-all-right", expires_ns=expires_ns)


def test_a_command_is_new_until_it_was_carried_out_and_a_copy_after() -> None:
    judged = Commands(lambda: 50, Disk())
    assert judged.judge(ask("a")) == "new"
    assert judged.judge(ask("a")) == "new", "it reached no device yet"
    judged.carried_out(ask("a"))
    assert judged.judge(ask("a")) == "copy"
    assert judged.judge(ask("b")) == "new"


@pytest.mark.parametrize(("now_ns", "judgement"), [(99, "new"), (100, "expired"), (101, "expired")])
def test_a_command_past_its_time_is_not_carried_out(now_ns: int, judgement: str) -> None:
    assert Commands(lambda: now_ns, Disk()).judge(ask("a")) == judgement


def test_commands_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_REMEMBERED", 10)
    judged = Commands(lambda: 50, Disk())
    for number in range(100):
        judged.carried_out(ask(str(number)))
    assert len(judged._done) == 10
    assert judged.judge(ask("99")) == "copy"


def test_a_command_of_yesterday_is_a_copy_today_even_if_the_clock_was_set_back() -> None:
    disk = Disk()
    Commands(lambda: 99, disk).carried_out(ask("a"))
    assert Commands(lambda: 1, disk).judge(ask("a")) == "copy"
