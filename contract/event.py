"""`event/1`: something a person did on a device."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from contract.message import Block

Press = Literal["sos", "cancel", "all-right", "check-in", "button"]


def press(given: Any) -> Any:
    """Return a press as we spell it: nobody is to wait for help because of a capital.

    >>> press(" SOS"), press("All_Right"), press("CheckIn")
    ('sos', 'all-right', 'check-in')
    """
    if not isinstance(given, str):
        return given
    word = "-".join(re.findall(r"[a-z]+", given.lower()))
    return {"checkin": "check-in", "allright": "all-right", "s-o-s": "sos"}.get(word, word)


EventName = Annotated[Press, BeforeValidator(press)]


class EventBlock(Block):
    """A press. `sos` calls for help, `cancel` and `all-right` answer for the wearer."""

    message: Literal["event/1"] = "event/1"
    event: EventName
    detail: str = Field("", max_length=200)

    stream: ClassVar[str] = "event"
