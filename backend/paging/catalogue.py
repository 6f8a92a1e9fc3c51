"""Finds the paging channels, and names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from backend.paging import channels
from backend.paging.channel import Channel
from contract.plugins import build, find
from contract.site import Site


def configured(site: Site) -> tuple[Channel, ...]:
    """Return the channels of the site file, in its order.

    Raises
    ------
    SiteFileError
        When a kind or a key does not exist, with a suggestion.
    """
    return build("channel", find(channels, Channel), site.channel)  # type: ignore[type-abstract]


def named(of_the_site: Iterable[Channel]) -> Mapping[str, Channel]:
    """Return channels by the name that their pages carry: the kind, numbered when there are more.

    The names follow the order of the site file.
    """
    by_name: dict[str, Channel] = {}
    for channel in of_the_site:
        number, name = 1, channel.kind
        while name in by_name:
            number += 1
            name = f"{channel.kind}-{number}"
        by_name[name] = channel
    return by_name
