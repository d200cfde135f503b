"""A web application under test: up when it answers, its log in the error when it does not come up."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import ServiceError
from lab.faults.process import hang
from lab.services.webapp import WebApp, web_app

pytestmark = pytest.mark.service
TESTS = Path(__file__).parents[1]


def _greeting(app: WebApp, timeout_s: float = 30) -> str:
    with urllib.request.urlopen(f"{app.url}/", timeout=timeout_s) as answer:
        return json.load(answer)["hello"]


@pytest.fixture(scope="module")
def app() -> Iterator[WebApp]:
    with web_app("webapps:app", TESTS, environment={"WHOM": "tests"}) as served:
        yield served


def test_it_answers_with_what_it_was_told(app: WebApp) -> None:
    assert _greeting(app) == "tests"


def test_killed_it_is_gone_and_restarted_it_is_back(app: WebApp) -> None:
    app.node.kill()
    with pytest.raises(OSError, match="refused"):
        _greeting(app)
    app.node.restart()
    assert _greeting(app) == "tests"


def test_paused_it_does_not_answer_and_resumed_it_does(app: WebApp) -> None:
    with hang(app.node), pytest.raises(TimeoutError):
        _greeting(app, timeout_s=0.3)
    assert _greeting(app) == "tests"


def test_one_that_fails_at_import_tells_its_log(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('no model at /models/latest')")
    with pytest.raises(ServiceError, match="no model at /models/latest"), web_app("broken:app", tmp_path):
        pass


def test_one_that_answers_with_an_error_is_not_ready() -> None:
    wrong = web_app("webapps:app", TESTS, ready="/status/503", timeout_s=10)
    with pytest.raises(ServiceError, match=r"not ready after 10 s \(HTTP Error 503"), wrong:
        pass
