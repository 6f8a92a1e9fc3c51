"""The extra `camera`: packages that an agent without cameras does without."""

from __future__ import annotations

from importlib.util import find_spec

from edge.errors import EdgeError


class ExtraMissingError(EdgeError):
    """A package of the extra `camera` is not installed."""


def needed(*modules: str) -> None:
    """Look that modules are installed.

    Raises
    ------
    ExtraMissingError
        With the modules that are not, and how to install them.
    """
    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        raise missing(*absent)


def missing(*modules: str) -> ExtraMissingError:
    """Return the error that says which modules are not installed."""
    return ExtraMissingError(
        f"cameras need packages that are not installed ({', '.join(modules)}): "
        'install the extra with pip install "floorwatch[camera]"'
    )
