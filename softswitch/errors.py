"""Errors that a person can act on: what is wrong, where, and what to do. Anything else is a bug."""

from dataclasses import dataclass


class SoftswitchError(Exception):
    """An expected failure: one sentence and the remedy. Commands print it and exit with 1."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file that a person wrote. Lines and columns count from 1, or are 0 where there are
    none, as on a command line.

    `rule` names the check that found it, for editors; a `warning` is no reason to refuse the file.
    """

    file: str
    line: int
    column: int
    message: str
    rule: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class InvalidFile(SoftswitchError):
    """Every problem found in a configuration or dialplan, in the order of the files."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.column))
        super().__init__("\n".join(str(problem) for problem in self.problems))
