"""`assignment/1`: whose a tag is from now on, as somebody said in the console."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from contract.message import Block, Identifier
from contract.reads import TagId
from contract.site import Site
from contract.suggestion import did_you_mean


class AssignmentBlock(Block):
    """From `t0_ns` on this wearer carries the tag, or nobody does.

    Only the backend says so (`device` is its name), and the gateway fetches it over HTTP. It is a
    block, so it is recorded and replayed: a replay knows who wore what when. A tag that the site
    file gives to somebody stays theirs.
    """

    message: Literal["assignment/1"] = "assignment/1"
    tag: TagId = Field(description="As readers hear it")
    wearer: Identifier | None = Field(
        None, description="A wearer's id in the site file; left out when it is nobody's any more"
    )
    by: str = Field(min_length=1, max_length=80, description="Who said so: a person's id")

    stream: ClassVar[str] = "assignment"


def refusal(site: Site, block: AssignmentBlock) -> str | None:
    """Return why a site cannot take an assignment; None if it can.

    A wearer who carries no device in the site file is refused: there would be no device to name in
    what is found of them.
    """
    if block.wearer is None:
        return None
    if block.wearer not in site.wearers:
        known = did_you_mean(block.wearer, site.wearers)
        return f'tag "{block.tag}": the site file has no wearer "{block.wearer}"{known}'
    if block.wearer not in site.carrying:
        return f'tag "{block.tag}": "{block.wearer}" carries no device in the site file'
    return None
