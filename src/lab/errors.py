"""Errors that a reader meets: one sentence on what is wrong and one on what to do, no traceback."""

from __future__ import annotations


class LabError(Exception):
    """An error whose message is meant for the person at the keyboard."""

    def _render_traceback_(self) -> list[str]:
        # IPython's hook: in a notebook the message is all that helps, the stack is noise.
        return [f"{type(self).__name__}: {self}"]


class ParameterError(LabError):
    """A parameter has a wrong name, type or range; raised before anything is started."""


class ServiceError(LabError):
    """A real service did not start, did not answer, or is missing its program."""


class NotAvailableError(LabError):
    """What was asked for can't be done here, such as killing a broker that somebody else runs."""


class EvidenceError(LabError):
    """A record is missing, broken or does not fit its schema."""


class SetupError(LabError):
    """Something that an experiment needs could not be fetched, verified or installed."""
