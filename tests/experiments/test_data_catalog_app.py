"""The application: what it answers, what it refuses in words, and that nothing makes it fail."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from lab.experiments.data_catalog import KIT, Dataset, Field, Options, create_app, open_catalog
from lab.experiments.data_catalog.measure.service import OK, WELL_REFUSED
from lab.experiments.data_catalog.workload import hostile
from lab.services.webapp import web_app

pytestmark = pytest.mark.service
TOKEN = "a token"
WAGE = Dataset(
    id="econ/wage 1",
    name="wage1",
    owner="José Núñez",
    email="jose@example.org",
    updated=date(2026, 1, 1),
    source="econ",
    tags=("small",),
    fields=(Field(name="educ", type="integer"),),
    text="<script>alert(1)</script>",
)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Any:
    catalog = open_catalog(str(tmp_path_factory.mktemp("app") / "c.db"), Options(today=date(2026, 1, 1)))
    catalog.put([WAGE])
    return create_app(catalog, TOKEN)


@pytest.fixture
def client(application: Any) -> TestClient:
    return TestClient(application, raise_server_exceptions=False)


def test_a_search_is_answered_with_hits_reasons_and_facets(client: TestClient) -> None:
    found = client.get("/search", params={"q": "wgae1 nunez", "owner": "jose nunez"}).json()
    assert (found["total"], found["how"]) == (1, "corrected")
    assert found["hits"][0]["id"] == WAGE.id and found["hits"][0]["why"] == ["name wage1", "owner José Núñez"]
    assert found["facets"]["tag"] == {"small": 1}


def test_a_dataset_is_had_back_by_its_id_whatever_signs_are_in_it(client: TestClient) -> None:
    assert Dataset(**client.get("/datasets/econ/wage%201").json()) == WAGE
    assert client.get("/datasets/nobody").status_code == 404
    assert client.get("/health").json() == {"datasets": 1}


def test_only_who_has_the_token_writes(application: Any, client: TestClient) -> None:
    body = json.loads(WAGE.model_copy(update={"id": "x/y"}).model_dump_json())
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.put("/datasets/x/y", json=body).status_code == 401
    assert client.delete("/datasets/x/y", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.put("/datasets/other", json=body, headers=right).status_code == 422
    assert client.put("/datasets/x/y", json=body, headers=right).json() == {"datasets": 1}
    assert client.delete("/datasets/x/y", headers=right).json() == {"datasets": 1}
    assert client.delete("/datasets/x/y", headers=right).status_code == 404


def test_without_a_token_nobody_writes(tmp_path: Path) -> None:
    reader = TestClient(create_app(str(tmp_path / "c.db")))
    refused = reader.delete("/datasets/a", headers={"Authorization": "Bearer None"})
    assert (refused.status_code, "read-only" in refused.json()["detail"]) == (403, True)


def test_an_unknown_parameter_is_named_with_those_that_there_are(client: TestClient) -> None:
    said = client.get("/search?colour=red").json()["detail"]
    assert said.startswith("no parameter 'colour'; known: q, owner, tag")


def test_what_was_sent_is_not_sent_back(client: TestClient) -> None:
    refused = client.get("/search", params={"q": "x" * 10_000})
    assert refused.status_code == 422 and len(refused.content) < 200


@pytest.mark.parametrize("what", hostile.targets(seed=7))
def test_bad_input_is_answered_or_refused_in_words(client: TestClient, what: str) -> None:
    answer = client.get(hostile.targets(seed=7)[what])
    assert answer.status_code == OK or (
        answer.status_code == WELL_REFUSED and isinstance(answer.json()["detail"], str)
    )


def test_text_of_a_dataset_or_a_reader_is_no_html(client: TestClient) -> None:
    for target in ("/show/econ/wage%201", "/?q=%3Cscript%3E&owner=%22%3E%3Cscript%3E", "/"):
        page = client.get(target).text
        assert "<script" not in page and "Data catalog" in page


def test_a_store_that_is_gone_is_said_with_503(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    reader = TestClient(create_app(str(path)), raise_server_exceptions=False)
    catalog_gone = open_catalog(str(path))
    with catalog_gone._connections.one() as connection:
        connection.execute("DROP TABLE dataset")
    answer = reader.get("/search?q=a")
    assert (answer.status_code, "SQLite" in answer.json()["detail"]) == (503, True)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_nothing_that_its_own_document_allows_or_forbids_makes_it_fail(
    application: Any, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", application)
    operations = [found.ok() for found in described.get_all_operations()]
    for operation in operations:
        # Of a request without parameters nothing can be wrong.
        if mode is GenerationMode.POSITIVE or operation.path != "/health":
            _fuzz(operation.as_strategy(generation_mode=mode))


def _fuzz(cases: st.SearchStrategy[schemathesis.Case]) -> None:
    @given(case=cases)
    @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code < 500
        assert answer.status_code < 400 or "application/json" in answer.headers["content-type"]

    check()


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder with the kit in it, and nothing else of this project."""
    folder = tmp_path_factory.mktemp("kit")
    shutil.copytree(KIT / "catalog", folder / "catalog", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def served(kit: Path) -> Iterator[str]:
    told = {"DATABASE_URL": str(kit / "own.db"), "CATALOG_TOKEN": "secret", "PYTHONPATH": ""}
    with web_app("catalog.app:app", kit, "/health", told) as app:
        yield app.url


def commands() -> list[str]:
    """The README's requests, those of curl."""
    block = (KIT / "README.md").read_text().split("```")[1]
    return [
        text.split("#")[0].strip()
        for text in block.replace("\n  ", " ").splitlines()
        if text.startswith("curl")
    ]


def test_the_kit_does_what_its_readme_says(served: str) -> None:
    put, mistyped, narrowed = commands()
    for command in (put, mistyped, narrowed):
        done = subprocess.run(
            ["bash", "-c", command.replace("localhost:8000", served.removeprefix("http://"))],
            capture_output=True,
            text=True,
        )
        assert '"detail"' not in done.stdout, done
    with urllib.request.urlopen(f"{served}/search?q=oders") as answer:
        found = json.load(answer)
    assert (found["how"], found["hits"][0]["id"]) == ("corrected", "shop/orders")


def test_the_readmes_python_runs_in_an_empty_folder(kit: Path) -> None:
    block = (KIT / "README.md").read_text().split("```python")[1].split("```")[0]
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.')\n{block}"],
        cwd=kit,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("1 as typed"), done.stderr


def test_an_address_that_is_no_service_of_it_is_404(served: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{served}/nothing")
