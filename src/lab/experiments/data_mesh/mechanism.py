"""What is under test: the program in `kit/mesh`, and the domains that use it."""

from __future__ import annotations

from lab.experiments.data_mesh.kit import FOLDER
from lab.experiments.data_mesh.kit.mesh import (
    Break,
    Broker,
    BrokerError,
    Decision,
    Expectation,
    ExpectationError,
    Fresh,
    Need,
    Publication,
    can_i_deploy,
    can_i_remove,
    columns,
    grants,
    parse,
    read,
    verify,
)

__all__ = [
    "FOLDER",
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
    "expectation",
    "grants",
    "parse",
    "read",
    "verify",
]


def expectation(consumer: str) -> Expectation:
    """What the kit's domain `consumer` needs of the dataset orders."""
    return read(FOLDER / consumer / "expectations" / "orders.yml")
