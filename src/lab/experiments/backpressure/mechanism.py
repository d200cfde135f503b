"""What is under test; a reader takes it home as the kit's package `backpressure`."""

from lab.experiments.backpressure.kit.backpressure.server import (
    AdaptiveLimit,
    Admission,
    Backpressure,
    Refusal,
    Ticket,
    by_header,
)

__all__ = ["AdaptiveLimit", "Admission", "Backpressure", "Refusal", "Ticket", "by_header"]
