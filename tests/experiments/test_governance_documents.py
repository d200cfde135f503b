"""Playbook, checklist, templates and catalogue: what they cover, and what is told of those that are wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.experiments.governance import KIT, Catalogue, CatalogueError, coverage, read
from lab.experiments.governance.kit.governance.catalogue import flaws_of, load
from lab.experiments.governance.kit.governance.documents import shares_a_word
from lab.experiments.governance.measure import documents
from lab.experiments.governance.measure.bench import catalogue
from lab.experiments.governance.mechanism import CHECKS, checklist, parse, sections
from lab.experiments.governance.workload.company import Books, access, company, dataset

# Of the numbers and their scope as they were committed before the playbook was written. A change of them is a new
# experiment; a title may be corrected.
FROZEN = "22d13dc1c36f9b1f67edd216ed599b5caad75362aca006c38140c08ca2af7c40"
FRAMEWORKS = [
    {
        "framework": "X 1",
        "in_scope": {"1": "Right to erasure", "2": "Data security"},
        "out_of_scope": {"too far": {"9": "Moon"}},
    }
]


def playbook(covers: str, text: str = "Erasure is done.") -> str:
    return f"# P\n\n## 1. End\n\n*Who:* a. *When:* b.\n\n1. {text}\n\n*Evidence:* c\n*Covers:* {covers}\n\nMore.\n"


def test_the_frameworks_are_those_that_were_frozen() -> None:
    known = yaml.safe_load((KIT / "frameworks.yml").read_text())
    numbers = [
        [
            one["framework"],
            [str(number) for number in one["in_scope"]],
            [[reason, [str(number) for number in items]] for reason, items in one["out_of_scope"].items()],
        ]
        for one in known
    ]
    assert hashlib.sha256(json.dumps(numbers).encode()).hexdigest() == FROZEN
    assert all(one["checked"] for one in known)


def test_the_kits_playbook_covers_all_and_lacks_nothing() -> None:
    text = documents.playbook()
    assert [row for row in coverage(text, KIT / "frameworks.yml") if row["problem"]] == []
    assert documents.gaps(text) == []
    assert [part.number for part in sections(text)] == list(range(1, 16))


def test_every_file_that_the_readme_and_the_playbook_name_is_there() -> None:
    named = (
        "PLAYBOOK.md",
        "templates/dataset.yml",
        "templates/access.yml",
        "templates/pull_request.md",
        "audit_checklist.md",
    )
    text = (KIT / "README.md").read_text() + documents.playbook()
    assert all((KIT / name).is_file() and name in text for name in named)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (playbook("X 1 1, 2", "Erasure of data, securely."), {}),
        (playbook("X 1 1", "Erasure."), {"2": "no section names it"}),
        (
            playbook("X 1 1, 2", "Nothing."),
            {"1": "section 1 has no word of its title", "2": "section 1 has no word of its title"},
        ),
        (playbook("X 1 1, 2, 7", "Erasure of data."), {"7": "no framework has it"}),
        (playbook("X 1 1, 2; Y 3", "Erasure of data."), {"3": "no framework has it"}),
        (playbook("X 1 1, 2, 9", "Erasure of data."), {"9": "claimed, and out of scope"}),
        ("", {"1": "no section names it", "2": "no section names it"}),
    ],
)
def test_what_a_playbook_does_not_cover_is_named(text: str, problems: dict[str, str]) -> None:
    assert {row["id"]: row["problem"] for row in coverage(text, FRAMEWORKS) if row["problem"]} == problems


def test_general_words_cover_nothing_where_a_title_has_others() -> None:
    assert not shares_a_word("Protection of personal data breach", "personal data")
    assert shares_a_word("Data security", "security")


def test_a_section_without_its_parts_and_a_question_without_an_answer_are_named() -> None:
    (part,) = sections("## 1. A\n\n*Who:* a\n\nno steps\n")
    assert list(part.lacking) == ["When", "Evidence", "steps"]
    text = "| 1 | Is it? | check `nothing` | 1 |\n| 2 | Is it? | person | 9 |\n| 3 | Is it? | field `owner` | 1 |\n"
    assert [row["problem"] for row in checklist(text, CHECKS, "## 1. A\n\nx\n")] == [
        "there is no check `nothing`",
        "there is no section 9",
        "",
    ]


def test_the_companys_catalogue_has_no_flaw() -> None:
    assert catalogue(company(12, 1).books).flaws == ()


def _item(**changes: Any) -> dict[str, Any]:
    own = company(12, 1)
    item = dataset("shop.customers", own.tables["shop.customers"])
    return {**item, **changes}


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (_item(**{"class": "secret"}), "'secret' is not one of"),
        (_item(**{"class": "internal"}), "column email is confidential, the dataset only internal"),
        (_item(retention={"days": 0, "column": "x"}), "retention"),
        (_item(retention={"keep": "why"}), "retention"),
        (_item(dataset="customers"), "does not match"),
        (_item(columns={}), "columns"),
        (_item(access="all"), "is not of type 'array'"),
        (_item(columns={"email": {"label": "email", "class": "internal"}}), "is at least confidential"),
        ({"dataset": 5}, "is a required property"),
        ("text", "is not of type 'object'"),
        (None, "is not of type 'object'"),
        ([], "is not of type 'object'"),
    ],
)
def test_a_wrong_file_is_a_flaw_and_never_a_crash(item: Any, said: str) -> None:
    flaws = parse(access(), [item]).flaws
    assert any(said in flaw.detail for flaw in flaws), flaws


@pytest.mark.parametrize(
    "wrong", [None, [], {"people": 5}, {"people": {"a": None}, "privileged": {"a": 3}, "groups": [1]}]
)
def test_a_wrong_access_file_is_a_flaw_and_approves_nothing(wrong: Any) -> None:
    made = parse(wrong, [])
    assert made.flaws and not made.windows and not any(made.privileged.values())


def test_a_day_that_does_not_exist_and_a_window_without_a_zone_approve_nothing() -> None:
    books = Books(access(), {})
    books.access["groups"]["analysts"]["anna"] = "2999-02-30"
    books.access["break_glass"] = [
        {
            "role": "lab",
            "from": "2026-01-01T00:00:00",
            "to": "2999-01-01T00:00:00",
            "ticket": "1",
            "approved_by": "omar",
        }
    ]
    made = catalogue(books)
    assert made.groups["analysts"]["anna"].year == 1 and made.windows == () and made.flaws


def test_two_files_of_one_dataset_are_told() -> None:
    assert "two files describe this dataset" in [
        flaw.detail for flaw in parse(access(), [_item(), _item()]).flaws
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is not YAML"),
        ("a: 1\na: 2", "a comes twice"),
        ("\x00", "is not YAML"),
        ("&a [*a]", ""),
        ("- !!python/object:os.x {}", "is not YAML"),
    ],
)
def test_a_file_that_is_no_yaml_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "access.yml"
    path.write_text(text)
    if said:
        with pytest.raises(CatalogueError, match=said):
            read(tmp_path)
    else:
        assert isinstance(read(tmp_path), Catalogue)


def test_dates_and_words_of_yaml_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("until: 2027-03-31\nrole: no\n2024: x\ndays: 30\n")
    assert load(path) == {"until": "2027-03-31", "role": "no", "2024": "x", "days": 30}


def test_a_folder_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no access\.yml.*Copy templates"):
        read(tmp_path)


def test_the_templates_keep_to_their_schemas_and_yaml_writes_what_it_read() -> None:
    for kind in ("dataset", "access"):
        item = load(KIT / "templates" / f"{kind}.yml")
        assert flaws_of(item, kind) == [] and yaml.safe_load(yaml.safe_dump(item)) == item
