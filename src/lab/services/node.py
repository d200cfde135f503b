"""What every running service can have done to it, whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol, TypeVar

from lab.errors import NotAvailableError, ServiceError

T = TypeVar("T")


class Node(Protocol):
    """One server that can be hurt and mended: a local process or a compose service. See `lab.faults` for blocks."""

    @property
    def name(self) -> str: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def restart(self) -> None: ...
    def logs(self, lines: int = 50) -> str: ...


@dataclass(frozen=True)
class Attached:
    """A server that somebody else runs: usable, but not ours to hurt."""

    name: str
    variable: str

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotAvailableError(
            f"{self.name} was attached by {self.variable}, so its process can't be reached from here; "
            f"unset {self.variable} to run this on a server of its own"
        )

    kill = pause = resume = stop = start = restart = logs = _refuse


def attached(name: str, variable: str, ask: Callable[[], T]) -> T:
    """What the server that `variable` names answers to `ask`; ServiceError if it does not answer."""
    try:
        return ask()
    except Exception as error:
        raise ServiceError(
            f"{name} does not answer at the address in {variable}: {str(error).strip()}; "
            f"correct {variable}, or unset it to have a server started here"
        ) from None
