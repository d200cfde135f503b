"""An ingestion service: POST /events puts an event into Kafka; 202 once the broker has it, 200 once it is done if ?wait=SECONDS.

`wait` is also the event's deadline: after it nobody waits any more. Told by its environment: KAFKA_BOOTSTRAP_SERVERS,
INGEST_EVENTS, INGEST_DONE (topics), INGEST_PROTECT (module:function, called with application, queue and policies; none for
no protection), INGEST_POLICIES (a JSON file), INGEST_ACKNOWLEDGED (0: answers from memory).
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from confluent_kafka import KafkaException
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse

from .durable import KafkaQueue
from .server import AdaptiveLimit, Admission, Application, Backpressure


def protect(app: Application, queue: KafkaQueue, policies: dict[str, Any]) -> Application:
    """The application behind quota and adaptive limit, as the policies say."""
    told = policies["server"]
    limit = AdaptiveLimit(told["target_s"], told["least"], told["most"], told["start"])
    return Backpressure(app, Admission(limit, told["quota_per_s"], lambda: queue.inherited))


def create_app(queue: KafkaQueue) -> FastAPI:
    """The application, without protection."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        queue.open()
        yield
        queue.close()

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def health() -> dict[str, int]:
        return {"inherited": queue.inherited}

    @app.post("/events")
    async def take(request: Request, wait: Annotated[float, Query(ge=0, le=3600)] = 0) -> JSONResponse:
        return await _take(queue, request, wait)

    return app


async def _take(queue: KafkaQueue, request: Request, wait: float) -> JSONResponse:
    received, ref = time.time(), uuid.uuid4().hex
    try:
        event = json.loads(await request.body())
        own = {"id": str(event["id"]), "client": request.headers.get("x-client", "")}
    except (ValueError, TypeError, KeyError):
        return JSONResponse({"reason": "a JSON object with an id is needed"}, 422)
    ticket = request.scope.get("admission")
    done = asyncio.Event()

    def finish() -> None:
        done.set()
        if ticket:
            ticket.release()

    queue.expect(ref, finish)
    try:
        await queue.append({"ref": ref, **own, "received": received, "deadline": received + (wait or 3600)})
    except (KafkaException, BufferError) as error:
        queue.forget(ref)
        return JSONResponse({"reason": str(error)}, 503, {"Retry-After": "1"})
    if ticket:
        ticket.keep()  # it is in flight until the sink is done with it, not until this answer
    if not wait:
        return JSONResponse({"id": own["id"]}, 202)
    await done.wait()
    return JSONResponse({"id": own["id"]}, 200)


def _from_environment() -> Application:
    told = os.environ
    acknowledged = told.get("INGEST_ACKNOWLEDGED", "1") == "1"
    queue = KafkaQueue(
        told["KAFKA_BOOTSTRAP_SERVERS"], told["INGEST_EVENTS"], told["INGEST_DONE"], acknowledged
    )
    app: Application = create_app(queue)
    if place := told.get("INGEST_PROTECT"):
        module, _, name = place.partition(":")
        policies = json.loads(Path(told["INGEST_POLICIES"]).read_text())
        app = getattr(importlib.import_module(module), name)(app, queue, policies)
    return app


if "INGEST_EVENTS" in os.environ:
    app = _from_environment()
