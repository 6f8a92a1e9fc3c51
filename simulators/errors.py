"""The simulators' errors."""

from __future__ import annotations


class SimulatorError(ValueError):
    """The base of every error of this package."""


class ScriptError(SimulatorError):
    """A script asks for an activity or a setting that does not exist."""


class RecordingError(SimulatorError):
    """A recording cannot be read: which file, what was found in it, what is wanted."""


class ScenarioError(SimulatorError):
    """A scenario names somebody or some place that the site does not have."""


class AccuracyError(SimulatorError):
    """A detector cannot be scored: what it did, or which setting it does not have."""


class TrainingError(SimulatorError):
    """Nothing can be learned from the recordings, and why."""
