"""JSON over HTTP, with the server's own words when it refuses."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from lab.errors import ServiceError


class HttpError(ServiceError):
    """A server that answered with an error. status: of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def call(
    method: str,
    url: str,
    body: object = None,
    timeout_s: float = 5,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What the server answers, parsed from JSON; None for an empty answer. headers: beside those for JSON.

    Raises HttpError with the server's message if it refuses, ServiceError if it does not answer.
    """
    data = None if body is None else json.dumps(body).encode()
    own = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if data else {})
    request = urllib.request.Request(url, data, own | dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        said = _message(error.read().decode(errors="replace"))
        raise HttpError(f"{method} {url}: {error.code} {said or error.reason}", error.code) from None
    except OSError as error:
        raise ServiceError(f"{method} {url}: {getattr(error, 'reason', error)}") from None
    return json.loads(text) if text else None


def _message(text: str) -> str:
    """The sentence in an error's body: Connect has it under `message`, Iceberg under `error.message`."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.strip()[:500]
    if not isinstance(found, dict):
        return text[:500]
    inner = found.get("error")
    holder = inner if isinstance(inner, dict) else found
    return str(holder.get("message", text[:500]))
