"""Where the API listens, and whom it asks for a token."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from backend.api.auth import API_TOKEN
from backend.errors import BindRefusedError
from backend.runtime import BackendProcess
from tests.support.pages import paging_site


def test_a_token_is_asked_for_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_TOKEN, "let-me-in")
    with (
        BackendProcess(paging_site(), state_dir=tmp_path, engine="manual") as backend,
        httpx.Client(base_url=backend.url) as api,
    ):
        for given, status in [
            ({}, 401),
            ({"Authorization": "Bearer guess"}, 401),
            ({"Authorization": "Basic bGV0LW1lLWlu"}, 401),
            ({"Authorization": "Bearer let-me-in"}, 200),
        ]:
            assert api.get("/api/v1/incidents", headers=given).status_code == status
        assert api.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_a_token_it_listens_to_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.delenv(API_TOKEN, raising=False)
    with pytest.raises(BindRefusedError, match=API_TOKEN):
        BackendProcess(paging_site(), state_dir=tmp_path, host=host).start()


def test_a_taken_port_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            BackendProcess(paging_site(), state_dir=tmp_path, port=taken.getsockname()[1]).start()
