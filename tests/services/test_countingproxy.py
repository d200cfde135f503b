"""The counted link: every request and byte, once; a round trip that is stated and nothing more."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pyarrow import fs

from lab.services.countingproxy import CountingProxy, Read, counting_proxy
from lab.services.objectstore import file_system, object_store
from lab.services.relay import operation
from lab.services.s3 import S3

pytestmark = pytest.mark.service


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.endswith("chunks"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")
        else:
            self._end(b"x" * 1000)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")  # of what a GET would bring
        self.end_headers()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self._end(b"")

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def _end(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def link() -> Iterator[CountingProxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with counting_proxy(S3(f"http://127.0.0.1:{server.server_port}", "key", "secret")) as found:
        yield found
    server.shutdown()


def _connection(link: CountingProxy) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(urlsplit(link.s3.endpoint).netloc, timeout=10)
    connection.connect()
    return connection


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
    connection.request(method, path, body)
    return connection.getresponse().read()


def test_requests_and_bytes_are_counted_once_each(link: CountingProxy) -> None:
    before = link.traffic()
    connection = _connection(link)
    assert _ask(connection, "GET", "/lake/a") == b"x" * 1000
    assert _ask(connection, "GET", "/lake?list-type=2") == b"x" * 1000
    assert _ask(connection, "HEAD", "/lake/a") == b""
    assert _ask(connection, "PUT", "/lake/b", b"y" * 500) == b""
    assert _ask(connection, "DELETE", "/lake/b") == b""
    found = link.traffic().since(before)
    assert found.requests == {"GET": 1, "LIST": 1, "HEAD": 1, "PUT": 1, "DELETE": 1}
    assert (found.total, found.bytes_out, found.bytes_in, found.connections) == (5, 2000, 500, 1)


def test_a_body_in_chunks_passes_whole(link: CountingProxy) -> None:
    assert _ask(_connection(link), "GET", "/lake/chunks") == b"hello"


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        ("GET", "/lake/a/b", "GET"),
        ("GET", "/lake/a?versionId=1", "GET"),
        ("GET", "/lake", "LIST"),
        ("GET", "/", "LIST"),
        ("GET", "/lake/?list-type=2&prefix=a%2Fb", "LIST"),
        ("HEAD", "/lake/a", "HEAD"),
        ("POST", "/lake/a?uploads", "POST"),
    ],
)
def test_an_operation_is_told_by_method_and_address(method: str, target: str, found: str) -> None:
    assert operation(method, target) == found


def _seconds(do: Callable[[], object]) -> float:
    begin = time.monotonic()
    do()
    return time.monotonic() - begin


def _connect_and_ask(link: CountingProxy) -> http.client.HTTPConnection:
    connection = _connection(link)
    _ask(connection, "GET", "/lake/a")
    return connection


# A busy machine makes any of these longer, never shorter: the quickest of three is compared with
# what one more round trip would have taken at least.


def test_the_round_trip_is_charged_once_per_request_and_once_per_connection(link: CountingProxy) -> None:
    with link.delay(0.3):
        first = [_seconds(lambda: _connect_and_ask(link)) for _ in range(3)]
        connection = _connect_and_ask(link)
        others = [_seconds(lambda: _ask(connection, "GET", "/lake/a")) for _ in range(3)]
    after = [_seconds(lambda: _ask(connection, "GET", "/lake/a")) for _ in range(3)]
    assert 0.6 <= min(first) < 0.9  # with the handshake
    assert 0.3 <= min(others) < 0.6
    assert min(after) < 0.3


def test_requests_in_flight_wait_together(link: CountingProxy) -> None:
    with link.delay(0.3), ThreadPoolExecutor(16) as pool:
        took = _seconds(lambda: list(pool.map(lambda _: _connect_and_ask(link), range(16))))
    assert 0.6 <= took < 16 * 0.6  # one after the other


def test_the_bytes_that_are_asked_for_are_recorded_once(link: CountingProxy) -> None:
    connection = _connection(link)
    with link.record():
        connection.request("GET", "/lake/a%3D1/b", headers={"Range": "bytes=10-19"})
        connection.getresponse().read()
        _ask(connection, "GET", "/lake/c")
        _ask(connection, "GET", "/lake?list-type=2")
    _ask(connection, "GET", "/lake/d")
    assert link.reads() == [Read("/lake/a=1/b", 10, 19), Read("/lake/c", 0, None)]
    assert link.reads() == []


def test_an_encrypted_store_is_refused() -> None:
    with pytest.raises(ValueError, match="encrypted"), counting_proxy(S3("https://store", "key", "secret")):
        pass


def test_a_real_store_answers_through_it() -> None:
    pytest.importorskip("obstore", reason="not installed; lab setup parquet_compaction")
    with object_store(["lake"]) as store, counting_proxy(store.s3) as link:
        content = bytes(range(256)) * 4000
        files = file_system(link.s3)
        with files.open_output_stream("lake/a/b") as sink:
            sink.write(content)
        before = link.traffic()
        with files.open_input_file("lake/a/b") as source:
            assert source.read_at(1000, 5000) == content[5000:6000]
        read = link.traffic().since(before)
        assert read.count("GET") == 1
        assert read.bytes_out == 1000
        files.get_file_info(fs.FileSelector("lake", recursive=True))
        assert link.traffic().since(before).count("LIST") >= 1
