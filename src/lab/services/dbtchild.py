"""The side of `lab.services.dbt` that runs in dbt's own environment: one process, many invocations.

It reads a request a line from its input, in JSON, and answers each by a line. Nothing of this project is imported here.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from typing import Any

Told = dict[str, Any]
_parsed: dict[
    str, Any
] = {}  # manifests by options: to parse a project takes longer than to build a small one


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what dbt prints goes where its errors go
    from dbt.cli.main import dbtRunner

    for line in sys.stdin:
        try:
            told = _invoke(dbtRunner, json.loads(line))
        except BaseException:
            told = {
                "success": False,
                "error": traceback.format_exc(),
                "nodes": [],
                "lines": [],
                "seconds": 0.0,
            }
        answers.write(json.dumps(told) + "\n")
        answers.flush()


def _invoke(runner: Any, asked: Told) -> Told:
    os.environ.update(asked["environment"])
    manifest = None
    if asked["parse_once"]:
        key = json.dumps(asked["options"])
        if key not in _parsed:
            parsed = runner().invoke(["parse", *asked["options"]])
            if not parsed.success:
                return _told(parsed, 0.0)
            _parsed[key] = parsed.result
            gc.collect()
            gc.freeze()  # what stays is not walked through at each collection of what does not
        manifest = _parsed[key]
    started = time.perf_counter()
    done = runner(manifest=manifest).invoke([*asked["command"], *asked["options"]])
    seconds = time.perf_counter() - started
    _let_go()
    return _told(done, seconds)


def _let_go() -> None:
    """Close DuckDB's file, which no other process can read as long as this one has it open."""
    if (duckdb := sys.modules.get("dbt.adapters.duckdb.connections")) is not None:
        manager = duckdb.DuckDBConnectionManager
        if manager._ENV is not None:
            manager._ENV.close()


def _told(done: Any, seconds: float) -> Told:
    return {
        "success": bool(done.success),
        "error": str(done.exception or ""),
        "nodes": [_node(item) for item in getattr(done.result, "results", None) or []],
        "lines": [str(item) for item in done.result] if isinstance(done.result, list) else [],
        "seconds": seconds,
    }


def _node(item: Any) -> Told:
    metadata = getattr(item.node, "test_metadata", None)
    return {
        "id": item.node.unique_id,
        "kind": str(item.node.resource_type),
        "name": item.node.name,
        "status": str(item.status),
        "message": item.message or "",
        "rule": metadata.name if metadata else "",
        "seconds": item.execution_time,
    }


if __name__ == "__main__":
    main()
