"""One camera's pictures in, frames of the contract out: masks, blindness, gate, model, tracker.

It knows no socket and no clock: a picture comes with its time. Nothing moves most of the time in
most places, so the model is asked often only while something does.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from contract.instants import ns, seconds
from contract.tracks import Frame, Track, View
from edge.vision.blindness import Blindness
from edge.vision.gate import Gate
from edge.vision.masks import Masks
from edge.vision.people import PeopleModel, Picture
from edge.vision.tracker import Followed, Tracker

log = structlog.get_logger(__name__)

STIRS_S = 3.0
"""After the last movement the model is still asked of every picture for so long."""
LOOK_EMPTY_S = 2.0
"""And then so often, if nobody was seen: whoever lies still moves nothing."""
LOOK_PEOPLE_S = 0.5
"""If somebody was: they must stay found while they sit or lie still."""
TELL_S = 1.0
"""A camera that has nothing to tell says so this often, or it would be missed."""
BLIND_LOOK_S = 0.5


class Watch:
    """What becomes of the pictures of one camera."""

    def __init__(
        self,
        model: PeopleModel,
        masks: Masks,
        *,
        tracker: Tracker | None = None,
        blindness: Blindness | None = None,
        gated: bool = True,
    ) -> None:
        """Begin.

        Parameters
        ----------
        gated
            False: ask the model of every picture.
        """
        self.model = model
        self.asked = 0
        """How often the model was asked."""
        self._masks = masks
        self._tracker = tracker or Tracker()
        self._blindness = blindness or Blindness()
        self._gate = Gate()
        self._gated = gated and model.finds == "people"
        self._moved_ns = 0
        self._asked_ns: int | None = None
        self._blind_look_ns: int | None = None
        self._told_ns: int | None = None
        self._view: View = "clear"
        self._anybody = False
        self.followed: Sequence[Followed] = ()

    def step(self, t_ns: int, picture: Picture) -> Frame | None:
        """Take in a picture, which is blackened where masks are; None if there is nothing to tell.

        Times go up.
        """
        self._masks.blacken(picture)
        view = self._view
        if self._blind_look_ns is None or seconds(t_ns - self._blind_look_ns) >= BLIND_LOOK_S:
            self._blind_look_ns = t_ns
            view = self._blindness.look(t_ns, picture)
        if view != "clear":
            return self._told(t_ns, Frame(t_ns=t_ns, view=view), always=view != self._view)
        came_back = self._view != "clear"
        self._view = view
        if self._gate.moves(t_ns, picture):
            self._moved_ns = t_ns
        if not (came_back or self._is_due(t_ns)):
            return self._told(t_ns, Frame(t_ns=t_ns, still=True))
        self._asked_ns = t_ns
        self.asked += 1
        self.followed = [
            one for one in self._tracker.step(t_ns, self.model.find(picture)) if one.is_seen
        ]
        self._anybody = bool(self.followed)
        tracks = tuple(track_of(one, self.model.finds) for one in self.followed)
        return self._told(t_ns, Frame(t_ns=t_ns, tracks=tracks), always=True)

    def _is_due(self, t_ns: int) -> bool:
        if not self._gated or self._asked_ns is None or t_ns - self._moved_ns < ns(STIRS_S):
            return True
        often_s = LOOK_PEOPLE_S if self._anybody else LOOK_EMPTY_S
        return seconds(t_ns - self._asked_ns) >= often_s

    def _told(self, t_ns: int, frame: Frame, *, always: bool = False) -> Frame | None:
        self._view = frame.view
        if not always and self._told_ns is not None and t_ns - self._told_ns < ns(TELL_S):
            return None
        self._told_ns = t_ns
        return frame


def track_of(followed: Followed, finds: str) -> Track:
    """Return a person as they travel."""
    points = () if followed.keypoints is None else followed.keypoints.tolist()
    return Track(
        track=followed.track,
        box_px=tuple(round(side, 1) for side in followed.box_px),
        foot_px=(round(followed.foot_px[0], 1), round(followed.foot_px[1], 1)),
        confidence=round(followed.score, 3),
        seen="person" if finds == "people" else "motion",
        keypoints=tuple(
            (round(x, 1), round(y, 1), round(min(1.0, max(0.0, s)), 3)) for x, y, s in points
        ),
    )
