"""Loads the people model that a site file names. A box without cameras never comes here."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from contract.suggestion import did_you_mean
from edge.vision import models
from edge.vision.extra import missing, needed
from edge.vision.families import families
from edge.vision.model import Model
from edge.vision.people import PeopleModel
from edge.vision.weights import WeightsError


class Family(Protocol):
    """A file of `edge/vision/models`."""

    def load(self, model: Model) -> PeopleModel:
        """Return the model of these settings."""
        ...


def load(model: Model) -> PeopleModel:
    """Return the model, ready to be asked by one thread at a time.

    Raises
    ------
    WeightsError
        When there is no such model, its weights are missing, or are not what was declared.
    ExtraMissingError
        When a package that it needs is not installed.
    """
    needed("cv2", "numpy")
    there = families()
    if model.kind not in there:
        raise WeightsError(
            f'there is no people model "{model.kind}"{did_you_mean(model.kind, there)}'
        )
    try:
        family = cast(Family, import_module(f"{models.__name__}.{model.kind}"))
    except ModuleNotFoundError as error:
        raise missing(str(error.name)) from None
    return family.load(model)
