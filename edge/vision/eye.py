"""Looks at a camera's newest picture, and hands over blocks of what it saw."""

from __future__ import annotations

import threading
import time

import structlog

from contract.instants import NS_PER_S, ns, seconds
from contract.tracks import Frame, TracksBlock
from edge.errors import EdgeError
from edge.sensor import Context, Emit, Refuse
from edge.vision.blindness import Blindness
from edge.vision.hours import Hours
from edge.vision.lanes import shared
from edge.vision.latest import Latest
from edge.vision.loader import load
from edge.vision.masks import Masks
from edge.vision.model import Model
from edge.vision.people import PeopleModel
from edge.vision.settings import CameraSettings
from edge.vision.shot import NotAPictureError, Shot
from edge.vision.tracker import Tracker
from edge.vision.watch import Watch

log = structlog.get_logger(__name__)

MAX_FAILURES_LOGGED = 3
TELL_S = 600.0


class Eye:
    """The thread of one camera that looks."""

    def __init__(
        self,
        settings: CameraSettings,
        context: Context,
        latest: Latest[Shot],
        emit: Emit,
        refuse: Refuse,
    ) -> None:
        device = context.site.devices.get(settings.device)
        view = device.view if device else None
        self._settings = settings
        self._latest = latest
        self._emit = emit
        self._refuse = refuse
        self._masks = Masks(view.size_px, view.masks) if view else Masks((1, 1), ())
        self._drawn_on = view.size_px if view else None
        self._hours = Hours(context.site, view.hours if view else ())
        # A number must not come again after a restart: it is another person then.
        self._tracker = Tracker(first_track=context.clock() // (NS_PER_S // 10) % 10**11)
        self._size_px = (0, 0)
        self._frames: list[Frame] = []
        self._first_ns = 0
        self._looked = 0
        self._failures = 0
        self._told_s = time.monotonic()

    def run(self, stopping: threading.Event) -> None:
        """Look until told to stop."""
        watch = self._watch(self._model())
        every_ns = ns(1 / self._settings.fps)
        due_ns = 0
        while not stopping.is_set():
            shot = self._latest.take(self._settings.block_s or 0.2)
            if shot is not None and self._hours.may_look(shot.t_ns):
                self._look(watch, shot)
                due_ns = max(due_ns + every_ns, shot.elapsed_ns)
                self._hand_over()
                stopping.wait(max(0.0, seconds(due_ns - time.monotonic_ns())))
            else:
                self._hand_over()
            self._tell(watch)
        self._hand_over(at_once=True)

    def _model(self) -> PeopleModel:
        try:
            return shared(self._settings.model)
        except EdgeError as error:
            self._refuse(self._settings.device, f"no people model, so only motion is seen: {error}")
            log.error("no people model: a camera sees motion only", camera=self._settings.device)
            return load(Model(kind="motion"))

    def _watch(self, model: PeopleModel) -> Watch:
        blindness = Blindness(self._settings.frozen_s)
        return Watch(
            model,
            self._masks,
            tracker=self._tracker,
            blindness=blindness,
            gated=self._settings.gated,
        )

    def _look(self, watch: Watch, shot: Shot) -> None:
        try:
            picture = shot.develop()
            size_px = picture.shape[1], picture.shape[0]
            if size_px != self._size_px:
                self._hand_over(at_once=True)
                self._resized(size_px)
            frame = watch.step(shot.elapsed_ns, picture)
        except NotAPictureError as error:
            self._refuse(self._settings.device, str(error))
            return
        except Exception as error:  # one picture's fault must not blind the camera
            self._failures += 1
            self._refuse(self._settings.device, f"a picture could not be looked at: {error!r}")
            if self._failures <= MAX_FAILURES_LOGGED:
                log.exception("a picture could not be looked at", camera=self._settings.device)
            return
        self._looked += 1
        if frame is not None:
            if not self._frames:
                self._first_ns, self._model_of = shot.elapsed_ns, watch.model
            # The watch goes by a clock that nobody sets; what travels is UTC.
            self._frames.append(frame.model_copy(update={"t_ns": shot.t_ns}))

    def _hand_over(self, *, at_once: bool = False) -> None:
        if not self._frames:
            return
        waited_s = seconds(time.monotonic_ns() - self._first_ns)
        is_urgent = self._frames[-1].view != "clear"
        if not (at_once or is_urgent or waited_s >= self._settings.block_s):
            return
        frames, self._frames = tuple(self._frames), []
        block = TracksBlock(
            device=self._settings.device,
            seq=0,
            t0_ns=min(frame.t_ns for frame in frames),
            size_px=self._size_px,
            frames=frames,
            model=self._model_of.name[:63],
            sees=self._model_of.finds,
        )
        self._emit(block, numbered=False)

    def _resized(self, size_px: tuple[int, int]) -> None:
        if self._size_px != (0, 0):
            log.warning(
                "a camera's picture has another size",
                camera=self._settings.device,
                was=self._size_px,
                now=size_px,
            )
        self._size_px = size_px
        if self._drawn_on and not _alike(self._drawn_on, size_px):
            self._refuse(
                self._settings.device,
                f"its picture is {size_px[0]} x {size_px[1]}, and zones were drawn on one of "
                f"{self._drawn_on[0]} x {self._drawn_on[1]}: other proportions, so they are wrong",
            )

    def _tell(self, watch: Watch) -> None:
        if time.monotonic() - self._told_s < TELL_S:
            return
        self._told_s = time.monotonic()
        log.info(
            "a camera's pictures",
            camera=self._settings.device,
            looked_at=self._looked,
            model_asked=watch.asked,
            dropped=self._latest.dropped,
        )


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] * other[1] - one[1] * other[0]) <= 0.02 * one[0] * other[1]
