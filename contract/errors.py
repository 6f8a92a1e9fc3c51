"""The contract's errors. Each says what is wrong, where, and what to do."""

from __future__ import annotations


class ContractError(ValueError):
    """The base of every error of this package."""


class UnknownTopicError(ContractError):
    """A topic is outside the tree `floorwatch/1/{site}/{agent}/{stream}`."""


class SiteFileError(ContractError):
    """A site file cannot be used. `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class KeyFileError(SiteFileError):
    """An agent's key is missing, open to others, or none."""

    def __init__(self, problem: str) -> None:
        super().__init__((problem,))
