"""Where the text is readable if fields alone are sealed; what parameters are refused."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab.errors import NotAvailableError, ParameterError
from lab.evidence import params as parameters
from lab.experiments.encrypted_pipeline import Arm, Params, run
from lab.experiments.encrypted_pipeline.measure.impostors import impostor, impostors
from lab.experiments.encrypted_pipeline.measure.place import Place
from lab.services.kafka import VARIABLE as KAFKA
from lab.services.objectstore import VARIABLE as STORE
from lab.services.postgres import VARIABLE as POSTGRES
from lab.services.tls import Authority

pytest.importorskip("cryptography")
pytestmark = [pytest.mark.service, pytest.mark.timeout(240)]
SMALL = Params(rows=300, flips=20, files=(4, 8, 12), file_rows=200, timed_rows=5_000, rounds=2)


def test_a_server_of_others_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (POSTGRES, KAFKA, STORE):
        with monkeypatch.context() as patch:
            patch.setenv(name, "postgresql://nobody@127.0.0.1:1/none")
            with pytest.raises(NotAvailableError, match=f"unset {name}"):
                run(SMALL)


@pytest.mark.drill
def test_fields_alone_leave_the_text_in_the_files_and_on_their_way() -> None:
    found = run(SMALL, Arm("fields alone", tls=False, fields=True, files=False))
    places = set(found.tables["found"].query("needle == 'fields alone'")["place"])
    assert places == {"wire to object store", "object store", "reader's files"}


def test_every_client_comes_to_every_impostor_and_tells_it_nothing(tmp_path: Path) -> None:
    own, stranger = Authority(tmp_path / "own"), Authority(tmp_path / "stranger", "somebody's")
    here = SimpleNamespace(authority=own, stranger=stranger, identities={"lake": own.issue("lake")})
    seen = impostors(cast(Place, here))
    assert len(seen) == 8
    assert (seen["visits"] > 0).all()
    assert (seen["heard"] == 0).all()


def test_what_a_client_says_just_before_it_goes_is_heard(tmp_path: Path) -> None:
    with impostor(Authority(tmp_path).issue("impostor")) as other:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", other.port)) as plain,
            context.wrap_socket(plain) as secure,
        ):
            secure.sendall(b"a card's number")
    assert (other.visits, other.heard) == (1, 15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 10},
        {"flips": 0},
        {"files": (10, 20)},
        {"files": (20, 10, 30)},
        {"cache_s": 0},
        {"cache_s": 0.5},
        {"rounds": 1},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
