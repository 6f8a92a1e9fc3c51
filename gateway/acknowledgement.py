"""Puts into words what is durable: one `ack/1` a run of an agent, sequence numbers as runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from contract.ack import Ack, Held, Refusal
from gateway.effects import Identity, RefuseBlock

MAX_RUNS = 256
"""As `ack/1` has it; a device with more holes than that is named more than once."""

_Key = tuple[str, str, int]
_Run = tuple[str, str]
"""An agent, and its session; "" where its batches name none."""


def acknowledgements(
    gateway: str, held: Iterable[Identity], refused: Iterable[RefuseBlock] = ()
) -> Iterator[tuple[str, Ack]]:
    """Yield each agent with the acknowledgement that it is due.

    Only what is handed in is named. What is held and refused (a good copy and a spoilt one) is
    held.
    """
    seqs: dict[_Run, dict[_Key, set[int]]] = defaultdict(lambda: defaultdict(set))
    reasons: dict[_Run, dict[_Key, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for identity in held:
        seqs[_run(identity)][_key(identity)].add(identity.seq)
    for refusal in refused:
        identity = refusal.identity
        reasons[_run(identity)][_key(identity)][identity.seq] = refusal.reason
    for agent, session in sorted({*seqs, *reasons}):
        run = (agent, session)
        of_agent, not_taken = seqs.get(run, {}), reasons.get(run, {})
        entries = [
            entry
            for key in sorted({*of_agent, *not_taken})
            for entry in _entries(key, of_agent.get(key, set()), not_taken.get(key, {}))
        ]
        yield agent, Ack(gateway=gateway, devices=tuple(entries), session=session or None)


def runs(seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the runs of consecutive numbers, first and last included.

    >>> list(runs({5, 1, 2, 3}))
    [(1, 3), (5, 5)]
    """
    first: int | None = None
    last = -1
    for seq in sorted(seqs):
        if first is None:
            first = seq
        elif seq != last + 1:
            yield first, last
            first = seq
        last = seq
    if first is not None:
        yield first, last


def _run(identity: Identity) -> _Run:
    return identity.agent, identity.session or ""


def _key(identity: Identity) -> _Key:
    return identity.device, identity.block, identity.boot


def _entries(key: _Key, held: set[int], refused: dict[int, str]) -> Iterator[Held]:
    device, block, boot = key
    refusals = tuple(
        Refusal(seq=seq, reason=reason[:500])
        for seq, reason in sorted(refused.items())
        if seq not in held
    )
    told: Sequence[tuple[int, int]] = tuple(runs(held))
    for start in range(0, max(len(told), 1), MAX_RUNS):
        part = tuple(told[start : start + MAX_RUNS])
        yield Held(
            block=block,
            device=device,
            boot=boot,
            held=part,
            refused=refusals if start == 0 else (),
        )
