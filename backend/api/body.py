"""Reads a JSON body as one of the contract's messages, or refuses it with a sentence.

FastAPI parses JSON first and validates Python objects after; pydantic reads base64 and refuses lone
surrogates only when it parses the JSON itself. One pass is also the faster one. It is strict: `0`
is no boolean and `"7"` no number, as the description says.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError

from backend.api.problems import Refusable
from backend.errors import MediaTypeError, RefusedInputError
from contract.batch import explain

M = TypeVar("M", bound=BaseModel)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL in a JSON string. PostgreSQL cannot store one, and nobody means one."""


def reading(
    model: type[M], about: Callable[[Request, bytes], str | None] | None = None
) -> Callable[[Request], Awaitable[M]]:
    """Return a dependency that reads the request's body as a `model`.

    It raises `MediaTypeError` for a body that does not say it is JSON, and `RefusedInputError` for
    one that cannot be read. With `about`, which tells the claim's id, an error that is final is
    answered as a refusal.
    """

    async def read(request: Request) -> M:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise MediaTypeError(
                f"a body of type {media_type[:80] or 'unknown'} is not read",
                hint="send Content-Type: application/json",
            )
        body = await request.body()
        if about is not None:
            request.state.refusable = Refusable(body, partial(about, request, body))
        if _NUL.search(body):
            raise RefusedInputError("a text in the body contains a NUL character")
        try:
            return model.model_validate_json(body, strict=True)
        except ValidationError as error:
            raise RefusedInputError(explain(error).removeprefix(": ")) from None

    return read


def saying(answer: BaseModel) -> Response:
    """Return a message as the response. FastAPI would validate it anew, on one more thread."""
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json")


def described(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Return a route's `openapi_extra` that says what body it reads."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}
