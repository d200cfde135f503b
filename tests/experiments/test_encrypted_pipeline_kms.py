"""The key service: its store, its process over mutual TLS, Vault's client on recorded answers, the kit by its README."""

from __future__ import annotations

import base64
import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.encrypted_pipeline.kit import FOLDER
from lab.services.ports import free_ports, occupied
from lab.services.process import Process, running
from lab.services.tls import Authority, Identity

pytest.importorskip("cryptography")

from lab.experiments.encrypted_pipeline.kit.kms import (
    KmsClient,
    KmsError,
    Refused,
    VaultTransit,
    connect,
    keys,
)
from lab.experiments.encrypted_pipeline.kit.kms.keys import KeyStore

ROOT = bytes(range(32))
EVERYTHING = ["create", "wrap", "unwrap", "rewrap", "rotate", "revoke", "latest"]


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    made = KeyStore(tmp_path / "keys", ROOT)
    made.create("pii")
    return made


@settings(deadline=None, max_examples=50)
@given(plaintext=st.binary(min_size=1, max_size=100), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_wrapped_key_with_one_bit_turned_is_refused_or_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, plaintext: bytes, place: int, bit: int
) -> None:
    store = KeyStore(tmp_path_factory.mktemp("keys"), ROOT)
    store.create("pii")
    wrapped = bytearray(store.wrap("pii", plaintext), "ascii")
    wrapped[place % len(wrapped)] ^= 1 << bit
    with suppress(Refused):
        assert store.unwrap("pii", wrapped.decode("latin-1")) == plaintext


def test_a_rotated_key_unwraps_the_old_until_it_is_revoked(store: KeyStore) -> None:
    old = store.wrap("pii", b"data key")
    assert store.rotate("pii") == 2
    assert store.unwrap("pii", old) == b"data key"
    new = store.rewrap("pii", old)
    assert new.startswith("kms:v2:")
    assert store.revoke("pii", 2) == 2
    with pytest.raises(Refused, match="revoked"):
        store.unwrap("pii", old)
    assert store.unwrap("pii", new) == b"data key"


def test_another_names_key_does_not_unwrap(store: KeyStore) -> None:
    store.create("other")
    with pytest.raises(Refused, match="not wrapped under"):
        store.unwrap("other", store.wrap("pii", b"data key"))


@pytest.mark.parametrize(
    "wrapped", ["", "kms:v1:", "kms:v0:AAAA", "kms:v9:AAAA", "kms:v1:AAAA", "vault:v1:AAAA", "kms:v1:ä"]
)
def test_what_is_no_wrapped_key_is_refused(store: KeyStore, wrapped: str) -> None:
    with pytest.raises(Refused):
        store.unwrap("pii", wrapped)


@pytest.mark.parametrize("name", ["", "a/b", "a" * 65, "ä", "../keys"])
def test_odd_names_are_refused(store: KeyStore, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        store.create(name)


def test_creating_twice_keeps_the_key(store: KeyStore) -> None:
    wrapped = store.wrap("pii", b"data key")
    assert store.create("pii") == 1
    assert store.unwrap("pii", wrapped) == b"data key"


@pytest.mark.parametrize("below", [0, -1, 2])
def test_the_latest_version_is_not_revoked(store: KeyStore, below: int) -> None:
    with pytest.raises(Refused, match="versions 1 to 1"):
        store.revoke("pii", below)


def test_keys_outlive_the_process_sealed_and_nothing_of_them_is_readable(
    tmp_path: Path, store: KeyStore
) -> None:
    wrapped = store.wrap("pii", b"data key")
    assert KeyStore(tmp_path / "keys", ROOT).unwrap("pii", wrapped) == b"data key"
    with pytest.raises(KmsError, match="another root key"):
        KeyStore(tmp_path / "keys", ROOT[::-1])
    (file,) = (tmp_path / "keys").iterdir()
    assert b"pii" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_a_revoked_version_is_forgotten_on_disk_too(tmp_path: Path, store: KeyStore) -> None:
    store.rotate("pii")
    store.revoke("pii", 2)
    again = KeyStore(tmp_path / "keys", ROOT)
    assert [bool(each) for each in again._keys["pii"].versions] == [False, True]


def test_a_version_that_could_not_be_written_is_not_wrapped_under(
    tmp_path: Path, store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    store.rotate("pii")
    with monkeypatch.context() as patch:
        patch.setattr(keys, "replace", full)
        for change in (
            lambda: store.rotate("pii"),
            lambda: store.create("new"),
            lambda: store.revoke("pii", 2),
        ):
            with pytest.raises(OSError, match="no space"):
                change()
    wrapped = store.wrap("pii", b"data key")
    with pytest.raises(Refused, match="no key"):
        store.wrap("new", b"data key")
    again = KeyStore(tmp_path / "keys", ROOT)
    assert (again.latest("pii"), again.unwrap("pii", wrapped)) == (2, b"data key")
    assert all(again._keys["pii"].versions)


def test_a_root_key_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KmsError, match="not 32"):
        KeyStore(tmp_path, b"short")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Authority, Path]]:
    folder = tmp_path_factory.mktemp("service")
    authority = Authority(folder / "authority")
    own, me = authority.issue("kms"), authority.issue("me")
    grants = folder / "grants.json"
    grants.write_text(json.dumps({"me": EVERYTHING, "reader": ["unwrap"]}))
    (port,) = free_ports(1)
    options = {"certificate": own.certificate, "key": own.key, "authority": own.authority, "grants": grants}
    url = f"https://127.0.0.1:{port}"
    process = Process(
        name="key service",
        command=[sys.executable, "-m", "kms", str(folder / "keys"), "--port", str(port)]
        + [part for name, path in options.items() for part in (f"--{name}", str(path))],
        ready=lambda: _client(url, me).create("pii"),
        log=folder / "kms.log",
        ports=[port],
        environment={"PYTHONPATH": str(FOLDER), "KMS_ROOT_KEY": base64.b64encode(ROOT).decode()},
    )
    with running(process):
        yield url, authority, folder


