"""What a recorder says of a broker that will not have it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commanded import Command
from tests.support.commanded import floorwatch as floorwatch

TAKEN, NOT_AUTHORISED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"
NO_SUBSCRIPTION = b"\x90\x03\x00\x01\x80"
"""CONNACK and SUBACK of MQTT 3.1.1, clauses 3.2 and 3.9."""


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[str]:
    """Answer whoever connects with these packets, one for each of theirs."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                for answer in request.param:
                    line.recv(1000)
                    line.sendall(answer)
                line.recv(1000)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(20)


@pytest.mark.parametrize(
    ("answering", "said"),
    [
        pytest.param([NOT_AUTHORISED], "refused us: Not authorized", id="a password is wanted"),
        pytest.param([TAKEN, NO_SUBSCRIPTION], "does not let us listen to #", id="not for us"),
    ],
    indirect=["answering"],
)
def test_a_refusal_ends_the_recording_with_a_sentence_and_no_file(
    floorwatch: Command, tmp_path: Path, answering: str, said: str
) -> None:
    ran = floorwatch("record", tmp_path / "tape.jsonl", "--broker", answering)
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "tape.jsonl").exists()
