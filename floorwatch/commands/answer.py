"""`floorwatch answer`: say from a terminal what the page's buttons say."""

from __future__ import annotations

import os
import secrets
from enum import StrEnum
from typing import Annotated, Any

import httpx
import typer

from floorwatch.errors import CommandError
from floorwatch.tables import JsonFile, console_beside, write_json

API_TOKEN = "FLOORWATCH_API_TOKEN"
WAIT_S = 10.0
TRIES = 3
"""A lost answer is sent again with the same key, and counts once."""


class AnswerWord(StrEnum):
    """What somebody says about an incident."""

    ACKNOWLEDGE = "acknowledge"
    ON_SCENE = "on-scene"
    GIVE_BACK = "give-back"
    CANNOT = "cannot"


SAID = {
    AnswerWord.ACKNOWLEDGE: "taken",
    AnswerWord.ON_SCENE: "you are on scene",
    AnswerWord.GIVE_BACK: "given back; people are called again",
    AnswerWord.CANNOT: "noted; you are not called again while others can be",
}


def answer(
    incident: Annotated[int, typer.Argument(min=1, help="The incident's number")],
    word: Annotated[AnswerWord, typer.Argument(help="What you say")],
    person: Annotated[str, typer.Option("--as", help="Who you are: a person's id")],
    reason: Annotated[str, typer.Option(help="For the record, if there is more to say.")] = "",
    backend: Annotated[
        str, typer.Option(help="The backend's address; its token comes from the environment.")
    ] = "http://127.0.0.1:8000",
    json_file: JsonFile = None,
) -> None:
    """Take an incident, say that you are there, give it back, or say that you cannot come.

    An acknowledgement holds for a while (SEV1 4 min): then you are asked where you are, and
    somebody else is called if you do not say.
    """
    console = console_beside(json_file)
    told = {"person": person, "reason": reason, "key": secrets.token_hex(8)}
    if word is AnswerWord.ACKNOWLEDGE:
        del told["reason"]
    found = _post(backend, f"/api/v1/incidents/{incident}/{word}", told)
    who = found.get("acknowledged_by_name")
    console.print(
        f"Incident {incident}, {found['severity']}, {found['title']}: {SAID[word]}. It is "
        f"{str(found['status']).replace('_', ' ')}{f', with {who}' if who else ''}.",
        highlight=False,
    )
    write_json(json_file, found)


def _post(backend: str, path: str, body: dict[str, str]) -> dict[str, Any]:
    token = os.environ.get(API_TOKEN)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    failure = ""
    for _ in range(TRIES):
        try:
            answer = httpx.post(
                backend.rstrip("/") + path, json=body, headers=headers, timeout=WAIT_S,
                trust_env=False,
            )  # fmt: skip
            if answer.status_code < 500:
                return _read(answer, backend)
            failure = f"answered {answer.status_code}"
        except httpx.HTTPError as error:
            failure = f"{type(error).__name__}: {error}"
    raise CommandError(
        f"{backend}: {failure}. NOT sent: paging goes on. Use the link in the page, or call"
    )


def _read(answer: httpx.Response, backend: str) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        raise CommandError(f"{backend} is no backend of Floorwatch. NOT sent") from None
    if answer.is_success and isinstance(found, dict) and "severity" in found:
        return found
    detail = found.get("detail", answer.status_code) if isinstance(found, dict) else found
    hint = found.get("hint") if isinstance(found, dict) else None
    raise CommandError(f"Not done: {detail}{f'; {hint}' if hint else ''}")
