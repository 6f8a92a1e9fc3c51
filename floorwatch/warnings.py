"""Warnings about a site, as somebody at a terminal reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

import httpx
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from backend.api.auth import API_TOKEN
from backend.paging.links import SECRET
from contract.warning import SiteWarning, folded

WEBHOOK_TOKEN = "FLOORWATCH_WEBHOOK_TOKEN"
SECRETS = (SECRET, API_TOKEN, WEBHOOK_TOKEN)
"""Variables with a secret that somebody chose. Passwords of other people's servers are theirs."""
ANSWER_S = 5.0
_LIST = TypeAdapter(list[SiteWarning])


def secrets_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets of ours that are set, by variable."""
    return {name: environ[name] for name in SECRETS if environ.get(name)}


def lines(warnings: Sequence[SiteWarning], width: int | None) -> Iterator[str]:
    """Yield what is to be printed: a head, then for each its sentence and what to do.

    Parameters
    ----------
    width
        Of the terminal; None keeps a sentence on one line, for a file or a pipe.
    """
    if not warnings:
        return
    count = len(warnings)
    yield f"{count} warning{'s' if count > 1 else ''}; docs/operations.md explains each:"
    for code, found, more in folded(warnings):
        yield f"! {code}"
        for warning in found:
            yield from _wrapped(warning.sentence, width)
        if more:
            yield f"  … and {more} more like this"
        to_do = dict.fromkeys(warning.what_to_do for warning in found)
        for advice in to_do:
            yield from _wrapped(f"→ {advice}", width)


def print_warnings(console: Console, warnings: Sequence[SiteWarning]) -> None:
    """Print them, as wide as the terminal is."""
    for line in lines(warnings, console.width if console.is_terminal else None):
        console.print(line, markup=False, style="bold yellow" if line.startswith("!") else None)


def asked_of(backend_url: str) -> tuple[SiteWarning, ...]:
    """Return what a running backend warns of; nothing when it does not answer."""
    token = os.environ.get(API_TOKEN)
    try:
        answer = httpx.get(
            f"{backend_url}/api/v1/warnings",
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=ANSWER_S,
            trust_env=False,
        )
        answer.raise_for_status()
        return tuple(_LIST.validate_python(answer.json()["items"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError, ValidationError):
        return ()


def _wrapped(text: str, width: int | None) -> list[str]:
    if width is None:
        return [f"  {text}"]
    return wrap(
        text,
        width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
