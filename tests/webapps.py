"""Web applications that tests serve."""

from __future__ import annotations

import os

from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/")
def greeting() -> dict[str, str]:
    return {"hello": os.environ.get("WHOM", "world")}


@app.post("/length")
async def length(body: dict) -> dict[str, int]:
    return {"length": len(body)}


@app.get("/status/{code}")
async def status(code: int) -> Response:
    return Response(status_code=code)


@app.get("/close")
async def close() -> Response:
    return Response("bye", headers={"Connection": "close"})
