"""Servers by TLS, for real: who shows the right certificate is believed, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from psycopg import conninfo
from pyarrow import fs

from lab.errors import NotAvailableError
from lab.services.kafka import VARIABLE as KAFKA
from lab.services.kafka import Listening, kafka
from lab.services.objectstore import VARIABLE as STORE
from lab.services.objectstore import file_system, object_store
from lab.services.postgres import VARIABLE as POSTGRES
from lab.services.postgres import postgres
from lab.services.s3 import S3
from lab.services.tls import Authority, Identity

pytest.importorskip("cryptography")
pytestmark = [pytest.mark.service, pytest.mark.timeout(120)]


@pytest.fixture(params=["local", pytest.param("compose", marks=pytest.mark.engine)])
def authority(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in (KAFKA, POSTGRES, STORE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LAB_SERVICES", request.param)
    return Authority(tmp_path / "authority")


def test_postgresql_is_believed_by_its_authority_and_name_alone(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other").file
    with postgres(tls=authority.issue("postgres", ["localhost", "127.0.0.1"])) as server:
        with psycopg.connect(server.secure) as connection:
            asked = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert connection.execute(asked).fetchone() == ("TLSv1.3",)
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            psycopg.connect(conninfo.make_conninfo(server.secure, sslrootcert=str(other)))


def test_postgresql_with_a_certificate_for_another_host_is_refused(authority: Authority) -> None:
    with postgres(tls=authority.issue("postgres", ["db.example"])) as server:
        with pytest.raises(psycopg.OperationalError, match="does not match host name"):
            psycopg.connect(server.secure)
        psycopg.connect(conninfo.make_conninfo(server.secure, sslmode="verify-ca")).close()


def _topics(bootstrap: str, client: Identity, patience_s: float) -> object:
    settings = {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SSL",
        "ssl.ca.location": str(client.authority),
        "ssl.certificate.location": str(client.certificate),
        "ssl.key.location": str(client.key),
        "log_level": 0,
    }
    return AdminClient(settings).list_topics(timeout=patience_s)


def test_kafka_takes_clients_of_its_authority_alone(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "other").issue("stranger")
    with kafka(listening=Listening(authority.issue("kafka"))) as cluster:
        assert _topics(cluster.secure, authority.issue("client"), 30)
        mixed = Identity(stranger.certificate, stranger.key, authority.file)
        with pytest.raises(KafkaException):
            _topics(cluster.secure, mixed, 5)


def _put(store: S3) -> None:
    impatient = fs.AwsStandardS3RetryStrategy(max_attempts=1)
    with file_system(store, retry_strategy=impatient).open_output_stream("lake/x") as sink:
        sink.write(b"x")


def test_an_object_store_is_believed_by_its_authority_and_name_alone(
    authority: Authority, tmp_path: Path
) -> None:
    with object_store(tls=authority.issue("store")) as found:
        assert found.secure is not None
        _put(found.secure)
        with pytest.raises(OSError, match="SSL"):
            _put(replace(found.secure, authority=str(Authority(tmp_path / "other").file)))
    with object_store(tls=authority.issue("elsewhere", ["store.example"])) as found:
        assert found.secure is not None
        with pytest.raises(OSError, match="SSL"):
            _put(found.secure)


def test_certificates_are_not_given_to_a_server_of_somebody_elses(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POSTGRES, "postgresql://elsewhere")
    with pytest.raises(NotAvailableError, match=POSTGRES), postgres(tls=authority.issue("postgres")):
        pass
    monkeypatch.setenv(KAFKA, "elsewhere:9092")
    with pytest.raises(NotAvailableError, match=KAFKA), kafka(listening=Listening(authority.issue("kafka"))):
        pass
    monkeypatch.setenv(STORE, "http://elsewhere")
    with pytest.raises(NotAvailableError, match=STORE), object_store(tls=authority.issue("store")):
        pass


def test_a_private_key_is_its_owners_alone(authority: Authority, tmp_path: Path) -> None:
    own = authority.issue("client")
    assert [each.key.stat().st_mode & 0o077 for each in (own, own.copied(tmp_path))] == [0, 0]


def test_a_copy_of_a_private_key_is_never_there_for_others(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, modes = authority.issue("client"), []
    write = Path.write_bytes

    def seen(path: Path, content: bytes) -> int:
        modes.append(path.stat().st_mode & 0o077)
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", seen)
    own.copied(tmp_path)
    assert modes == [0, 0, 0]
