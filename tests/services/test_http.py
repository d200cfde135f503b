"""JSON over HTTP: answers, refusals, silence."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lab.errors import ServiceError
from lab.services import http


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(said["status"], said["text"])

    def do_GET(self) -> None:
        self._answer(200, "")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def test_an_answer_is_parsed_and_an_empty_one_is_none(url: str) -> None:
    assert http.call("POST", url, {"status": 200, "text": '{"a": [1]}'}) == {"a": [1]}
    assert http.call("GET", url) is None


@pytest.mark.parametrize(
    "text",
    ['{"error_code": 400, "message": "bad topic"}', '{"error": {"message": "bad topic"}}', "bad topic"],
)
def test_a_refusal_carries_the_servers_own_words(url: str, text: str) -> None:
    with pytest.raises(http.HttpError, match=r"400 .*bad topic") as caught:
        http.call("POST", url, {"status": 400, "text": text})
    assert caught.value.status == 400


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ServiceError, match=r"GET http://127.0.0.1:1/: .*refused"):
        http.call("GET", "http://127.0.0.1:1/")
