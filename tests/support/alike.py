"""Equality that looks into arrays, and for which NaN is NaN."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel


def alike(a: Any, b: Any) -> bool:
    """Whether two values are the same, arrays and all.

    >>> alike((1, np.array([np.nan])), (1, np.array([np.nan])))
    True
    >>> alike([np.zeros(2)], [np.zeros(3)])
    False
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if is_dataclass(a):
        return all(alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, BaseModel):
        return alike(dict(a), dict(b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    plain: object = type(a).__eq__
    if hasattr(a, "__dict__") and plain is object.__eq__:
        return alike(vars(a), vars(b))
    return bool(a == b or (a != a and b != b))
