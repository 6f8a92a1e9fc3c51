from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.connection import Received
from edge.sensors.confirmations import Confirmations


def message(mid: int) -> Received:
    return Received("t", b"", mid, qos=1, retained=False, generation=1)


@given(st.permutations(range(6)), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_messages_are_confirmed_in_the_order_they_came(order: list[int], parts: list[int]) -> None:
    confirmed: list[int] = []
    waiting = Confirmations(lambda message: confirmed.append(message.mid))
    settle = [waiting.expect(message(mid), parts[mid]) for mid in range(6)]
    done = {mid for mid in range(6) if parts[mid] == 0}
    for mid in order:
        for _ in range(parts[mid]):
            settle[mid]()
        done.add(mid)
        first_undone = next((each for each in range(6) if each not in done), 6)
        assert confirmed == list(range(first_undone))
