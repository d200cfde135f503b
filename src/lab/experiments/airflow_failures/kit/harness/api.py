"""What the harness asks of Airflow's REST interface (version 2 of it, so Airflow 3)."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENDED = ("success", "failed")
PAGE = 100  # Airflow's default of `[api] maximum_page_limit`: it sends no more at once, whatever is asked for
MOST = 1000  # newest entries that are looked at
AGAIN_S = (
    1.0,
    2.0,
    4.0,
)  # pauses after a server error, such as a statement that its database gave up under load
TAKEN = 409


class RefusedError(RuntimeError):
    """A server that answered with an error. status: of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Airflow:
    """url: of the API server. token: empty to ask for one without a password, as `simple_auth_manager_all_admins` allows."""

    url: str
    token: str = ""

    @classmethod
    def of(cls, url: str, token: str = "") -> Airflow:
        url = url.rstrip("/")
        return cls(url, token or cls(url)._call("GET", f"{url}/auth/token")["access_token"])

    def get(self, path: str, **query: object) -> Any:
        asked = urllib.parse.urlencode(query, doseq=True)
        return self._call("GET", f"{self.url}/api/v2/{path}?{asked}")

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        return self._call("POST", f"{self.url}/api/v2/{path}", body)

    def trigger(self, dag: str, run: str, conf: Mapping[str, object], logical_date: str | None) -> None:
        """Start a run. Jitter is a hash of the logical date: runs without one all wait equally long.

        A server error is tried again: under one id a run begins once, and then 409 says that it has.
        """
        body = {"dag_run_id": run, "conf": dict(conf), "logical_date": logical_date}
        for failed, pause in enumerate((*AGAIN_S, None)):
            try:
                self.post(f"dags/{dag}/dagRuns", body)
                return
            except RefusedError as error:
                if failed and error.status == TAKEN:
                    return
                if error.status < 500 or pause is None:
                    raise
            time.sleep(pause)

    def state(self, dag: str, run: str) -> str:
        """Of one run."""
        return str(self.get(f"dags/{dag}/dagRuns/{_quoted(run)}")["state"])

    def runs(self, dag: str, *states: str) -> dict[str, str]:
        """State of each run of a DAG that is in some states."""
        found = self._newest(f"dags/{dag}/dagRuns", "dag_runs", states)
        return {each["dag_run_id"]: each["state"] for each in found}

    def tasks(self, dag: str, *states: str) -> list[dict[str, Any]]:
        """The newest try of each task, of each run of a DAG, that is in some states."""
        return self._newest(f"dags/{dag}/dagRuns/~/taskInstances", "task_instances", states)

    def task(self, dag: str, run: str, task: str) -> dict[str, Any]:
        """The newest try of one task."""
        return dict(self.get(f"dags/{dag}/dagRuns/{_quoted(run)}/taskInstances/{task}"))

    def tries(self, dag: str, run: str, task: str, index: int = -1) -> list[dict[str, Any]]:
        """Every try of one task. index: of a mapped one."""
        part = f"taskInstances/{task}" + (f"/{index}" if index >= 0 else "")
        return list(self.get(f"dags/{dag}/dagRuns/{_quoted(run)}/{part}/tries")["task_instances"])

    def _newest(self, path: str, part: str, states: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < MOST:
            asked = {"limit": PAGE, "offset": len(found), "order_by": "-run_after", "state": states}
            page = self.get(path, **asked)
            found += page[part]
            if not page[part] or len(found) >= page["total_entries"]:
                break
        return found

    def _call(self, method: str, url: str, body: Mapping[str, object] | None = None) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise RefusedError(f"{method} {url}: {error.code} {said}", error.code) from None


def _quoted(run: str) -> str:
    return urllib.parse.quote(run, safe="")
