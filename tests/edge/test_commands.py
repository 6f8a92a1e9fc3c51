from __future__ import annotations

import pytest

from contract.command import Command
from edge import commands
from edge.commands import Commands


def ask(id: str, expires_ns: int = 100) -> Command:
    return Command(id=id, device="belt-01", command="ask-all-right", expires_ns=expires_ns)


def test_a_command_is_new_until_it_was_carried_out_and_a_copy_after() -> None:
    judged = Commands(lambda: 50)
    assert judged.judge(ask("a")) == "new"
    assert judged.judge(ask("a")) == "new", "it reached no device yet"
    judged.carried_out(ask("a"))
    assert judged.judge(ask("a")) == "copy"
    assert judged.judge(ask("b")) == "new"


@pytest.mark.parametrize(("now_ns", "judgement"), [(99, "new"), (100, "expired"), (101, "expired")])
def test_a_command_past_its_time_is_not_carried_out(now_ns: int, judgement: str) -> None:
    assert Commands(lambda: now_ns).judge(ask("a")) == judgement


def test_commands_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_REMEMBERED", 10)
    judged = Commands(lambda: 50)
    for number in range(100):
        judged.carried_out(ask(str(number)))
    assert len(judged._done) == 10
    assert judged.judge(ask("99")) == "copy"
