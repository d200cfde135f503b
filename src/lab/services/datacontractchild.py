"""The side of `lab.services.datacontract` that runs in datacontract-cli's own environment. Nothing of this project is imported.

It reads a request a line from its input, in JSON, and answers each by a line.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

SERVER = "asked"
_parsed: dict[str, Any] = {}  # contracts by their text: to parse one takes longer than to test small data


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what it prints goes where its errors go
    for line in sys.stdin:
        try:
            told = _test(json.loads(line))
        except BaseException:
            told = {"failure": traceback.format_exc(), "result": "error", "checks": [], "seconds": 0.0}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def _test(asked: dict[str, Any]) -> dict[str, Any]:
    from datacontract.data_contract import DataContract

    text = Path(asked["contract"]).read_text(encoding="utf-8")
    started = time.perf_counter()
    contract = _parsed.get(text) if asked["parse_once"] else None
    if contract is None:
        contract = _parsed[text] = _parse(text)
    server = {"server": SERVER, **asked["server"]}
    run = DataContract(data_contract=_with(contract, server), server=SERVER, config=asked["config"]).test()
    seconds = time.perf_counter() - started
    return {
        "failure": "",
        "result": run.result.value,
        "checks": [_told(check) for check in run.checks],
        "seconds": seconds,
    }


def _parse(text: str) -> Any:
    from datacontract.lint.resolve import resolve_data_contract

    return resolve_data_contract(data_contract_str=text, inline_references=True)


def _with(contract: Any, server: dict[str, Any]) -> Any:
    """A copy of the contract with one server."""
    from open_data_contract_standard.model import Server

    return contract.model_copy(update={"servers": [Server.model_validate(server)]}, deep=True)


def _told(check: Any) -> dict[str, str]:
    return {
        "type": check.type,
        "table": check.model or "",
        "column": check.field or "",
        "result": check.result.value if check.result else "",
        "reason": check.reason or "",
    }


if __name__ == "__main__":
    main()
