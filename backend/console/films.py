"""What cameras delivered of an incident, on its page and as files. See `routes` for the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.responses import FileResponse, PlainTextResponse, Response

from backend.api.needs import TheClips
from backend.clips.clips import Clips
from backend.clips.store import KeptFile
from backend.console.responses import GUARDS
from backend.console.visitor import TheVisitor
from backend.errors import BackendError, UnknownError

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Film:
    """What one camera saw for one claim: the snapshot comes seconds after it, the clip later."""

    device: str
    detection: str
    clip: str | None = None
    """The name of its file, as of `snapshot`."""
    snapshot: str | None = None


def by_camera(kept: Sequence[KeptFile]) -> tuple[Film, ...]:
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
def film(visitor: TheVisitor, clips: TheClips, name: str) -> Response:
    """Serve a clip or a snapshot to a session, whole or a part of it, and put on record whose."""
    try:
        session = visitor.required()
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)
    return film_answer(clips, name, session.person or session.name)


def film_answer(clips: Clips, name: str, who: str, incident: int | None = None) -> Response:
    """Serve a file to somebody who may see it; only an incident's own when one is given."""
    try:
        if incident is not None and name not in {kept.path.name for kept in clips.of(incident)}:
            raise UnknownError(f"there is no film {name!r} of incident {incident}")
        kept = clips.open(name, who)
    except BackendError as problem:
        return PlainTextResponse(str(problem), problem.status, GUARDS)
    return FileResponse(kept.path, media_type=kept.media_type, headers=dict(GUARDS))
