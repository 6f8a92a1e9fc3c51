"""The JSON Schema of every message, as `docs/contract/*.schema.json` holds it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from contract.ack import Ack
from contract.assignment import AssignmentBlock
from contract.batch import Batch
from contract.command import Command
from contract.detection import Detection, Waveform
from contract.door import DoorBlock
from contract.event import EventBlock
from contract.imu import ImuBlock
from contract.reads import ReadsBlock
from contract.refusal import RefusedBlock
from contract.report import Report
from contract.status import Status
from contract.tick import Tick
from contract.tracks import TracksBlock
from contract.zonestate import EvacuationBlock, ZoneStateBlock

MESSAGES: Mapping[str, type[BaseModel]] = {
    "imu": ImuBlock,
    "reads": ReadsBlock,
    "tracks": TracksBlock,
    "event": EventBlock,
    "door": DoorBlock,
    "zone_state": ZoneStateBlock,
    "evacuation": EvacuationBlock,
    "refused": RefusedBlock,
    "assignment": AssignmentBlock,
    "batch": Batch,
    "status": Status,
    "tick": Tick,
    "ack": Ack,
    "cmd": Command,
    "detection": Detection,
    "waveform": Waveform,
    "report": Report,
}
"""Every message that crosses a wire, by the file name that its schema has."""


class _Wire(GenerateJsonSchema):
    """Says bytes as they travel: base64 text, its limits counted in characters."""

    def bytes_schema(self, schema: core_schema.BytesSchema) -> JsonSchemaValue:
        text: JsonSchemaValue = {"type": "string", "contentEncoding": "base64"}
        if (least := schema.get("min_length")) is not None:
            text["minLength"] = ceil(least * 4 / 3)  # as short as it is without padding
        if (most := schema.get("max_length")) is not None:
            text["maxLength"] = ceil(most / 3) * 4  # as long as it is with padding
        return text


def schema_of(message: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what may be sent as `message`.

    A reader ignores fields that it does not know, so every object allows more of them. `message`
    is required: what does not name its version cannot be told from the next version.
    """
    schema = message.model_json_schema(schema_generator=_Wire)
    for part in (schema, *schema.get("$defs", {}).values()):
        if "message" in part.get("properties", {}):
            part["required"] = sorted({"message", *part.get("required", ())})
    _drop_titles(schema)
    name = message.model_fields["message"].default
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        **schema,
    }


def schema_pages() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    return {
        f"{name}.schema.json": json.dumps(schema_of(message), indent=2, ensure_ascii=False) + "\n"
        for name, message in MESSAGES.items()
    }


def _drop_titles(part: Any) -> None:
    """Remove the titles that pydantic makes of field names: they say nothing more."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        for value in part.values():
            _drop_titles(value)
    elif isinstance(part, list):
        for value in part:
            _drop_titles(value)
