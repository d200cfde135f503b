"""Contracts between data domains that consumers write: expectations, their verification, and who may deploy what."""

from .broker import Broker, BrokerError, can_i_deploy, can_i_remove
from .decision import Decision
from .expectation import Expectation, ExpectationError, Fresh, Need, parse, read
from .tables import Publication, columns
from .verification import Break, grants, verify

__all__ = [
    "Break",
    "Broker",
    "BrokerError",
    "Decision",
    "Expectation",
    "ExpectationError",
    "Fresh",
    "Need",
    "Publication",
    "can_i_deploy",
    "can_i_remove",
    "columns",
    "grants",
    "parse",
    "read",
    "verify",
]
