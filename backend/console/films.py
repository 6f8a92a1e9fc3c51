"""What cameras delivered of an incident, on its page and as files. See `routes` for the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from backend.clips.clips import Clips
from backend.clips.store import Kept
from backend.console.responses import GUARDS
from backend.errors import BackendError

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Film:
    """What one camera saw for one claim: the snapshot comes seconds after it, the clip later."""

    device: str
    detection: str
    clip: str | None = None
    """The name of its file, as of `snapshot`."""
    snapshot: str | None = None


def films_of(request: Request, incident: int) -> tuple[Film, ...]:
    """Return what there is of an incident; nothing where the backend keeps no clips."""
    clips = cast("Clips | None", getattr(request.app.state, "clips", None))
    return by_camera(clips.of(incident)) if clips else ()


def by_camera(kept: Sequence[Kept]) -> tuple[Film, ...]:
    """Put the files of one camera and claim together."""
    found: dict[tuple[str, str], Film] = {}
    for each in kept:
        film = found.setdefault((each.device, each.detection), Film(each.device, each.detection))
        name = each.path.name
        is_clip = each.media_type == "video/mp4"
        film = replace(film, clip=name) if is_clip else replace(film, snapshot=name)
        found[each.device, each.detection] = film
    return tuple(film for _, film in sorted(found.items()))


@router.get("/films/{name}")
def film(request: Request, name: str) -> Response:
    """Serve a clip or a snapshot, whole or a part of it. That it was looked at is on record."""
    clips: Clips = request.app.state.clips
    try:
        kept = clips.open(name, "console")
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)
    return FileResponse(kept.path, media_type=kept.media_type, headers=dict(GUARDS))