def _client(url: str, identity: Identity) -> KmsClient:
    return KmsClient(url, identity.certificate, identity.key, identity.authority)


@pytest.mark.service
def test_who_has_no_right_is_refused_and_both_are_in_the_log(service: tuple[str, Authority, Path]) -> None:
    url, authority, folder = service
    me, reader = _client(url, authority.issue("me")), _client(url, authority.issue("reader"))
    wrapped = me.wrap("pii", b"data key")
    assert reader.unwrap("pii", wrapped) == b"data key"
    for name in ("wrap", "rotate"):
        with pytest.raises(Refused, match="reader may not"):
            getattr(reader, name)("pii", *([b"k"] if name == "wrap" else []))
    lines = [json.loads(line) for line in (folder / "keys" / "audit.jsonl").read_text().splitlines()]
    assert {
        "who": "reader",
        "operation": "rotate",
        "key": "pii",
        "outcome": "refused: reader may not rotate",
    }.items() <= (lines[-1].items())
    text = (folder / "keys" / "audit.jsonl").read_text()
    assert base64.b64encode(b"data key").decode() not in text
    assert wrapped not in text


@pytest.mark.service
def test_a_certificate_of_another_authority_gets_no_answer(
    service: tuple[str, Authority, Path], tmp_path: Path
) -> None:
    url, authority, _ = service
    stranger = Authority(tmp_path).issue("me")
    with pytest.raises(KmsError, match="does not answer"):
        _client(url, Identity(stranger.certificate, stranger.key, authority.file)).latest("pii")
    with pytest.raises(
        KmsError, match="does not answer"
    ):  # and the client does not talk to a server it does not know
        _client(url, stranger).latest("pii")


@pytest.mark.service
def test_a_client_that_says_nothing_holds_up_nobody(service: tuple[str, Authority, Path]) -> None:
    url, authority, _ = service
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
        assert _client(url, authority.issue("me")).latest("pii") >= 1


@pytest.mark.service
def test_a_name_with_a_slash_and_a_body_that_is_no_object_are_refused(
    service: tuple[str, Authority, Path],
) -> None:
    url, authority, _ = service
    client = _client(url, authority.issue("me"))
    with pytest.raises(Refused, match="name"):
        client.create("a/b?c")
    for body in ([], None, "text"):
        with pytest.raises(KmsError):
            client._http.call("POST", "/wrap/pii", body, {})  # type: ignore[arg-type]
    assert client.latest("pii") >= 1


@pytest.mark.parametrize(
    ("root", "grants", "said"),
    [("", "{}", "root key"), (base64.b64encode(ROOT).decode(), '{"me": ["fly"]}', "fly"), ("!", "{}", "")],
)
def test_a_service_that_can_t_start_says_why(tmp_path: Path, root: str, grants: str, said: str) -> None:
    identity = Authority(tmp_path / "authority").issue("kms")
    (tmp_path / "grants.json").write_text(grants)
    ended = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "kms",
                str(tmp_path / "keys"),
                "--certificate",
                str(identity.certificate),
            ),
            *("--key", str(identity.key), "--authority", str(identity.authority)),
            *("--grants", str(tmp_path / "grants.json")),
        ],
        env=os.environ | {"PYTHONPATH": str(FOLDER), "KMS_ROOT_KEY": root},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("kms: ")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


# As Vault's documentation shows them (HTTP API, transit secrets engine); recorded, no Vault was run.
ANSWERS: dict[tuple[str, str], tuple[int, dict[str, Any] | None]] = {
    ("POST", "/v1/transit/keys/pii"): (204, None),
    ("GET", "/v1/transit/keys/pii"): (
        200,
        {"data": {"type": "aes256-gcm96", "latest_version": 2, "name": "pii"}},
    ),
    ("POST", "/v1/transit/encrypt/pii"): (
        200,
        {"data": {"ciphertext": "vault:v1:abcdefgh", "key_version": 1}},
    ),
    ("POST", "/v1/transit/decrypt/pii"): (
        200,
        {"data": {"plaintext": base64.b64encode(b"data key").decode()}},
    ),
    ("POST", "/v1/transit/rewrap/pii"): (200, {"data": {"ciphertext": "vault:v2:abcdefgh"}}),
    ("POST", "/v1/transit/keys/pii/rotate"): (204, None),
    ("POST", "/v1/transit/keys/pii/config"): (204, None),
    ("POST", "/v1/transit/decrypt/old"): (
        400,
        {"errors": ["ciphertext version is disallowed by policy (too old)"]},
    ),
    ("POST", "/v1/transit/decrypt/denied"): (403, {"errors": ["permission denied"]}),
    ("POST", "/v1/transit/decrypt/altered"): (500, {"errors": ["cipher: message authentication failed"]}),
    ("GET", "/v1/transit/keys/none"): (404, {"errors": []}),
    ("POST", "/v1/transit/decrypt/sealed"): (503, {"errors": ["Vault is sealed"]}),
}


