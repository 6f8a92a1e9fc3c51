"""Whether a message's new schema still serves those who speak the old one. Pure.

An old sender's message must be read as before, and an old reader must still find what it looks
for. Hence: a field may be added when it is optional, a bound may be widened, a text improved;
nothing may be removed, renamed, required anew or narrowed. What must, gets a new version: `imu/2`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_SAME = ("const", "pattern", "contentEncoding")


def incompatibilities(old: Schema, new: Schema) -> tuple[str, ...]:
    """Return one sentence for each change that breaks somebody, with the path to it.

    >>> incompatibilities({"type": "integer", "maximum": 9}, {"type": "integer", "maximum": 5})
    ('(message): maximum went from 9 to 5',)
    """
    return tuple(dict.fromkeys(_Comparison(old, new).between(old, new, "")))


class _Comparison:
    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str]] = set()

    def between(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Yield what is narrower in `new` than in `old`."""
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if all(pair):
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolve(self._old, old), _resolve(self._new, new)
        told = path or "(message)"
        if _choices(old) is not None or _choices(new) is not None:
            yield from self._between_choices(old, new, path)
            return
        if problem := _narrowed_type(old, new, told):
            yield problem
            return
        yield from _narrowed_values(old, new, told)
        yield from self._between_objects(old, new, path)
        yield from self._between_lists(old, new, path)

    def _between_choices(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Each old choice must be served by some new one."""
        after = _choices(new) or [new]
        for before in _choices(old) or [old]:
            found = [list(self._fresh(before, choice, path)) for choice in after]
            if not any(problems == [] for problems in found):
                best = [p for p in found if not any("type went from" in said for said in p)]
                yield from min(best or found, key=len)

    def _fresh(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        trial = _Comparison(self._old, self._new)
        trial._seen = set(self._seen)
        yield from trial.between(old, new, path)

    def _between_objects(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, field in before.items():
            inner = f"{path}.{name}" if path else name
            if name not in after:
                yield f"{inner}: the field is gone"
            else:
                yield from self.between(field, after[name], inner)
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            inner = f"{path}.{name}" if path else name
            yield f"{inner}: the field is required now, and was not"
        yield from self._between_extras(old, new, path)

    def _between_extras(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self.between(before, after, f"{path}.*")
        elif after is not True and before is not False and before != after:
            yield f"{path or '(message)'}: other fields were free, and are not now"

    def _between_lists(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if "items" in old and "items" in new:
            yield from self.between(old["items"], new["items"], f"{path}[]")
        elif "items" in new and "items" not in old and "prefixItems" not in old:
            yield f"{path}[]: the entries were free, and are not now"
        before, after = old.get("prefixItems", ()), new.get("prefixItems", ())
        for number, (ours, theirs) in enumerate(zip(before, after, strict=False)):
            yield from self.between(ours, theirs, f"{path}[{number}]")
        if len(before) != len(after):
            yield f"{path}: went from {len(before)} places to {len(after)}"


def _resolve(root: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        name = part["$ref"].removeprefix("#/$defs/")
        part = root["$defs"][name]
    return part


def _choices(part: Schema) -> list[Schema] | None:
    found: list[Schema] | None = part.get("anyOf") or part.get("oneOf")
    return found


def _narrowed_type(old: Schema, new: Schema, told: str) -> str | None:
    before, after = old.get("type"), new.get("type")
    widened = after is None or (before == "integer" and after == "number")
    if before == after or widened:
        return None
    return f"{told}: type went from {before or 'any'} to {after}"


def _narrowed_values(old: Schema, new: Schema, told: str) -> Iterator[str]:
    for name in _LOWER:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{told}: {name} went from {old.get(name, 'none')} to {new[name]}"
    for name in _UPPER:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{told}: {name} went from {old.get(name, 'none')} to {new[name]}"
    for name in _SAME:
        if name in new and old.get(name) != new[name]:
            yield f"{told}: {name} went from {old.get(name, 'none')} to {new[name]}"
    if "enum" in new:
        allowed = old.get("enum", [old["const"]] if "const" in old else None)
        if allowed is None:
            yield f"{told}: any value was good, and only {new['enum']} are now"
        else:
            gone = [value for value in allowed if value not in new["enum"]]
            if gone:
                yield f"{told}: {', '.join(map(str, gone))} is no longer a value"
