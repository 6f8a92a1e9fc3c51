"""A flood of one agent neither pushes another's messages out nor makes them wait for all of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.inbox import STRANGER, Inbox, InboxItem

AGENTS = ("edge-1", "edge-2", "edge-3")


def arrival(agent: str, n: int = 0, size: int = 1) -> InboxItem:
    return InboxItem(f"floorwatch/1/dock-2/{agent}/batch", b"x" * size, n)


def senders(taken: list[InboxItem]) -> list[str]:
    return [each.topic.split("/")[3] for each in taken]


def test_whoever_sent_little_is_next_however_much_another_sent_before() -> None:
    inbox = Inbox()
    for n in range(5_000):
        inbox.offer(arrival("edge-1", n))
    inbox.offer(arrival("edge-2"))
    assert senders(inbox.take(64, 0))[:3] == ["edge-1", "edge-2", "edge-1"]


def test_the_fullest_gives_way_and_it_is_counted_whose_it_was() -> None:
    gave_way: list[None] = []
    inbox = Inbox(max_messages=10, gives_way=lambda: gave_way.append(None))
    assert [inbox.offer(arrival("edge-1", n)) for n in range(12)] == [True] * 10 + [False] * 2
    assert all(inbox.offer(arrival("edge-2", n)) for n in range(5))
    assert not inbox.offer(arrival("edge-2", 5))  # now they have as much as each other
    assert inbox.dropped == {"edge-1": 7, "edge-2": 1}
    assert (len(gave_way), inbox.depth) == (5, 10)
    taken = inbox.take(10, 0)
    assert [each.arrived_ns for each in taken if "edge-1" in each.topic] == [0, 1, 2, 3, 4]


def test_large_ones_give_way_to_small_ones() -> None:
    inbox = Inbox(max_bytes=100)
    assert inbox.offer(arrival("edge-1", size=90))
    assert inbox.offer(arrival("edge-2", size=20))
    assert senders(inbox.take(9, 0)) == ["edge-2"]
    assert not inbox.offer(arrival("edge-2", size=101))


def test_whoever_invents_names_has_one_queue_for_all_of_them() -> None:
    inbox = Inbox(agents=AGENTS)
    for n in range(1_000):
        inbox.offer(arrival(f"invented-{n}"))
    inbox.offer(InboxItem("nonsense", b"", 0))
    inbox.offer(arrival("edge-1"))
    assert "edge-1" in senders(inbox.take(2, 0))
    assert inbox.depth == 1_002
    small = Inbox(max_messages=2, agents=AGENTS)
    for n in range(5):
        small.offer(arrival(f"invented-{n}"))
    assert small.dropped == {STRANGER: 3}


OFFERS = st.lists(st.tuples(st.sampled_from(AGENTS), st.integers(0, 30)), max_size=200)


@given(OFFERS, st.integers(1, 12), st.integers(30, 200))
def test_nobody_who_keeps_to_their_share_loses_anything(
    offers: list[tuple[str, int]], most: int, most_bytes: int
) -> None:
    """Bounded in all, in the order of each sender, and an equal share is safe from anybody."""
    inbox = Inbox(max_messages=most, max_bytes=most_bytes)
    offered: dict[str, list[int]] = {agent: [] for agent in AGENTS}
    sizes: dict[str, int] = dict.fromkeys(AGENTS, 0)
    for n, (agent, size) in enumerate(offers):
        inbox.offer(arrival(agent, n, size))
        offered[agent].append(n)
        sizes[agent] += size
    assert inbox.depth <= most
    taken = inbox.take(most, 0)
    assert inbox.depth == len(taken)  # under way
    for agent in AGENTS:
        kept = [each.arrived_ns for each in taken if f"/{agent}/" in each.topic]
        assert kept == sorted(kept)
        if len(offered[agent]) <= most // len(AGENTS) and sizes[agent] <= most_bytes // 6:
            assert kept == offered[agent]
