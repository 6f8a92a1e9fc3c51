"""One camera's evidence: keeps the last minutes, makes clips when asked, and delivers them.

The original stays on this box, in a folder that only the agent's user can read, for some days. What
is sent is a copy with blurred faces and a snapshot. Nothing at all is kept of a camera with
`store = "never"`: it has no keeper.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from av.packet import Packet
from av.video.stream import VideoStream

from contract.command import Command
from contract.instants import Clock, ns
from edge.errors import EdgeError
from edge.evidence import clip, snapshot
from edge.evidence.job import Job, files_of, saved
from edge.evidence.recorder import Recorder
from edge.evidence.ring import Ring, Segment
from edge.evidence.upload import send
from edge.sensor import Refuse
from edge.vision.hours import Hours
from edge.vision.lanes import shared
from edge.vision.loader import load
from edge.vision.masks import Masks
from edge.vision.model import Model
from edge.vision.people import PeopleModel
from host import private
from host.backoff import Backoff

log = structlog.get_logger(__name__)

LOOK_S = 1.0
AFTER_NS = ns(1)
LATEST_NS = ns(62)
"""The segment of an instant is in the ring when a later key picture has come, or this is over."""
FIRST_WAIT_S, MAX_WAIT_S = 1.0, 60.0
GIVE_UP_NS = ns(24 * 3600)
SNAPSHOT, CLIP, KEPT = "snapshot.jpg", "clip.mp4", "original.mp4"
UNFINISHED = ".new"
PIECES = ((SNAPSHOT, "image/jpeg"), (CLIP, "video/mp4"))
"""What is sent, by the last part of its address. Whoever was paged waits for the first."""


@dataclass(frozen=True)
class Limits:
    """How much is kept, and for how long."""

    ring_s: float
    ring_bytes: int
    originals_ns: int
    originals_bytes: int


class Keeper:
    """The evidence of one camera. Its thread makes and sends; the camera's threads only add."""

    def __init__(
        self,
        device: str,
        folder: Path,
        limits: Limits,
        masks: Masks,
        hours: Hours,
        model: Model,
        clock: Clock,
        refuse: Refuse,
    ) -> None:
        self._device = device
        self._folder = folder
        self._limits = limits
        self._masks = masks
        self._hours = hours
        self._model = model
        self._clock = clock
        self._refuse = refuse
        self._ring = Ring(limits.ring_s, limits.ring_bytes)
        self._recorder: Recorder | None = None
        self._wanted = threading.Event()
        self._backoff = Backoff(FIRST_WAIT_S, MAX_WAIT_S)
        self._send_s = 0.0
        """By the clock that nobody sets: nothing is sent before."""
        private.make_folder(folder)

    def opened(self, template: VideoStream) -> None:
        """Be told that the camera's stream was opened."""
        self.closed()
        self._recorder = Recorder(self._ring, self._device, template)

    def packet(self, t_ns: int, packet: Packet[VideoStream]) -> None:
        """Keep a packet, unless the camera may not look now."""
        if self._recorder is None:
            return
        if self._hours.may_look(t_ns):
            self._recorder.packet(t_ns, packet)
        else:
            self._recorder.close()

    def jpeg(self, t_ns: int, payload: bytes) -> None:
        """Keep a picture that came by itself."""
        if self._hours.may_look(t_ns):
            self._ring.add(Segment(t_ns, t_ns, payload, "jpeg"))

    def closed(self) -> None:
        """Be told that the stream has ended."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()

    def ask(self, command: Command) -> None:
        """Take a clip on: it is on disk when this returns."""
        job = Job.of(command, self._clock())
        if isinstance(job, str):
            self._refuse(self._device, job)
            return
        job.save(self._folder)
        self._send_s = 0.0  # who asks is there: what waits for the backend need not wait longer
        self._wanted.set()

    def run(self, stopping: threading.Event) -> None:
        """Make and send what was asked, what an earlier process left included."""
        for path in files_of(self._device, self._folder):
            if path.suffix == UNFINISHED:  # an earlier process was killed over it
                path.unlink(missing_ok=True)
        while not stopping.is_set():
            try:
                self._forget_originals()
                for job in list(saved(self._folder)):
                    if job.device == self._device and not stopping.is_set():
                        self._attend(job)
            except Exception:
                log.exception("evidence failed", camera=self._device)
            self._wanted.wait(LOOK_S)
            self._wanted.clear()

    def _attend(self, job: Job) -> None:
        """Do what can be done of a job now. What is made does not wait for what is sent."""
        now_ns = self._clock()
        if now_ns - job.asked_ns > GIVE_UP_NS:
            self._give_up(job, "it could not be delivered for a day")
            return
        try:
            job = self._prepared(job, now_ns)
        except EdgeError as error:
            self._give_up(job, str(error))
            return
        for piece, media_type in PIECES:
            file = self._piece(job, piece)
            if not file.exists():
                continue
            if time.monotonic() < self._send_s:
                return
            result, said = send(file, f"{job.upload}/{piece}", media_type)
            if result == "again":
                wait_s = self._backoff.failed()
                log.warning("a clip waits", camera=self._device, why=said, again_s=wait_s)
                self._send_s = time.monotonic() + wait_s
                return
            if result == "refused":
                self._give_up(job, f"the backend refuses it: {said}")
                return
            file.unlink()
            self._backoff.succeeded()
            log.info("evidence was delivered", camera=self._device, clip=job.id, piece=piece)
        if job.made:
            job.forget(self._folder)

    def _prepared(self, job: Job, now_ns: int) -> Job:
        """Make of a job what can be made by now: its snapshot at once, its clip when it is over."""
        if not job.shown and not job.made and self._is_over(job.at_ns, now_ns):
            job = self._show(job)
        if not job.made and self._is_over(job.to_ns, now_ns):
            job = self._make(job)
        return job

    def _is_over(self, until_ns: int, now_ns: int) -> bool:
        """Whether all up to an instant is in the ring."""
        recorder = self._recorder
        open_since_ns = None if recorder is None else recorder.open_since_ns
        if now_ns < until_ns + AFTER_NS:
            return False
        is_open = open_since_ns is not None and open_since_ns <= until_ns
        return not is_open or now_ns > until_ns + LATEST_NS

    def _show(self, job: Job) -> Job:
        segments = self._ring.cut(job.at_ns - snapshot.BEFORE_NS, job.at_ns + snapshot.AFTER_NS)
        with self._whole(job, SNAPSHOT) as out:
            try:
                snapshot.write(segments, job.at_ns, self._masks, self._people_model(), out)
            except clip.NothingKeptError:
                log.info("no snapshot: there is no picture", camera=self._device, clip=job.id)
        return self._noted(job, shown=True)

    def _make(self, job: Job) -> Job:
        segments = self._ring.cut(job.from_ns, job.to_ns)
        with self._whole(job, CLIP) as out:
            count, first_ns, last_ns = clip.copy(
                segments, job.from_ns, job.to_ns, self._masks, self._people_model(), out
            )
        with self._whole(job, KEPT) as kept:
            own = clip.original(segments, job.from_ns, job.to_ns, self._masks, kept)
        log.info(
            "a clip was made",
            camera=self._device,
            clip=job.id,
            pictures=count,
            seconds=round((last_ns - first_ns) / 1e9, 1),
            original_is_the_cameras_own=own,
        )
        return self._noted(job, made=True)

    @contextmanager
    def _whole(self, job: Job, piece: str) -> Iterator[Path]:
        """Yield where to write a file, which gets its name when it is whole."""
        file = self._piece(job, piece)
        scratch = file.with_name(file.name + UNFINISHED)
        try:
            yield scratch
            if scratch.exists():
                os.chmod(scratch, 0o600)
                scratch.replace(file)
        finally:
            scratch.unlink(missing_ok=True)

    def _noted(self, job: Job, **done: bool) -> Job:
        noted = job.model_copy(update=done)
        noted.save(self._folder)
        return noted

    def _people_model(self) -> PeopleModel:
        try:
            return shared(self._model)
        except EdgeError:
            return load(Model(kind="motion"))  # the camera has said so already

    def _give_up(self, job: Job, why: str) -> None:
        self._refuse(self._device, f"clip {job.id}: {why}")
        for piece, _type in PIECES:
            self._piece(job, piece).unlink(missing_ok=True)
        job.forget(self._folder)

    def _piece(self, job: Job, piece: str) -> Path:
        return self._folder / f"{job.stem}-{piece}"

    def _forget_originals(self) -> None:
        """Remove originals that are too old, then the oldest that are too much."""
        kept = [path for path in files_of(self._device, self._folder) if path.name.endswith(KEPT)]
        kept.sort(key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in kept)
        for path in kept:
            stat = path.stat()
            too_old = self._clock() - stat.st_mtime_ns > self._limits.originals_ns
            if not too_old and total <= self._limits.originals_bytes:
                break
            total -= stat.st_size
            with suppress(OSError):
                path.unlink()
