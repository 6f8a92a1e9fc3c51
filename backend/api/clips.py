"""`/api/v1/clips`: where boxes deliver, with a signed address; and where people look."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from backend.api.auth import protect
from backend.api.incidents import LARGEST_ID
from backend.api.needs import TheClips
from backend.api.problems import documented
from backend.clips.store import KeptFile
from backend.errors import RefusedInputError

delivery = APIRouter(include_in_schema=False)
"""Needs no token: the address itself is signed. Its protocol is in docs/cameras.md."""
router = APIRouter(tags=["Clips"], dependencies=[protect])

OFFSET = "Upload-Offset"
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
MEDIA: dict[int | str, dict[str, Any]] = {
    200: {"content": {"video/mp4": {}, "image/jpeg": {}}, "description": "The file"}
}


class ClipView(BaseModel):
    """A clip or a snapshot, with faces blurred."""

    name: str = Field(description="As in its address")
    detection: str = Field(description="Which claim it is about")
    device: str = Field(description="Which camera")
    media_type: str = Field(description="video/mp4 or image/jpeg")
    bytes: int = Field(description="Its size")
    received_ns: int = Field(description="When all of it was here")
    url: str = Field(description="Where it is")


class ClipList(BaseModel):
    """What cameras saw of an incident."""

    items: list[ClipView] = Field(description="By name")


@delivery.head("/clips/{signed}/{piece}")
def head_clip(clips: TheClips, signed: str, piece: str) -> Response:
    """Say how many bytes are held, so that a box goes on from there."""
    return _holds(200, clips.store.held(clips.tickets.open(signed), piece))


@delivery.put("/clips/{signed}/{piece}")
async def put_clip(request: Request, clips: TheClips, signed: str, piece: str) -> Response:
    """Take a range of bytes in. 409 with what is held when it would leave a gap."""
    told = _RANGE.fullmatch(request.headers.get("content-range", ""))
    if told is None:
        raise RefusedInputError("say which bytes these are, as Content-Range: bytes 0-999/5000")
    start, last, total = (int(number) for number in told.groups())
    content = await request.body()
    if len(content) != last - start + 1:
        raise RefusedInputError(f"{len(content)} bytes, and Content-Range says {told[0]}")
    held = await run_in_threadpool(clips.receive, signed, piece, start, total, content)
    return _holds(409 if held < start else 201 if held >= total else 204, held)


@router.get("/incidents/{incident}/clips", summary="List its clips", responses=documented(404, 422))
def list_clips(
    clips: TheClips,
    incident: Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the incident")],
) -> ClipList:
    """Return what cameras have delivered of an incident so far."""
    return ClipList(items=[_view(kept) for kept in clips.of(incident)])


@router.get(
    "/clip-files/{name}",
    summary="Show a clip",
    response_class=FileResponse,
    responses={**documented(404, 422), **MEDIA},
)
def get_clip(
    clips: TheClips, name: Annotated[str, Path(max_length=200, description="As in the list")]
) -> FileResponse:
    """Return a clip or a snapshot. That it was looked at is on record."""
    kept = clips.open(name, "api")
    return FileResponse(kept.path, media_type=kept.media_type)


def _holds(status: int, held: int) -> Response:
    return Response(status_code=status, headers={OFFSET: str(held)})


def _view(kept: KeptFile) -> ClipView:
    name = kept.path.name
    return ClipView(
        name=name,
        detection=kept.detection,
        device=kept.device,
        media_type=kept.media_type,
        bytes=kept.bytes,
        received_ns=kept.received_ns,
        url=f"/api/v1/clip-files/{name}",
    )
