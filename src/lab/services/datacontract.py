"""datacontract-cli as one warm process, beside whatever else judges the same data.

It has a Python environment of its own (`lab.environments`); `datacontractchild` runs there and calls its `DataContract`, which
is what its command `datacontract test` calls too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import environments
from lab.errors import ServiceError
from lab.services import datacontractchild
from lab.services.warm import Warm, warm

ENVIRONMENT = "datacontract"


@dataclass(frozen=True)
class Checked:
    """One check. result: passed, failed, warning (it was not run, or only advises), error; type: datacontract-cli's own name."""

    type: str
    table: str
    column: str
    result: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What a test came to. result: of all checks, the worst one."""

    result: str
    checks: tuple[Checked, ...]
    seconds: float


@dataclass(frozen=True)
class DataContractCli:
    """The warm process; one test at a time."""

    _process: Warm

    def test(
        self,
        contract: Path,
        server: Mapping[str, object],
        config: Mapping[str, str] | None = None,
        parse_once: bool = True,
        timeout_s: float = 120,
    ) -> Outcome:
        """A contract (ODCS, YAML) against the data of `server`, an element of the standard's `servers` without a name.

        config: datacontract-cli's own settings, such as DATACONTRACT_POSTGRES_USERNAME. parse_once: keep what was parsed for the
        same text. ServiceError if it can't work.
        """
        asked = {
            "contract": str(contract),
            "server": dict(server),
            "config": dict(config or {}),
            "parse_once": parse_once,
        }
        told = self._process.ask(asked, timeout_s)
        if told["failure"]:
            raise ServiceError(f"datacontract-cli failed: {told['failure']}")
        return Outcome(told["result"], tuple(Checked(**one) for one in told["checks"]), told["seconds"])

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._process.kill()


@contextmanager
def datacontract_cli() -> Iterator[DataContractCli]:
    """A warm datacontract-cli for the block. ServiceError if its environment is not set up."""
    with warm("datacontract-cli", ENVIRONMENT, Path(datacontractchild.__file__)) as process:
        yield DataContractCli(process)


def schemas() -> Path:
    """The folder of the standard's own JSON Schemas, which the package brings. ServiceError if it is not set up."""
    for found in environments.folder(ENVIRONMENT).glob("lib/python*/site-packages/datacontract/schemas"):
        return found
    raise ServiceError("datacontract-cli is not set up. Run: lab setup")


def version() -> str:
    """Version of datacontract-cli. ServiceError if its environment is not set up."""
    return environments.version(ENVIRONMENT, "datacontract-cli")
