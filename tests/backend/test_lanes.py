"""Who goes first, when not all can go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.paging.lanes import PLACES, SEV1_PLACES, ChannelRoom, SendingLane, WaitingPage, choose
from contract.severity import Severity

EVERYBODY = 10_000


def pages(
    count: int = 1,
    severity: str = "SEV2",
    receiver: str | None = "karin",
    *,
    retry: bool = False,
    due_ns: int = 0,
    first_id: int = 1,
    channel: str = "mail",
) -> list[WaitingPage]:
    return [
        WaitingPage(first_id + n, channel, Severity(severity), receiver, retry, due_ns + n)
        for n in range(count)
    ]


def going(*due: list[WaitingPage], room: ChannelRoom | None = None) -> list[int]:
    every = [page for some in due for page in some]
    rooms = {page.channel: ChannelRoom() for page in every}
    if room is not None:
        rooms = {"mail": room}
    return list(choose(rooms, every).going)


def taken(
    count: int, *, lane: SendingLane = SendingLane.COMMON, receiver: str | None = None
) -> ChannelRoom:
    """Return a room in which somebody else has some places."""
    room = ChannelRoom()
    for n in range(count):
        room.enter(lane, receiver or f"other-{n}", retry=False)
    return room


@pytest.mark.parametrize(
    ("due", "first"),
    [
        pytest.param(
            (pages(1, "SEV2", first_id=1), pages(1, "SEV1", first_id=2)), [2, 1], id="worst first"
        ),
        pytest.param(
            (pages(1, due_ns=5, first_id=1), pages(1, due_ns=1, first_id=2)),
            [2, 1],
            id="of one tier the oldest first",
        ),
        pytest.param(
            (pages(1, "SEV1", retry=True, first_id=1), pages(1, "SEV3", first_id=2)),
            [2, 1],
            id="a first try before every retry",
        ),
    ],
)
def test_the_order(due: tuple[list[WaitingPage], ...], first: list[int]) -> None:
    assert going(*due) == first


@pytest.mark.parametrize(
    ("due", "room", "count"),
    [
        pytest.param(
            pages(99, "SEV2", None), ChannelRoom(), PLACES, id="SEV2 never takes SEV1's places"
        ),
        pytest.param(
            pages(99, "SEV1", None), ChannelRoom(), PLACES + SEV1_PLACES, id="SEV1 takes all"
        ),
        pytest.param(
            pages(99, "SEV1", None), taken(PLACES), SEV1_PLACES, id="SEV1 when all others hang"
        ),
        pytest.param(pages(1, "SEV2"), taken(PLACES), 0, id="SEV2 when all others hang waits"),
        pytest.param(
            pages(99, "SEV2", "karin"),
            ChannelRoom(),
            PLACES // 2,
            id="one mailbox has half at most",
        ),
        pytest.param(
            pages(99, "SEV2", "ines"),
            taken(PLACES // 2, receiver="karin"),
            PLACES // 4,
            id="a second one half of what is left",
        ),
        pytest.param(
            pages(9, "SEV2", "new"), taken(PLACES - 1), 1, id="the last place is for somebody new"
        ),
        pytest.param(
            pages(99, "SEV2", None, retry=True),
            ChannelRoom(),
            PLACES // 2,
            id="retries leave half for first tries",
        ),
        pytest.param(
            pages(99, "SEV1", None, retry=True),
            ChannelRoom(),
            PLACES // 2 + SEV1_PLACES // 2,
            id="and so do those of SEV1",
        ),
        pytest.param(
            pages(9, "SEV1", None, retry=True),
            ChannelRoom(most_retries={None: 1}),
            1,
            id="one that refuses is asked by one retry",
        ),
        pytest.param(
            pages(9, retry=True),
            ChannelRoom(most_retries={"karin": 0}),
            0,
            id="and by none when it has just refused",
        ),
        pytest.param(
            pages(3), ChannelRoom(most_retries={"karin": 0}), 3, id="a first try goes all the same"
        ),
        pytest.param(
            pages(3, receiver="ines", retry=True),
            ChannelRoom(most_retries={"karin": 0}),
            3,
            id="another's retries go all the same",
        ),
    ],
)
def test_how_many_go(due: list[WaitingPage], room: ChannelRoom, count: int) -> None:
    assert len(going(due, room=room)) == count


def test_a_channel_that_is_full_holds_up_no_other() -> None:
    mails, calls = pages(99, channel="mail"), pages(1, channel="sms", first_id=500)
    assert 500 in going(mails, calls)


one = st.builds(
    WaitingPage,
    id=st.integers(1, EVERYBODY),
    channel=st.sampled_from(["mail", "sms"]),
    severity=st.sampled_from(list(Severity)),
    receiver=st.sampled_from(["karin", "ines", "omar", None]),
    retry=st.booleans(),
    due_ns=st.integers(0, 5),
)
many = st.lists(one, max_size=120, unique_by=lambda page: page.id)


@given(first=many, then=many)
def test_laws(first: list[WaitingPage], then: list[WaitingPage]) -> None:
    """Whatever is under way: nobody is overtaken in a lane that had room for them."""
    rooms = {"mail": ChannelRoom(), "sms": ChannelRoom()}
    choose(rooms, first)
    seen = [page for page in then if page.id not in {each.id for each in first}]
    choice = choose(rooms, seen)
    for channel, room in rooms.items():
        for lane, places in room.lanes.items():
            assert 0 <= places.taken <= places.size, (channel, lane)
            assert places.retries <= max(1, places.size // 2)
    assert set(choice.going) | {page.id for page in choice.waiting} == {page.id for page in seen}
    by_id = {page.id: page for page in seen}
    for page_id, lane in choice.going.items():
        if lane is SendingLane.SEV1:
            assert by_id[page_id].severity == Severity.SEV1
    for waits in choice.waiting:
        if not waits.retry:
            # Somebody new, of a receiver who has nothing under way, waits only in a full room.
            common = rooms[waits.channel].lanes[SendingLane.COMMON]
            if waits.receiver is not None and common.by_receiver[waits.receiver] == 0:
                assert common.free == 0
        # The same receiver's and kind's milder pages have not gone in its stead.
        for page_id in choice.going:
            other = by_id[page_id]
            if (other.channel, other.receiver, other.retry, other.severity) == (
                waits.channel,
                waits.receiver,
                waits.retry,
                waits.severity,
            ):
                assert other.order < waits.order
