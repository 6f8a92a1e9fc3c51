"""What a site file says that holds together, and still may cost a call. Pure.

What needs the channels themselves, or the people whom the database knows, is in `backend.policy`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from contract.publicurl import unopenable
from contract.secret import MAKE_ONE, weakness
from contract.severity import Severity
from contract.site import Device, Site
from contract.warning import SiteWarning, WarningCode

STAYS_HERE = "console"
"""The kind of channel whose links are opened on this machine, if at all."""
WORN = ("imu", "badge", "button")
"""Kinds of devices that somebody wears, unless they stand in a zone."""


def site_warnings(
    site: Site,
    *,
    base_url: str | None = None,
    secrets: Mapping[str, str] | None = None,
    assigned_tags: Collection[str] = (),
) -> Iterator[SiteWarning]:
    """Yield what is to be said of a site, from its file and its secrets alone.

    Parameters
    ----------
    base_url
        What links begin with; as the file has it when None.
    secrets
        By the variable that holds it.
    assigned_tags
        Tags that were given to somebody outside the file.
    """
    yield from _links(site, base_url)
    yield from _secrets(secrets or {})
    yield from _agents(site)
    yield from _wearers(site, assigned_tags)
    yield from _ladders(site)


def file_url(site: Site) -> str:
    """Return what links begin with, as the site file has it."""
    host = site.backend.host
    bracketed = f"[{host}]" if ":" in host else host
    return site.backend.public_url or f"http://{bracketed}:{site.backend.port}"


def _links(site: Site, base_url: str | None) -> Iterator[SiteWarning]:
    leaving = sorted({str(c.get("kind")) for c in site.channel} - {STAYS_HERE})
    url = base_url or file_url(site)
    reason = unopenable(url)
    if not leaving or reason is None:
        return
    yield SiteWarning(
        code=WarningCode.LINK_UNOPENABLE,
        sentence=f"the links of {' and '.join(leaving)} begin with {url}, which no phone can open: "
        f"{reason}",
        what_to_do='Set public_url of [backend] to what a phone opens: "https://HOST".',
    )


def _secrets(secrets: Mapping[str, str]) -> Iterator[SiteWarning]:
    for name, secret in secrets.items():
        weak = weakness(secret)
        if weak:
            yield SiteWarning(
                code=WarningCode.SECRET_WEAK,
                sentence=f"{name} {weak}: whoever guesses it can act as somebody else",
                what_to_do=f"Set it to what `{MAKE_ONE}` prints.",
            )


def _agents(site: Site) -> Iterator[SiteWarning]:
    bound = {device.agent for device in site.device}
    several = len(site.agent) > 1
    for device in site.device:
        if several and device.agent is None:
            yield SiteWarning(
                code=WarningCode.DEVICE_UNBOUND,
                sentence=f'[[device]] "{device.id}" names no agent, and there are '
                f"{len(site.agent)}: any of them may speak for it",
                what_to_do='Give it agent = "…", the one that hears it.',
            )
    for agent in site.agent:
        if agent.id not in bound and (several or not site.device):
            yield SiteWarning(
                code=WarningCode.AGENT_IDLE,
                sentence=f'[[agent]] "{agent.id}" has no device, so nothing tells when it is '
                "silent",
                what_to_do='Give its devices agent = "…", its id; or remove it.',
            )


def _wearers(site: Site, assigned_tags: Collection[str]) -> Iterator[SiteWarning]:
    watched = {device.wearer for device in site.device}
    for wearer in (wearer for wearer in site.wearer if wearer.id not in watched):
        yield SiteWarning(
            code=WarningCode.WEARER_UNWATCHED,
            sentence=f'[[wearer]] "{wearer.id}" wears no device, so nothing watches over them',
            what_to_do='Give what they wear wearer = "…", their id; or remove them.',
        )
    for device in site.device:
        if _worn_by_nobody(device) and device.tag not in assigned_tags:
            yield SiteWarning(
                code=WarningCode.DEVICE_UNWORN,
                sentence=f'[[device]] "{device.id}" is worn by nobody and stands in no zone: what '
                "it sees is about nobody",
                what_to_do='Give it wearer = "…" or zone = "…".',
            )


def _worn_by_nobody(device: Device) -> bool:
    return device.kind in WORN and device.wearer is None and device.zone is None


def _ladders(site: Site) -> Iterator[SiteWarning]:
    for ladder in site.escalation:
        if ladder.repeat or ladder.severity == Severity.SEV4:
            continue
        after_s = sum(step.wait_s for step in ladder.steps)
        then = "after that nobody is called"
        if ladder.severity in (Severity.SEV1, Severity.SEV2):
            then = "after that everybody of [last_resort] is called"
        yield SiteWarning(
            code=WarningCode.LADDER_ENDS,
            sentence=f'[[escalation]] "{ladder.severity}" is climbed once, for {after_s:g} s; '
            f"{then}",
            what_to_do="Give it repeat = 3, or as often as it shall be climbed again.",
        )
