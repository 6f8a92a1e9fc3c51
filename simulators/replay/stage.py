"""The scratch site on which recordings are played: nobody real is in it, and nobody is paged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contract.severity import SeverityPolicy
from contract.site import (
    About,
    Agent,
    Device,
    Escalation,
    OnCall,
    Responder,
    Site,
    Step,
    Wearer,
)
from contract.zone import Zone
from simulators.replay.timeline import Playing

AGENT = "replay"
CONSOLE: tuple[dict[str, Any], ...] = ({"kind": "console"},)
DETECTORS: tuple[dict[str, Any], ...] = ({"kind": "fall"}, {"kind": "button"})


def stage(
    playing: Sequence[Playing],
    *,
    detectors: Sequence[dict[str, Any]] = DETECTORS,
    channels: Sequence[dict[str, Any]] = CONSOLE,
    severity: SeverityPolicy | None = None,
    email: str | None = None,
) -> Site:
    """Return a site whose wearers are the people recorded, watched over by an exercise officer."""
    worn = {each.device: each for each in playing}
    sets = sorted({each.trial.set for each in playing})
    return Site(
        site=About(id="replay", title=f"Replay of {', '.join(sets)}"),
        zone=(Zone(id="recording", title="Recording room"),),
        agent=(Agent(id=AGENT),),
        device=tuple(
            Device(
                id=device,
                kind="imu",
                agent=AGENT,
                wearer=each.wearer,
                worn=each.trial.worn,
                zone="recording",
            )
            for device, each in sorted(worn.items())
        ),
        wearer=tuple(
            Wearer(id=each.wearer, name=f"{each.trial.set} {each.trial.subject}")
            for each in sorted({each.wearer: each for each in playing}.values(), key=_by_wearer)
        ),
        person=(
            Responder(id="first", name="First Officer (exercise)", roles=("ehs",), email=email),
            Responder(id="second", name="Second Officer (exercise)", roles=("ehs",), email=email),
        ),
        on_call=(OnCall(id="ehs", people=("first",)),),
        detector=tuple(detectors),
        severity=severity or SeverityPolicy(),
        escalation=tuple(
            Escalation.model_validate(
                {
                    "severity": tier,
                    "steps": (
                        Step(to=("on-call:ehs",), wait_s=60),
                        Step(to=("person:second",), wait_s=60),
                    ),
                }
            )
            for tier in ("SEV1", "SEV2", "SEV3")
        ),
        channel=tuple(channels),
    )


def _by_wearer(playing: Playing) -> str:
    return playing.wearer
