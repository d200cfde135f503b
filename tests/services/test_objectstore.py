"""Object store, started for real: the contract that every service keeps, and what S3 promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from pyarrow import fs

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services.objectstore import KEYS, VARIABLE, ObjectStore, file_system, object_store
from lab.services.process import Process
from lab.services.s3 import S3

pytest.importorskip("obstore", reason="not installed; lab setup parquet_compaction")
pytestmark = pytest.mark.service


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with object_store(["lake", "other"]) as found:
            yield found


def _put(s3: S3, path: str, content: bytes) -> None:
    with file_system(s3).open_output_stream(path) as sink:
        sink.write(content)


def _get(s3: S3, path: str) -> bytes:
    with file_system(s3).open_input_stream(path) as source:
        return source.read()


def _names(s3: S3, folder: str) -> list[str]:
    found = file_system(s3).get_file_info(fs.FileSelector(folder, recursive=True))
    return sorted(item.path for item in found if item.is_file)


def test_the_buckets_that_were_asked_for_are_there(store: ObjectStore) -> None:
    found = file_system(store.s3).get_file_info(fs.FileSelector(""))
    assert {item.path for item in found} >= {"lake", "other"}


def test_objects_are_written_listed_read_and_deleted(store: ObjectStore) -> None:
    large = bytes(range(256)) * 40_000  # 10 MB: more than one part
    _put(store.s3, "lake/a/large", large)
    _put(store.s3, "lake/a/small", b"x")
    assert _names(store.s3, "lake/a") == ["lake/a/large", "lake/a/small"]
    assert _get(store.s3, "lake/a/large") == large
    file_system(store.s3).delete_file("lake/a/small")
    assert _names(store.s3, "lake/a") == ["lake/a/large"]


def test_a_condition_on_a_write_is_kept(store: ObjectStore) -> None:
    import obstore
    from obstore.store import S3Store

    client = S3Store(
        "lake",
        endpoint=store.s3.endpoint,
        access_key_id=store.s3.access_key,
        secret_access_key=store.s3.secret_key,
        region=store.s3.region,
        client_options={"allow_http": True},
        virtual_hosted_style_request=False,
    )
    obstore.put(client, "once", b"first", mode="create")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(client, "once", b"second", mode="create")
    assert bytes(obstore.get(client, "once").bytes()) == b"first"


def test_wrong_keys_are_refused(store: ObjectStore) -> None:
    stranger = S3(store.s3.endpoint, store.s3.access_key, "wrong")
    with pytest.raises(OSError, match=r"ACCESS_DENIED|SIGNATURE|Signature|403"):
        _put(stranger, "lake/x", b"x")


def test_an_attached_store_runs_its_lifecycle_when_it_likes(store: ObjectStore) -> None:
    store.run_lifecycle()  # of our own: with no rules nothing happens
    with pytest.raises(NotAvailableError, match="when it likes"):
        replace(store, ports=()).run_lifecycle()


def test_objects_survive_a_kill(store: ObjectStore) -> None:
    _put(store.s3, "lake/kept", b"kept")
    store.node.kill()
    store.node.start()
    assert _get(store.s3, "lake/kept") == b"kept"
    with hang(store.node), pytest.raises(ServiceError, match="does not answer"):
        _attach(store)
    assert _get(store.s3, "lake/kept") == b"kept"


def _attach(store: ObjectStore) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, store.s3.endpoint)
        patch.setenv(KEYS[0], store.s3.access_key)
        patch.setenv(KEYS[1], store.s3.secret_key)
        with object_store(["lake", "made-when-attached"]) as attached:
            _put(attached.s3, "made-when-attached/x", b"x")
            with pytest.raises(NotAvailableError, match=VARIABLE):
                attached.node.kill()


def test_an_attached_store_is_used_but_not_hurt(store: ObjectStore) -> None:
    _attach(store)
    assert _get(store.s3, "made-when-attached/x") == b"x"


def test_an_attached_store_without_keys_names_them(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, store.s3.endpoint)
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ServiceError, match=" and ".join(KEYS)), object_store():
        pass


def test_two_stores_stand_side_by_side_and_leave_no_socket(store: ObjectStore) -> None:
    with object_store(["lake"]) as other:
        _put(other.s3, "lake/mine", b"mine")
        assert "lake/mine" not in _names(store.s3, "lake")
        # Only its own: another test's store may come and go meanwhile, in the same folder.
        sockets = _sockets(other)
        assert all(path.exists() for path in sockets)
    assert sockets
    assert not [path for path in sockets if path.exists()]


def _sockets(store: ObjectStore) -> list[Path]:
    assert isinstance(store.node, Process)
    own = psutil.Process(store.node.pid).net_connections("unix")
    return [Path(socket.laddr) for socket in own if socket.laddr.startswith("/tmp/seaweedfs-")]


def test_the_secret_is_not_printed(store: ObjectStore) -> None:
    assert store.s3.secret_key not in repr(store)
