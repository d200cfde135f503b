"""The application as it is served: under load on a schedule, under bad input, and examples of what it answers."""

from __future__ import annotations

import http.client
import json
import random
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pandas as pd

from lab.experiments.data_catalog.kit import FOLDER
from lab.experiments.data_catalog.measure.retrieval import Collection
from lab.experiments.data_catalog.measure.seen import Served
from lab.experiments.data_catalog.params import TODAY
from lab.experiments.data_catalog.workload.arms import Search
from lab.load.histogram import merge
from lab.load.http import Answers, Request, load
from lab.load.interleave import interleaved
from lab.load.schedule import poisson
from lab.services.webapp import WebApp, web_app

ROUNDS = 2
OK = 200
WELL_REFUSED = 422
CONNECTIONS_WAIT_S = 10


@contextmanager
def applications(stores: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, WebApp]]:
    """The kit's application once for each store, by name. stores: what each is told by its environment."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                web_app("catalog.app:app", FOLDER, "/health", {"CATALOG_TODAY": TODAY.isoformat(), **told})
            )
            for name, told in stores.items()
        }


def under_load(collection: Collection, apps: Mapping[str, WebApp]) -> list[Served]:
    """All clients search each store in turns; the same searches at the same times."""
    params = collection.params
    asked = _requests(collection)
    seconds = params.seconds / ROUNDS
    parts: dict[str, list[Answers]] = {name: [] for name in apps}
    for number, name in interleaved(list(apps), ROUNDS, params.seed):
        due = poisson(params.rate, seconds, params.seed + number)
        # The first searches of a process import and connect; nobody times those of a server that has just begun.
        _warm(apps[name].url, asked[: params.clients])
        with load(apps[name].url, asked, due, clients=1, connections=params.clients) as sent:
            parts[name].append(sent.answers())
    return [_served(name, answers) for name, answers in parts.items()]


def _requests(collection: Collection) -> list[Request]:
    """Common queries of all kinds and forms in a random order."""
    places = collection.common("exact", "prefix", "typo", "two")
    random.Random(collection.params.seed).shuffle(places)
    return [Request("/search?" + urlencode({"q": collection.queries[place].typed})) for place in places]


def _warm(url: str, asked: Sequence[Request]) -> None:
    for request in asked:
        _get(url, request.target)


def _served(name: str, answers: Sequence[Answers]) -> Served:
    total = sum(len(part.outcomes) for part in answers)
    right = sum(part.statuses.get(OK, 0) for part in answers)
    errors: dict[str, int] = {}
    for part in answers:
        wrong = {f"status {status}": count for status, count in part.statuses.items() if status != OK}
        for what, count in (part.errors | wrong).items():
            errors[what] = errors.get(what, 0) + count
    punctual = sum(part.punctual() * len(part.outcomes) for part in answers) / total
    return Served(name, merge(part.latency([OK]) for part in answers), punctual, right / total, total, errors)


def bad_input(targets: Mapping[str, str], apps: Mapping[str, WebApp]) -> pd.DataFrame:
    """What each application makes of each target. Columns: store, input, status (0: no answer), words."""
    rows = [
        (name, what, *_get(app.url, target)) for name, app in apps.items() for what, target in targets.items()
    ]
    return pd.DataFrame(rows, columns=["store", "input", "status", "words"])


def bad_texts(texts: Mapping[str, str], search: Search, name: str) -> pd.DataFrame:
    """The same of an arm that no application serves: a ValueError is a refusal in words, any other exception a 500."""
    return pd.DataFrame(
        [(name, what, *_tried(lambda text=text: search(text, 10))) for what, text in texts.items()],  # type: ignore[misc]
        columns=["store", "input", "status", "words"],
    )


def _tried(call: Callable[[], object]) -> tuple[int, str]:
    try:
        call()
    except Exception as error:  # whatever it is, a reader would see it
        meant = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
        return WELL_REFUSED if meant else 500, f"{type(error).__name__}: {error}"
    return OK, "answered"


def _get(url: str, target: str) -> tuple[int, str]:
    """Status and the beginning of what was said; 0 without an answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=CONNECTIONS_WAIT_S)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        return answer.status, _detail(body) if answer.status != OK else "answered"
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _detail(body: str) -> str:
    """The words of a refusal; "" if there are none."""
    try:
        said = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) else ""


def examples(app: WebApp, asked: Sequence[str]) -> list[dict[str, Any]]:
    """Searches as curl would send them, with what came back."""
    targets = [(text, f"/search?q={quote(text)}&limit=3") for text in asked]
    return [{"query": text, "target": target, **_json(app, target)} for text, target in targets]


def sample(app: WebApp, id: str) -> dict[str, Any]:
    """One dataset's metadata as the application gives it."""
    return _json(app, f"/datasets/{quote(id)}")


def _json(app: WebApp, target: str) -> dict[str, Any]:
    with urllib.request.urlopen(app.url + target, timeout=CONNECTIONS_WAIT_S) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
