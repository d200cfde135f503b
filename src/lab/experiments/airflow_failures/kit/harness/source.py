"""A source of orders over HTTP: `python -m harness.source PORT ROWS SEED`. Batches can be made unavailable, or be cut off.

GET /orders/N      batch N as CSV            GET /manifests/N   {"rows": ..., "total": ...} of the whole batch
POST /faults       {"batch": N, "kind": "unavailable" | "truncated" | ""}
GET /calls         of orders: batch, at (s since 1970), status
"""

from __future__ import annotations

import json
import random
import sys
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEAD = "order,customer,amount"
ANSWER_S = 0.1  # that it takes to answer
KEPT = 0.8  # of a batch that is cut off


def rows(batch: int, count: int, seed: int) -> list[tuple[str, str, Decimal]]:
    """The orders of a batch."""
    draw = random.Random(f"{seed}-{batch}")
    return [
        (f"o-{batch}-{number}", f"c-{draw.randrange(500)}", Decimal(draw.randrange(100, 100_000)) / 100)
        for number in range(count)
    ]


def body(orders: list[tuple[str, str, Decimal]], truncated: bool = False) -> str:
    """As CSV; `truncated`: the first part, which ends within a line, after its first comma."""
    lines = [HEAD, *(",".join(map(str, order)) for order in orders)]
    if truncated:
        last = 1 + int(len(orders) * KEPT)
        lines = [*lines[:last], lines[last].partition(",")[0] + ","]
    return "\n".join(lines)


def manifest(orders: list[tuple[str, str, Decimal]]) -> dict[str, Any]:
    return {"rows": len(orders), "total": str(sum((order[2] for order in orders), Decimal(0)))}


def serve(port: int, count: int, seed: int) -> None:
    """Serve on the loopback interface until killed."""
    faults: dict[int, str] = {}
    calls: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            faults[int(asked["batch"])] = asked["kind"]
            self._answer(200, "{}")

        def do_GET(self) -> None:
            kind, _, number = self.path.strip("/").partition("/")
            if kind == "orders":
                self._orders(int(number))
            elif kind == "manifests":
                self._answer(200, json.dumps(manifest(rows(int(number), count, seed))))
            else:
                self._answer(200, json.dumps(calls))

        def _orders(self, batch: int) -> None:
            fault = faults.get(batch, "")
            status = 503 if fault == "unavailable" else 200
            calls.append({"batch": batch, "at": time.time(), "status": status})
            time.sleep(ANSWER_S)
            self._answer(
                status, body(rows(batch, count, seed), fault == "truncated") if status == 200 else ""
            )

        def _answer(self, status: int, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Its log is for faults."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
