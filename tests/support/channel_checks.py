"""What every paging channel promises. A new channel is held to this without a line of its own.

It only has to say, in `tests/support/stages/`, how it is put before a peer.
"""

from __future__ import annotations

import os
import threading
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest

from backend.errors import DeliveryError
from backend.paging.deadline import LONGEST_S
from backend.people.contact import Contact
from tests.support.brokers import wait_until
from tests.support.paged import a_page
from tests.support.rough_peer import Manner, RoughPeer
from tests.support.stage import Stage

MARGIN_S = 5.0
"""A busy machine; a channel that kept no deadline at all would take for ever."""
KEPT_BYTES = 2_000_000
"""The memory that a hand-off may need, whatever the other side says."""


def check_takes_a_page(stage: Stage) -> None:
    """Otherwise every other check would hold for nothing."""
    with stage.well() as (channel, keys):
        assert channel.send(a_page())
        assert keys()


def check_a_repeat_has_the_same_key(stage: Stage) -> None:
    """Whoever gets a page twice, after a crash, can tell that it is one."""
    with stage.well() as (channel, keys):
        first = channel.send(a_page())
        assert channel.send(a_page(repeat=True)) == first
        assert len(set(keys())) == 1
        assert len(keys()) == 2


def check_knows_whom_it_reaches(stage: Stage) -> None:
    """It is asked about people of whom nothing is known."""
    with stage.well() as (channel, _):
        for contact in (
            Contact(person="a", name="A"),
            Contact(person="a", name="A", email="a@hall7.example", phone="+46700000000"),
        ):
            assert channel.reaches(contact) in (True, False)
            assert isinstance(channel.receiver(contact), str | None)


def check_names_its_deadline(stage: Stage) -> None:
    """No hand-off is waited for longer."""
    with stage.well() as (channel, _):
        assert 0 < channel.deadline_s <= LONGEST_S


def check_settings_round_trip(stage: Stage) -> None:
    """Settings survive being written to a file."""
    with stage.well() as (channel, _):
        assert type(channel).model_validate_json(channel.model_dump_json()) == channel


WORDS = (
    "",
    "Fall\r\nBcc: everybody@elsewhere.example\r\n\r\nbody",
    "Fall\x00 in \x1b[31mHall 7\x85\u2028",
    "Sturz in Halle 7 – 落下 🆘 سقوط " * 200,
)
"""A zone's title is what somebody typed, and a reason what a device said."""


def check_takes_any_words(stage: Stage) -> None:
    """Whatever stands in a page, it is handed off, or refused with `DeliveryError`."""
    for words in WORDS:
        with stage.well() as (channel, keys):
            try:
                assert channel.send(a_page(summary=words, text=words))
            except DeliveryError:
                continue
            assert keys()


def check_documented(stage: Stage) -> None:
    """Every setting says what it is, and the class what it does."""
    with stage.well() as (channel, _):
        assert type(channel).__doc__
        silent = [
            name for name, setting in type(channel).model_fields.items() if not setting.description
        ]
        assert not silent, f"settings without a description: {silent}"


def check_bears(manner: Manner, stage: Stage) -> None:
    """Whatever the other side does: DeliveryError, in time, in little memory, nothing left open."""
    if stage.at is None:
        return
    with RoughPeer(manner, stage.says, stage.goes_on) as peer:
        channel = stage.at(peer.port)
        with pytest.raises(DeliveryError):
            channel.send(a_page())  # what is made once (a watch, a context) is made now
        open_before, threads_before = _open_files(), threading.active_count()
        tracemalloc.start()
        began_s = time.monotonic()
        try:
            with pytest.raises(DeliveryError) as failed:
                channel.send(a_page())
            took_s = time.monotonic() - began_s
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not failed.value.permanent, "a peer that says nothing of ours has refused nobody"
        assert took_s < channel.deadline_s + MARGIN_S
        assert peak_bytes < KEPT_BYTES
        assert peer.met == 2
        # The peer keeps its own ends; ours are closed.
        wait_until(lambda: _open_files() <= open_before + 1, "our connections are closed")
        assert threading.active_count() <= threads_before + 1, "a thread of ours is left"


Check = Callable[[Stage], None]

CHECKS: dict[str, Check] = {
    "takes a page": check_takes_a_page,
    "a repeat has the same key": check_a_repeat_has_the_same_key,
    "knows whom it reaches": check_knows_whom_it_reaches,
    "names its deadline": check_names_its_deadline,
    "settings round trip": check_settings_round_trip,
    "takes any words": check_takes_any_words,
    "is documented": check_documented,
    **{f"bears a peer that {manner}": partial(check_bears, manner) for manner in Manner},
}


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
