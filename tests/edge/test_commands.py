from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.command import Command
from contract.instants import ns
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


STEPS_S = (-86_400, -3_600, -60, 0, 1, 60, 3_600, 86_400)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(STEPS_S).map(lambda step: ("step", step)),
            st.sampled_from("abc").map(lambda id: ("copy", id)),
            st.just(("restart", None)),
        ),
        max_size=40,
    )
)
def test_whatever_steps_a_clock_makes_each_command_is_carried_out_once_and_in_its_time(
    happens: list[tuple[str, Any]],
) -> None:
    """Signed once, it can be played again for ever; neither a step nor a restart makes it new."""
    now_s, disk = [100_000], Disk()
    judged = Commands(lambda: ns(now_s[0]), disk)
    expires_s = {"a": 100_020, "b": 100_000 + 3_600, "c": 100_000 + 86_400}
    done: list[str] = []
    for what, told in happens:
        if what == "step":
            now_s[0] = max(0, now_s[0] + told)
        elif what == "restart":
            judged = Commands(lambda: ns(now_s[0]), disk)
        elif judged.judge(command := ask(told, ns(expires_s[told]))) == "new":
            assert now_s[0] < expires_s[told]
            judged.carried_out(command)
            done.append(told)
    assert len(done) == len(set(done))
