"""A backend that listens, the webhook that it calls, and a clock that a test winds on.

Everything goes over HTTP, as a gateway, a phone and a webhook have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from backend.paging.channel import Channel
from backend.paging.channels.webhook import WebhookChannel
from backend.runtime import BackendProcess
from contract.detection import Detection, Phase, detection_id, subject_of
from contract.instants import ns
from contract.severity import Facts, assess
from contract.site import Site
from tests.support.pages import PERSON_OF, START_NS, paging_site
from tests.support.receiver import Answer, Posted, Receiver

HTTP_S = 20


class Duty:
    """One backend behind its own HTTP server, and everybody whom it calls.

    `calls` are expected, all of them: whoever is called without a test expecting it fails it.
    """

    def __init__(self, folder: Path, database_url: str, *channels: Channel, site: Site) -> None:
        self.now_ns = START_NS
        self.hook = Receiver(self._answer)
        self.refuses: int | None = None
        """What the webhook answers while it is out of order."""
        self._looked = 0
        self._taken: list[Posted] = []
        self.backend = BackendProcess(
            site,
            state_dir=folder,
            database_url=database_url,
            clock=lambda: self.now_ns,
            engine="manual",
            channels=channels or (WebhookChannel(url=self.hook.url),),
        )
        self.backend.start()
        self.http = httpx.Client(base_url=self.backend.url, timeout=HTTP_S, trust_env=False)

    def _answer(self, posted: Posted) -> Answer:
        if self.refuses is not None:
            return self.refuses, {}
        self._taken.append(posted)
        return 200, {}

    def detect(
        self,
        kind: str = "fall",
        device: str = "belt-12",
        *,
        onset_s: float = -2.5,
        claim_ns: int | None = None,
        phase: Phase = "onset",
        stamped_s: float = 0,
        track: str | None = None,
        **facts: Any,
    ) -> dict[str, Any]:
        """Post a detection, let the engine look, and return the receipt.

        `claim_ns` is the onset of the claim that an update is about; a device whose clock is fast
        stamps `stamped_s` ahead; a camera names a `track` and nobody.
        """
        person = PERSON_OF.get(device)
        known = Facts(kind=kind, **facts)
        onset_ns = claim_ns if claim_ns is not None else self.now_ns + ns(onset_s + stamped_s)
        detection = Detection(
            id=detection_id(kind, subject_of(kind, person, None, device, track), onset_ns),
            kind=kind,
            phase=phase,
            site=self.backend.site.id,
            device=device,
            person=person,
            track=track,
            zone="press-line",
            onset_ns=onset_ns,
            decided_ns=self.now_ns + ns(stamped_s),
            heard_ns=self.now_ns,
            confidence=0.9,
            reason=f"{kind} on {device}",
            facts=known,
            assessment=assess(known, self.backend.site.severity),
        )
        receipt: dict[str, Any] = self._post(
            "/detections", detection.model_dump(mode="json", exclude_none=True)
        )
        self.look()
        return receipt

    def act(self, what: str, person: str = "karin-ek", incident: int = 1, **more: Any) -> Any:
        """Let somebody act by the API: acknowledge, on-scene, resolve, …"""
        body = {"person": person, **more}
        return self._post(f"/incidents/{incident}/{what}", body)

    def look(self) -> None:
        """Let the engine look once, as it does each second."""
        self.backend.engine.cycle(self.now_ns)

    def passes(self, for_s: float, tick_s: float = 1) -> None:
        """Let time pass, with a look each tick."""
        end_ns = self.now_ns + ns(for_s)
        while self.now_ns < end_ns:
            self.now_ns = min(self.now_ns + ns(tick_s), end_ns)
            self.look()

    def expect(self, *calls: str) -> list[Posted]:
        """Check that exactly these were called since the last look, each as `SEV2 karin-ek`."""
        fresh, self._looked = self._taken[self._looked :], len(self._taken)
        assert sorted(map(_called, fresh)) == sorted(calls)
        return fresh

    def called(self) -> set[str]:
        """Return who was called since the last look, each as `SEV2 karin-ek`."""
        fresh, self._looked = self._taken[self._looked :], len(self._taken)
        return set(map(_called, fresh))

    def incident(self, number: int = 1) -> Any:
        """Return an incident as the API tells it."""
        return self.http.get(f"/api/v1/incidents/{number}").raise_for_status().json()

    def close(self) -> None:
        """Stop, and fail on a call that no test expected."""
        self.http.close()
        self.backend.stop()
        self.hook.close()
        unexpected = [_called(each) for each in self._taken[self._looked :]]
        assert not unexpected, f"nobody expected {unexpected}"

    def _post(self, path: str, body: Any) -> Any:
        answer = self.http.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
            return
        self.http.close()
        self.backend.stop()
        self.hook.close()


@contextmanager
def duty(
    folder: Path, database_url: str, *channels: Channel, site: Site | None = None
) -> Iterator[Duty]:
    """Run one until the block ends."""
    with Duty(folder, database_url, *channels, site=site or paging_site()) as running:
        yield running


def _called(posted: Posted) -> str:
    page = posted.json
    return f"{page['severity']} {page['to']['person']}"
