"""Servers that stay up between runs."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import psycopg
import pytest

from lab.errors import ServiceError
from lab.services import http, standing
from lab.services.objectstore import KEYS, VARIABLE, file_system
from lab.services.s3 import S3

pytestmark = pytest.mark.service


def test_up_serves_until_down(build: Path) -> None:
    assert standing.status() == {}
    variables = standing.up(["postgres"])
    try:
        assert standing.status() == variables
        with psycopg.connect(variables["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(ServiceError, match="lab services down"):
            standing.up(["postgres"])
    finally:
        assert standing.down()
    assert standing.status() == {}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(variables["DATABASE_URL"], connect_timeout=2)
    assert not standing.down()


@pytest.mark.drill
@pytest.mark.timeout(400)
def test_one_that_needs_another_attaches_to_it_whatever_the_order_of_the_names(build: Path) -> None:
    variables = standing.up(["toxiproxy", "connect", "objectstore", "kafka", "icebergcatalog"])
    try:
        assert http.call("GET", f"{variables['CONNECT_URL']}/connectors") == []
        assert http.call("GET", f"{variables['TOXIPROXY_URL']}/proxies") == {}
        assert http.call("GET", f"{variables['ICEBERG_REST_URI']}/v1/namespaces")["namespaces"] == []
        store = S3(variables[VARIABLE], *(variables[name] for name in KEYS))
        assert file_system(store).get_file_info("lake").type.name == "Directory"
        assert (build / "services.json").stat().st_mode & 0o077 == 0
        brokers = [line for line in psutil.Process(_holder(build)).children(recursive=True) if _broker(line)]
        assert len(brokers) == 1
    finally:
        assert standing.down()


def _holder(build: Path) -> int:
    return int(json.loads((build / "services.json").read_text())["pid"])


def _broker(process: psutil.Process) -> bool:
    return "kafka.Kafka" in process.cmdline()