class _Recorded(BaseHTTPRequestHandler):
    asked: ClassVar[list[tuple[str, str, Any, str | None]]] = []

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.asked.append((self.command, self.path, body, self.headers.get("X-Vault-Token")))
        status, said = ANSWERS[(self.command, self.path)]
        content = json.dumps(said).encode() if said is not None else b""
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[VaultTransit]:
    server = HTTPServer(("127.0.0.1", 0), _Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Recorded.asked = []
    monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("VAULT_TOKEN", "s.token")
    found = connect()
    assert isinstance(found, VaultTransit)
    yield found
    server.shutdown()
    server.server_close()


def test_vaults_client_asks_as_its_documentation_says(vault: VaultTransit) -> None:
    assert vault.create("pii") == 2
    assert vault.wrap("pii", b"data key") == "vault:v1:abcdefgh"
    assert vault.unwrap("pii", "vault:v1:abcdefgh") == b"data key"
    assert vault.rewrap("pii", "vault:v1:abcdefgh") == "vault:v2:abcdefgh"
    assert vault.rotate("pii") == 2
    assert vault.revoke("pii", 2) == 2
    bodies = {(method, path): body for method, path, body, _ in _Recorded.asked}
    assert bodies["POST", "/v1/transit/encrypt/pii"] == {"plaintext": base64.b64encode(b"data key").decode()}
    assert bodies["POST", "/v1/transit/keys/pii/config"] == {"min_decryption_version": 2}
    assert {token for *_, token in _Recorded.asked} == {"s.token"}


@pytest.mark.parametrize(
    ("name", "kind", "said"), [("old", Refused, "too old"), ("denied", Refused, "permission denied")]
)
def test_what_vault_refuses_is_refused_in_its_words(
    vault: VaultTransit, name: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        vault.unwrap(name, "vault:v1:abcdefgh")


def test_a_failed_authentication_that_comes_as_a_servers_error_is_told(vault: VaultTransit) -> None:
    with pytest.raises(KmsError, match="message authentication failed"):
        vault.unwrap("altered", "vault:v1:abcdefgh")


def test_an_error_without_words_is_a_refusal_still(vault: VaultTransit) -> None:
    with pytest.raises(Refused, match="no reason given"):
        vault.latest("none")


def test_a_sealed_vault_is_no_refusal(vault: VaultTransit) -> None:
    with pytest.raises(KmsError, match="503") as raised:
        vault.unwrap("sealed", "vault:v1:abcdefgh")
    assert not isinstance(raised.value, Refused)


def test_without_an_address_the_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VAULT_ADDR", "KMS_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(KmsError, match="KMS_URL"):
        connect()
    with pytest.raises(KmsError, match="no address"):
        VaultTransit("ftp://nowhere", "token")


@pytest.mark.service
def test_the_kit_works_from_an_empty_folder_by_its_readme_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(FOLDER, home, ignore=shutil.ignore_patterns("__pycache__"))
    (home / "__init__.py").unlink()
    text = (home / "README.md").read_text()
    shell, script = re.findall(r"```(?:sh|python)\n(.*?)```", text, re.S)[:2]
    (port,) = free_ports(1)
    *prepare, serve = shell.replace("8200", str(port)).strip().splitlines()
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = "set -e\n" + "\n".join(prepare) + f"\nexec {serve.replace('python', sys.executable, 1)}"
    with (tmp_path / "log").open("w") as log:
        child = subprocess.Popen(["bash", "-c", command], cwd=home, env=clean, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not occupied(port) and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        script = script.replace("8200", str(port)) + "\nprint(read_table('people.parquet', kms).to_pylist())"
        script += "\nassert cipher.open(sealed, Field('orders', 'card', '17')) == b'4111 1111'"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=home, env=clean, capture_output=True, text=True, timeout=120
        )
        assert done.stdout.strip() == "[{'name': 'Ann'}]", done.stderr + (tmp_path / "log").read_text()
        looked = [sys.executable, "verify.py", ".", "--text"]
        assert (
            subprocess.run(
                [*looked, "nowhere to be found"], cwd=home, env=clean, capture_output=True
            ).returncode
            == 0
        )
        assert (
            subprocess.run(
                [*looked, "A small key service"], cwd=home, env=clean, capture_output=True
            ).returncode
            == 1
        )
    finally:
        child.kill()
        child.wait()
