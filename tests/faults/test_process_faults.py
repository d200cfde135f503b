"""A fault is there within its block and healed after it, also when the block raises."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from lab.faults.process import crash, hang, outage
from lab.services.node import Node


class Recorded:
    """A node that only keeps what was done to it."""

    name = "recorded"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, call: str) -> Callable[[], None]:
        return lambda: self.calls.append(call)


@pytest.mark.parametrize(
    ("fault", "injected", "healed"),
    [(outage, "stop", "start"), (crash, "kill", "start"), (hang, "pause", "resume")],
)
def test_a_fault_is_healed_however_its_block_ends(
    fault: Callable[[Node], AbstractContextManager[None]], injected: str, healed: str
) -> None:
    node = Recorded()
    with pytest.raises(KeyError), fault(node):  # type: ignore[arg-type]
        assert node.calls == [injected]
        raise KeyError
    assert node.calls == [injected, healed]
