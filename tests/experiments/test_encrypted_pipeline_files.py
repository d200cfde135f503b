"""Encrypted Parquet, sealed fields and the search, on data of a reader's own and on foreign data."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.encrypted_pipeline.kit import FOLDER
from lab.experiments.encrypted_pipeline.kit.verify import forms, search
from lab.experiments.encrypted_pipeline.workload import File, cases, flipped

pytest.importorskip("cryptography")

from lab.experiments.encrypted_pipeline.kit.kms import (
    DecryptionError,
    Field,
    FieldCipher,
    Keys,
    Refused,
    encrypt_table,
    material,
    read_table,
    rotate,
)
from lab.experiments.encrypted_pipeline.kit.kms.fields import OVERHEAD
from lab.experiments.encrypted_pipeline.kit.kms.keys import KeyStore

SECRET = "a text that stands nowhere else"


@pytest.fixture
def kms(tmp_path: Path) -> KeyStore:
    """The store itself has the calls of a client."""
    made = KeyStore(tmp_path / "keys", bytes(32))
    for name in ("footer", "pii"):
        made.create(name)
    return made


FOREIGN = {
    "empty": pa.table({"a": pa.array([], pa.string())}),
    "one row of NULL": pa.table({"a": pa.array([None], pa.int8())}),
    "floats": pa.table({"a": [float("nan"), float("inf"), -0.0, 5e-324]}),
    "huge integers": pa.table({"a": pa.array([2**64 - 1, 0], pa.uint64()), "b": [-(2**63), 1]}),
    "odd names": pa.table({"a b": [1], "ä.ö": [2], 'quote"': [3], "": [4], "a;b,c:d": [5]}),
    "nested": pa.table(
        {
            "l": [[1, None], None],
            "s": [{"x": 1, "y": ["z"]}, None],
            "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int8())),
        }
    ),
    "dates": pa.table({"d": [date(1, 1, 1), date(9999, 12, 31)], "t": [datetime(1969, 12, 31, 23), None]}),
    "decimals": pa.table({"a": [Decimal("-1.10"), Decimal("12345678901234567890.05")]}),
    "binary": pa.table({"a": [b"", b"\x00\xff" * 1000]}),
    "many rows": pa.table({"a": np.arange(200_000)}),
    "dictionary": pa.table({"a": pa.array(["x", "y", "x"]).dictionary_encode()}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_table_comes_back_as_it_was(kms: KeyStore, tmp_path: Path, name: str) -> None:
    table, path = FOREIGN[name], tmp_path / "a file (1).parquet"
    encrypt_table(table, path, kms, "pii")
    back = read_table(path, kms)
    assert back.schema == table.schema
    assert str(back.to_pylist()) == str(table.to_pylist())  # NaN equals nothing


@pytest.mark.parametrize(
    "keys", ["pii", Keys("footer", {"c0": "pii"})], ids=["one key", "a key for a column"]
)
def test_many_columns_and_row_groups_are_read_by_several_threads_at_once(
    kms: KeyStore, tmp_path: Path, keys: Keys | str
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({f"c{number}": np.arange(40_000) * number for number in range(8)})
    encrypt_table(table, path, kms, keys, row_group_size=5_000)
    with ThreadPoolExecutor(4) as pool:
        assert all(each.equals(table) for each in pool.map(lambda _: read_table(path, kms), range(12)))


def test_a_column_with_a_key_of_its_own_needs_that_key(kms: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"id": [1, 2], "name": ["Ann", None], "where": [{"street": [SECRET]}, None]})
    encrypt_table(table, path, kms, Keys("footer", {"name": "pii", "where": "pii"}))
    assert read_table(path, kms).equals(table)
    assert read_table(path, kms, columns=["id"]).to_pylist() == [{"id": 1}, {"id": 2}]
    old = kms.latest("pii")
    kms.rotate("pii")
    kms.revoke("pii", old + 1)
    assert read_table(path, kms, columns=["id"]).num_rows == 2
    with pytest.raises(Refused, match="revoked"):
        read_table(path, kms)


def test_nothing_of_the_table_is_readable_names_neither(kms: KeyStore, tmp_path: Path) -> None:
    table = pa.table({"a column's name": [SECRET] * 10})
    options = {"compression": "none", "use_dictionary": False}
    (tmp_path / "plain").mkdir()
    (tmp_path / "secret").mkdir()
    pq.write_table(table, tmp_path / "plain" / "a.parquet", **options)
    encrypt_table(table, tmp_path / "secret" / "a.parquet", kms, "pii", **options)
    needles = {"value": SECRET.encode(), "name": b"a column's name"}
    assert {hit.needle for hit in search([tmp_path / "plain"], needles)} == {"value", "name"}
    assert not list(search([tmp_path / "secret"], needles))


def test_columns_that_are_left_out_are_encrypted_too(kms: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(
        pa.table({"card": ["1"], "note": [SECRET]}),
        path,
        kms,
        Keys("footer", {"card": "pii"}),
        compression="none",
    )
    assert SECRET.encode() not in path.read_bytes()


def test_a_file_that_is_there_is_left_alone(kms: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    before = path.read_bytes(), material(path).read_bytes()
    with pytest.raises(FileExistsError):
        encrypt_table(pa.table({"a": [2]}), path, kms, "pii")
    assert (path.read_bytes(), material(path).read_bytes()) == before


@pytest.mark.parametrize(
    ("keys", "said"),
    [(Keys("footer", {"gone": "pii"}), "no column gone"), (Keys("footer", {"a;b": "pii"}), "whole file")],
)
def test_keys_that_can_t_be_meant_are_refused_before_anything_is_written(
    kms: KeyStore, tmp_path: Path, keys: Keys, said: str
) -> None:
    (tmp_path / "lake").mkdir()
    with pytest.raises(ValueError, match=said):
        encrypt_table(pa.table({"a;b": [1]}), tmp_path / "lake" / "a.parquet", kms, keys)
    assert not list((tmp_path / "lake").iterdir())


def test_a_missing_master_key_leaves_no_half_file(kms: KeyStore, tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    with pytest.raises(Refused, match="no key"):
        encrypt_table(pa.table({"a": [1]}), tmp_path / "lake" / "a.parquet", kms, "gone")
    assert not list((tmp_path / "lake").iterdir())


def test_a_plain_file_is_not_taken_for_an_encrypted_one(kms: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(DecryptionError, match="not encrypted"):
        read_table(path, kms)
    path.write_bytes(b"")
    with pytest.raises(DecryptionError):
        read_table(path, kms)
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.parquet", kms)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no \*\.parquet"):
        read_table(tmp_path / "empty", kms)


def test_rotation_touches_wrapped_keys_alone_and_can_be_repeated(kms: KeyStore, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    tables = {lake / f"{name}.parquet": pa.table({"a": [name]}) for name in "abc"}
    for path, table in tables.items():
        encrypt_table(table, path, kms, Keys("footer", {"a": "pii"}))
    before = {path: path.read_bytes() for path in tables}
    for name in ("footer", "pii"):
        kms.rotate(name)
    assert rotate(lake, kms) == rotate(lake, kms) == 3
    for name in ("footer", "pii"):
        kms.revoke(name, 2)
    assert read_table(lake, kms).column("a").to_pylist() == ["a", "b", "c"]
    assert {path: path.read_bytes() for path in tables} == before
    assert len(list(lake.iterdir())) == 6


def revoked(kms: KeyStore, lake: Path) -> None:
    kms.rotate("pii")
    rotate(lake, kms)
    kms.revoke("pii", kms.latest("pii"))


@pytest.mark.parametrize("name", ["day=1/a.parquet", "a.pq", "A.PARQUET", "a b/ö.parquet"])
def test_a_rotation_leaves_out_no_file_for_its_folder_or_its_name(
    kms: KeyStore, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "lake" / name
    path.parent.mkdir(parents=True)
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    revoked(kms, tmp_path / "lake")
    assert read_table(path, kms).num_rows == 1


def test_a_file_that_is_still_being_written_is_re_wrapped_too(kms: KeyStore, tmp_path: Path) -> None:
    path, begun = tmp_path / "a.parquet", tmp_path / ".a.parquet.new"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    path.rename(begun)  # as it lies there until its writer is done
    revoked(kms, tmp_path)
    begun.rename(path)
    assert read_table(path, kms).num_rows == 1


def test_a_rotation_of_nothing_is_an_error(kms: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no encrypted file"):
        rotate(tmp_path, kms)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_rotation_takes_no_readers_right_to_the_wrapped_keys(
    kms: KeyStore, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    material(path).chmod(mode)
    rotate(path, kms)
    assert material(path).stat().st_mode & 0o777 == mode


def test_a_file_has_a_wrapped_key_for_the_footer_and_each_column_or_one_in_all(
    kms: KeyStore, tmp_path: Path
) -> None:
    table, paths = pa.table({"a": [1], "b": [2]}), [tmp_path / "many.parquet", tmp_path / "one.parquet"]
    for path, keys in zip(paths, (Keys("footer", {"a": "pii"}), "pii"), strict=True):
        encrypt_table(table, path, kms, keys)
    assert [len(json.loads(material(path).read_text())) for path in paths] == [3, 1]


def test_a_writer_that_was_killed_is_named_as_what_bars_the_name(kms: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    path.unlink()
    with pytest.raises(FileExistsError, match=r"_KEY_MATERIAL_FOR_a\.parquet\.json exists.*killed"):
        encrypt_table(pa.table({"a": [1]}), path, kms, "pii")


@pytest.mark.parametrize("keys", ["pii", Keys("footer", {"a": "pii"})], ids=["one key", "by column"])
def test_a_column_that_there_is_not_is_an_error_and_no_narrower_table(
    kms: KeyStore, tmp_path: Path, keys: Keys | str
) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1], "s": [{"x": 1, "y": 2}], "ä.ö": [3]}), path, kms, keys)
    for wrong in (["a", "A"], ["nmae"]):
        with pytest.raises(ValueError, match=f"no column {wrong[-1]}"):
            read_table(path, kms, columns=wrong)
    assert read_table(path, kms, columns=["s.x", "ä.ö"]).to_pylist() == [{"s": {"x": 1}, "ä.ö": 3}]


def test_rotation_stopped_half_way_leaves_every_file_readable(
    kms: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{name}.parquet" for name in "ab"]
    for path in paths:
        encrypt_table(pa.table({"a": [path.name]}), path, kms, "pii")
    kms.rotate("pii")
    whole, calls = kms.rewrap, []

    def once(name: str, wrapped: str) -> str:
        calls.append(name)
        if len(calls) > 1:
            raise Refused("stopped")
        return whole(name, wrapped)

    monkeypatch.setattr(kms, "rewrap", once)
    with pytest.raises(Refused, match="stopped"):
        rotate(tmp_path, kms)
    monkeypatch.setattr(kms, "rewrap", whole)
    assert [read_table(path, kms).column("a")[0].as_py() for path in paths] == ["a.parquet", "b.parquet"]
    rotate(tmp_path, kms)
    kms.revoke("pii", 2)
    assert read_table(tmp_path, kms).num_rows == 2


def test_what_pyarrow_wrote_with_double_wrapping_is_read_and_rotated(kms: KeyStore, tmp_path: Path) -> None:
    import pyarrow.parquet.encryption as pe

    from lab.experiments.encrypted_pipeline.kit.kms.parquet import _factory

    path, table = tmp_path / "theirs.parquet", pa.table({"a": [1, 2]})
    configuration = pe.EncryptionConfiguration(
        footer_key="footer", uniform_encryption=True, internal_key_material=False, double_wrapping=True
    )
    properties = _factory(kms).file_encryption_properties(
        pe.KmsConnectionConfig(),
        configuration,
        parquet_file_path=str(path),
        filesystem=pa.fs.LocalFileSystem(),
    )
    pq.write_table(table, path, encryption_properties=properties)
    kms.rotate("footer")
    rotate(path, kms)
    kms.revoke("footer", 2)
    assert read_table(path, kms).equals(table)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"'])
def test_damaged_key_material_stops_a_rotation_in_words(
    kms: KeyStore, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    material(path).write_bytes(content)
    with pytest.raises(DecryptionError, match="damaged"):
        rotate(path, kms)
    with pytest.raises(DecryptionError):
        read_table(path, kms)
    material(path).unlink()
    with pytest.raises(DecryptionError, match="beside it"):
        rotate(path, kms)


@pytest.mark.parametrize("inner", ["{", "[]", "null", '{"masterKeyID": "pii"}', 1, None])
def test_damage_inside_of_key_material_is_told_in_words_too(
    kms: KeyStore, tmp_path: Path, inner: object
) -> None:
    path = tmp_path / "a.parquet"
    encrypt_table(pa.table({"a": [1]}), path, kms, "pii")
    material(path).write_text(json.dumps({"footerKey": inner}))
    with pytest.raises(DecryptionError, match="damaged"):
        rotate(path, kms)


values = st.binary(max_size=60)
places = st.builds(Field, st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))


@settings(deadline=None, max_examples=60)
@given(value=values, place=places, other=places, at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_field_opens_in_its_place_and_unaltered_only(
    tmp_path_factory: pytest.TempPathFactory, value: bytes, place: Field, other: Field, at: int, bit: int
) -> None:
    kms = KeyStore(tmp_path_factory.mktemp("keys"), bytes(32))
    kms.create("pii")
    cipher = FieldCipher(kms, "pii")
    sealed = cipher.seal(value, place)
    assert sealed is not None
    assert len(sealed) == len(value) + OVERHEAD
    assert FieldCipher(kms, "pii", cipher.wrapped).open(sealed, place) == value
    with pytest.raises(DecryptionError):
        cipher.open(flipped(sealed, at % len(sealed), bit), place)
    if other != place:
        with pytest.raises(DecryptionError):
            cipher.open(sealed, other)


def test_fields_that_join_to_the_same_text_are_told_apart() -> None:
    assert Field("a", "bc", "d").bound() != Field("ab", "c", "d").bound()


def test_equal_values_look_different_and_none_stays_none(kms: KeyStore) -> None:
    cipher, place = FieldCipher(kms, "pii"), Field("t", "c", "1")
    assert cipher.seal(b"same", place) != cipher.seal(b"same", place)
    assert cipher.seal(None, place) is None
    assert cipher.open(None, place) is None
    assert len(cipher.wrapped) == 1


def test_a_data_key_is_renewed_before_its_limit(kms: KeyStore) -> None:
    cipher, place = FieldCipher(kms, "pii", most=2), Field("t", "c", "1")
    sealed = [cipher.seal(b"x", place) for _ in range(5)]
    assert len(cipher.wrapped) == 3
    assert [cipher.open(each, place) for each in sealed] == [b"x"] * 5
    for most in (0, 2**32 + 1):
        with pytest.raises(ValueError, match="2"):
            FieldCipher(kms, "pii", most=most)


def test_threads_that_share_a_cipher_do_not_pass_its_limit(kms: KeyStore) -> None:
    cipher, place = FieldCipher(kms, "pii", most=3), Field("t", "c", "1")
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda _: cipher.seal(b"x", place) or b"", range(900)))
    assert max(Counter(each[1:9] for each in sealed).values()) == 3
    assert all(cipher.open(each, place) == b"x" for each in sealed)


def test_re_wrapped_fields_open_and_old_wrapped_keys_do_not(kms: KeyStore) -> None:
    cipher, place = FieldCipher(kms, "pii"), Field("t", "c", "1")
    sealed, old = cipher.seal(b"x", place), dict(cipher.wrapped)
    kms.rotate("pii")
    new = FieldCipher(kms, "pii", old).rewrap()
    kms.revoke("pii", 2)
    assert FieldCipher(kms, "pii", new).open(sealed, place) == b"x"
    with pytest.raises(DecryptionError, match="revoked"):
        FieldCipher(kms, "pii", old).open(sealed, place)
    with pytest.raises(DecryptionError, match="no wrapped data key"):
        FieldCipher(kms, "pii").open(sealed, place)
    for wrong in (b"", b"\x02" + (sealed or b"")[1:], b"text"):
        with pytest.raises(DecryptionError, match="no sealed value"):
            cipher.open(wrong, place)


@settings(deadline=None)
@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_the_search_finds_a_text_in_each_encoding_wherever_it_stands(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes
) -> None:
    folder, whole = tmp_path_factory.mktemp("files"), before + SECRET.encode() + after
    contents = [whole, whole.hex().encode(), base64.b64encode(whole), base64.urlsafe_b64encode(whole)]
    contents.append(json.dumps({"a": base64.b64encode(whole).decode()}).encode())
    for number, content in enumerate(contents):
        (folder / str(number)).write_bytes(content)
    (folder / "empty").touch()
    found = {hit.path.name for hit in search([folder], {"it": SECRET.encode()})}
    assert found == {str(number) for number in range(len(contents))}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"name": "Zoë Müller-Ångström"}).encode(),
        "Zoë Müller-Ångström".encode("latin-1"),
        "Zoë Müller-Ångström".encode("utf-16-be"),
        json.dumps({"body": base64.urlsafe_b64encode("Zoë Müller-Ångström".encode()).decode()}).encode(),
    ],
    ids=["JSON with escapes", "Latin-1", "UTF-16 of the other order", "base64 for URLs"],
)
def test_a_text_that_is_not_of_plain_letters_is_found_as_programs_write_it(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "log").write_bytes(content)
    assert list(search([tmp_path], {"it": "Zoë Müller-Ångström".encode()}))


def verified(*arguments: str) -> int:
    return subprocess.run([sys.executable, FOLDER / "verify.py", *arguments], capture_output=True).returncode


def test_a_key_in_the_base64_of_urls_is_searched_as_what_it_is(tmp_path: Path) -> None:
    key = bytes(range(251, 256)) * 5  # all of it in letters that the two alphabets do not share
    (tmp_path / "dump").write_bytes(b"..." + key)
    texts = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode().rstrip("=")
    assert [verified(str(tmp_path), f"--key={text}") for text in texts] == [1, 1]


@pytest.mark.parametrize("wrong", [["--text=Ann"], ["--text=äöüß"], ["--key=no key!"], []])
def test_a_search_that_can_t_be_made_does_not_end_as_one_that_found_or_found_not(
    tmp_path: Path, wrong: list[str]
) -> None:
    assert verified(str(tmp_path), *wrong) == 2
    assert verified(str(tmp_path / "gone"), "--text=a long text") == 2


def test_a_short_needle_and_a_missing_folder_are_errors_not_absences(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        forms(b"short")
    with pytest.raises(FileNotFoundError):
        list(search([tmp_path / "gone"], {"it": SECRET.encode()}))


def test_every_change_differs_from_the_file_it_is_made_of() -> None:
    def made(fill: bytes) -> File:
        body = b"PARE" + fill * 100
        return File(
            body + fill.upper() * 40 + (40).to_bytes(4, "little") + b"PARE", fill * 30, ((10, 40), (40, 70))
        )

    own, other = made(b"a"), made(b"b")
    found = list(cases(own, other, 50, np.random.default_rng(1)))
    unchanged = [case.kind for case in found if (case.data, case.material) == (own.data, own.material)]
    # Both chunks hold the same letter, so exchanging them changes nothing; every other case must differ.
    assert set(unchanged) == {"column chunks swapped"}
