"""Promises, the repository's checks and the hook, on contracts and pushes of a reader's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.experiments.contract_gate import EXAMPLE, load, weakened
from lab.experiments.contract_gate.kit.contract_gate.promises import next_major
from lab.experiments.contract_gate.kit.contract_gate.repository import judge
from lab.experiments.contract_gate.mechanism import environment, hook
from lab.services.datacontract import schemas
from lab.services.git import Clone, Repository, bare


def document(*properties: dict[str, Any], version: str = "1.0.0", **more: Any) -> str:
    head = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "mine",
        "version": version,
        "status": "active",
    }
    return json.dumps(head | {"schema": [{"name": "t", "properties": list(properties)}]} | more)


def contract(folder: Path, name: str, *properties: dict[str, Any], **more: Any) -> Any:
    path = folder / f"{name}.odcs.yaml"
    path.write_text(document(*properties, **more))
    return load(path)


def _set(*values: str) -> dict[str, Any]:
    return {"quality": [{"metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}]}


def _options(**options: Any) -> dict[str, Any]:
    return {"logicalTypeOptions": options}


C = {"name": "c", "logicalType": "number"}
# What was promised of a column, what is now, and whether less is promised.
CHANGES: list[tuple[dict[str, Any] | None, dict[str, Any] | None, bool]] = [
    ({}, {}, False),
    ({}, None, True),
    (None, {}, False),
    ({"required": True}, {}, True),
    ({}, {"required": True}, False),
    ({"primaryKey": True}, {"required": True}, True),
    ({"logicalType": "number"}, {"logicalType": "integer"}, False),
    ({"logicalType": "integer"}, {"logicalType": "number"}, True),
    ({"physicalType": "numeric(9,2)"}, {"physicalType": "numeric(12,2)"}, True),
    (_options(minimum=0), _options(minimum=1), False),
    (_options(minimum=0), _options(minimum=-1), True),
    (_options(maximum=9), _options(maximum=9, minimum=1), False),
    (_options(maximum=9), _options(exclusiveMaximum=10), True),
    (_set("a", "b"), _set("a"), False),
    (_set("a"), _set("a", "b"), True),
    ({"description": "old"}, {"description": "new"}, False),
]


@pytest.mark.parametrize(("old", "new", "less"), CHANGES)
def test_a_contract_that_promises_less_is_told_from_one_that_does_not(
    tmp_path: Path, old: dict[str, Any] | None, new: dict[str, Any] | None, less: bool
) -> None:
    other = {"name": "other"}
    before, after = (
        contract(tmp_path, name, other, *([] if one is None else [C | one]))
        for name, one in (("a", old), ("b", new))
    )
    assert bool(weakened(before, after)) == less


def test_a_longer_time_is_less_fresh(tmp_path: Path) -> None:
    day, two = (
        contract(
            tmp_path,
            str(n),
            C,
            slaProperties=[{"property": "freshness", "element": "t.c", "value": n, "unit": "d"}],
        )
        for n in (1, 2)
    )
    assert weakened(day, two) and not weakened(two, day)


@given(st.sets(st.sampled_from("abcd"), min_size=1), st.sets(st.sampled_from("abcd"), min_size=1))
def test_a_set_promises_less_unless_it_is_within_the_old_one(
    tmp_path_factory: pytest.TempPathFactory, old: set[str], new: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("sets")
    before, after = (contract(folder, name, C | _set(*sorted(one))) for name, one in (("a", old), ("b", new)))
    assert bool(weakened(before, after)) == (not new <= old)


@pytest.mark.parametrize(
    ("old", "new", "major"),
    [
        ("1.9.0", "2.0.0", True),
        ("1.0.0", "1.9.9", False),
        ("v1", "v2", True),
        ("9.0", "10.0", True),
        ("2026-01", "next", False),
    ],
)
def test_only_a_major_version_may_promise_less(tmp_path: Path, old: str, new: str, major: bool) -> None:
    before, after = (contract(tmp_path, str(n), C, version=version) for n, version in enumerate((old, new)))
    assert next_major(before, after) == major


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


# What is wrong in a repository, and what is said of it.
WRONG: list[tuple[dict[str, str], str]] = [
    ({"samples/mine/t.csv": "c\nabc\n"}, "t.c: type"),
    ({"samples/mine/t.csv": "d\n1\n"}, "t.c: presence"),
    ({"samples/mine/now.txt": "some day"}, "samples/mine: "),
    (
        {"models/a/sources.yml": "sources: [{name: mine, tables: [{name: u}]}]"},
        "models/a/sources.yml: u is read",
    ),
    ({"models/s.yml": "sources: [{name: mine, tables: [{name: t, columns: [{name: x}]}]}]"}, "t.x is read"),
    (
        {"models/s.yml": "sources: [{name: mine, tables: [{name: a, identifier: t, columns: [{name: x}]}]}]"},
        "t.x is read",
    ),
    ({"models/s.yml": "a: ["}, "no YAML"),
    ({"contracts/mine.odcs.yaml": "a: b"}, "apiVersion"),
]


@pytest.mark.parametrize(("files", "words"), WRONG)
def test_what_may_not_be_merged_is_named(tmp_path: Path, files: dict[str, str], words: str) -> None:
    good = {
        "contracts/mine.odcs.yaml": document(C),
        "samples/mine/t.csv": "c\n1.5\n",
        "samples/mine/now.txt": "2026-01-01",
    }
    good["models/s.yml"] = (
        "sources: [{name: mine, tables: [{name: t, columns: [{name: c}]}]}, {name: other}]\nmodels:\n"
    )
    assert judge(tree(tmp_path / "good", good), schemas=schemas()).refused == ()
    found = judge(tree(tmp_path / "bad", good | files), schemas=schemas()).refused
    assert len(found) == 1 and words in found[0]


def test_a_contract_may_not_simply_go(tmp_path: Path) -> None:
    old = tree(tmp_path / "old", {"contracts/mine.odcs.yaml": document(C)})
    new = tree(tmp_path / "new", {"README.md": "nothing"})
    assert judge(new, old, schemas()).refused == ("contracts/mine.odcs.yaml: it was removed",)
    broken = tree(tmp_path / "broken", {"contracts/mine.odcs.yaml": "a: ["})
    assert judge(old, broken, schemas()).refused == ()  # what could not be used may be mended


def test_the_example_holds() -> None:
    found = judge(EXAMPLE, schemas=schemas())
    assert found.refused == () and found.contracts == 1 and found.rules > 50


@pytest.fixture
def server(tmp_path: Path) -> Repository:
    made = bare(tmp_path / "server.git")
    made.hook(hook(), environment())
    return made


@pytest.fixture
def clone(server: Repository, tmp_path: Path) -> Clone:
    return server.clone(tmp_path / "clone")


def test_the_hook_judges_new_moved_forced_and_deleted_branches(server: Repository, clone: Clone) -> None:
    first = clone.commit({"contracts/mine.odcs.yaml": document(C | {"required": True})}, "First")
    assert clone.push().accepted
    clone.commit({"contracts/mine.odcs.yaml": document(C)}, "Less")
    assert clone.push("HEAD:refs/heads/topic").accepted
    refused = clone.push("HEAD:refs/heads/main", "HEAD:refs/heads/other")
    assert not refused.accepted and server.tip() == first and server.tip("other") is None
    assert any("t.c: required is no longer promised" in line for line in refused.lines)
    clone.git("checkout", "--quiet", "--orphan", "fresh")
    clone.commit({"contracts/mine.odcs.yaml": document(C)}, "Another history")
    assert not clone.push("HEAD:refs/heads/main", force=True).accepted
    assert not clone.push(":refs/heads/main").accepted and server.tip() == first
    assert clone.push(":refs/heads/topic").accepted
    assert clone.push("HEAD:refs/tags/main").accepted  # a tag is no branch


def test_only_the_last_commit_of_a_push_counts(server: Repository, clone: Clone) -> None:
    clone.commit({"contracts/mine.odcs.yaml": "a: ["}, "Broken")
    mended = clone.commit({"contracts/mine.odcs.yaml": document(C)}, "Mended")
    assert clone.push().accepted and server.tip() == mended


def test_a_link_out_of_the_repository_is_not_followed(server: Repository, clone: Clone) -> None:
    (clone.folder / "contracts").mkdir()
    (clone.folder / "contracts" / "mine.odcs.yaml").symlink_to("/etc/passwd")
    clone.commit({"README.md": "x"}, "A link")
    pushed = clone.push()
    assert not pushed.accepted and any("holds no keys" in line for line in pushed.lines)


def test_a_commit_can_not_hide_files_from_the_hook(server: Repository, clone: Clone) -> None:
    bad = {"contracts/mine.odcs.yaml": document(C), "samples/mine/t.csv": "c\nabc\n"}
    clone.commit(bad | {".gitattributes": "samples/** export-ignore\n"}, "Left out of archives")
    pushed = clone.push()
    assert not pushed.accepted and any("t.c: type" in line for line in pushed.lines)
