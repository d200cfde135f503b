"""What readers take home meets data of their own: the right answer, or a refusal in words."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.experiments.storage_cost import KIT, all_hot, bill, load, load_trace, offline_optimum, trace
from lab.experiments.storage_cost.kit.storagecost import lifecycle
from lab.experiments.storage_cost.kit.storagecost.__main__ import main
from lab.experiments.storage_cost.kit.storagecost.lifecycle import Listed, Rule, RuleError
from lab.experiments.storage_cost.mechanism import PriceError, TraceError

PRICES = load()


def objects(**changed: object) -> pd.DataFrame:
    return pd.DataFrame({"object": ["a", "b"], "size_bytes": [10, 20], "created": [0, 1], **changed})


def reads(**changed: object) -> pd.DataFrame:
    return pd.DataFrame({"object": ["a", "b"], "day": [2, 3], **changed})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size_bytes": [10, None]}, "size_bytes of row 2"),
        ({"size_bytes": [10, -1]}, "size_bytes of row 2 is -1"),
        ({"size_bytes": [10, np.inf]}, "size_bytes of row 2"),
        ({"size_bytes": [10.5, 1]}, "whole number"),
        ({"size_bytes": ["10", "20"]}, "size_bytes of row 1 is '10'"),
        ({"size_bytes": [True, 1]}, "size_bytes of row 1"),
        ({"object": ["a", "a"]}, "'a' is there twice"),
        ({"object": ["a", None]}, "row 2 names no object"),
        ({"object": ["1", 1]}, "partly text"),
        ({"created": [0, -1]}, "count from 0"),
        ({"created": ["yesterday", "2024-01-01"]}, "created of row 1 is 'yesterday'"),
        ({"created": [0, 3.5]}, "created of row 2"),
        ({"created": ["2024-01-01", "1997"]}, "created of row 2 is '1997'"),
        ({"created": [0, 4]}, "outside of its life"),
        ({"ended": [3, None]}, "for every object or for none"),
        ({"ended": [0, 9]}, "lives from day 0 to 0"),
    ],
)
def test_objects_that_cannot_be_billed_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(TraceError, match=said):
        trace(objects(**changed), reads())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"object": ["a", "c"]}, "'c' is no object"),
        ({"object": ["a", np.nan]}, "row 2 names no object"),
        ({"day": [2, None]}, "day of row 2"),
        ({"times": [1, 0]}, "times of row 2 is 0"),
        ({"times": [1, np.nan]}, "times of row 2"),
        ({"day": ["2024-01-01", "2024-01-02"]}, "use one kind"),
    ],
)
def test_reads_that_cannot_be_counted_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(TraceError, match=said):
        trace(objects(), reads(**changed))


def test_missing_columns_empty_tables_and_shares_are_told_by_name() -> None:
    with pytest.raises(TraceError, match="lacks the column 'size_bytes'"):
        trace(objects().drop(columns="size_bytes"), reads())
    with pytest.raises(TraceError, match="no object"):
        trace(objects().head(0), reads().head(0))
    with pytest.raises(TraceError, match="egress"):
        trace(objects(), reads(), egress=2)
    assert trace(objects(), reads().head(0)).reads == 0


@pytest.mark.parametrize("kind", ["int8", "uint8", "int64", "uint64", "float32", "Int64"])
def test_small_unsigned_and_nullable_integers_are_whole_numbers(kind: str) -> None:
    found = trace(
        objects(size_bytes=pd.Series([10, 20], dtype=kind)), reads(day=pd.Series([2, 3], dtype=kind))
    )
    assert [item.size for item in found.objects] == [10, 20] and found.days == 4


def test_times_with_zones_count_by_utc_and_reads_on_one_day_add_up() -> None:
    found = trace(
        objects(created=["1969-12-31T23:30:00-01:00", "1970-01-01"]),
        pd.DataFrame(
            {
                "object": ["a", "a", "a"],
                "day": ["1970-01-01T00:30:00Z", "1970-01-01T23:00:00+00:00", "1970-01-03"],
            }
        ),
    )
    assert [item.created for item in found.objects] == [0, 0]
    assert found.objects[0].reads == ((0, 2), (2, 1)) and found.days == 3


def test_odd_names_and_unsorted_reads_lose_nothing() -> None:
    names = ["ä b/c.d", "'; DROP", "", "007"]
    frame = pd.DataFrame({"object": names, "size_bytes": 200_000, "created": 0})
    found = trace(frame, pd.DataFrame({"object": names * 2, "day": [5, 4, 3, 2, 1, 1, 1, 1]}))
    assert [item.name for item in found.objects] == names
    assert found.reads == 8 and all(item.reads[0][0] == 1 for item in found.objects)


def test_an_empty_and_a_huge_object_are_billed() -> None:
    found = trace(objects(size_bytes=[0, 5 * 1024**4]), reads(), days=30)
    assert bill(found, all_hot, PRICES).of("storage") == pytest.approx(5 * 1024 * 0.023 * 29 / 30)
    assert offline_optimum(found, PRICES).total <= bill(found, all_hot, PRICES).total


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("gb_month = 0.0125", "gb_month = -1", "gb_month is -1"),
        ("gb_month = 0.0125", 'gb_month = "0.0125"', "gb_month is '0.0125'"),
        ("gb_month = 0.0125", "gb_month = nan", "gb_month is nan"),
        ("gb_month = 0.0125\n", "", "lacks 'gb_month'"),
        ("retrieval_gb = 0.01\nmin", "retreival_gb = 0.01\nmin", "unknown figure 'retreival_gb'"),
        ('name = "STANDARD_IA"', 'name = "STANDARD"', "each name once"),
        ("restore = true", "restore = 1", "restore is 1"),
        ("egress_gb = 0.09", "", "egress_gb"),
        ("bytes_per_gb = 1073741824", "bytes_per_gb = 0", "bytes_per_gb is 0"),
        ("[[classes]]", "[[classes", "not a TOML file"),
    ],
)
def test_a_price_table_that_is_off_is_refused_by_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (KIT / "storagecost" / "prices.toml").read_text()
    assert old in text
    own = tmp_path / "prices.toml"
    own.write_text(text.replace(old, new, 1))
    with pytest.raises(PriceError, match=said):
        load(own)


def test_an_own_price_table_decides() -> None:
    assert load(KIT / "storagecost" / "prices.toml") == PRICES
    assert PRICES.changed({"hot": 2}).hot.gb_month == 2 * PRICES.hot.gb_month
    assert PRICES.changed({"hot": 2}).of("GLACIER") == PRICES.of("GLACIER")


@pytest.mark.parametrize(
    "rule",
    [
        Rule("a/"),
        Rule("a/", ((29, "STANDARD_IA"),)),
        Rule("a/", ((90, "GLACIER_IR"), (30, "STANDARD_IA"))),
        Rule("a/", ((30, "GLACIER"), (60, "STANDARD_IA"))),
        Rule("a/", ((30, "STANDARD"),)),
        Rule("a/", ((30, "GLACIER_IR"),), expire=30),
    ],
)
def test_rules_that_s3_would_refuse_are_refused_here(rule: Rule) -> None:
    with pytest.raises(RuleError):
        lifecycle.as_json([rule], PRICES)


def test_rules_are_written_as_s3_takes_them() -> None:
    rules = [Rule("a&b/", ((30, "STANDARD_IA"), (90, "GLACIER_IR")), 400), Rule("", expire=date(2024, 1, 2))]
    first, second = lifecycle.as_json(rules, PRICES)["Rules"]  # type: ignore[misc]
    assert first["Transitions"][1] == {"Days": 90, "StorageClass": "GLACIER_IR"}
    assert first["Expiration"] == {"Days": 400} and second["Expiration"] == {"Date": "2024-01-02T00:00:00Z"}
    moment = Rule("", expire=datetime(2024, 1, 2, 10, 30, tzinfo=UTC))
    assert b"<Date>2024-01-02T00:00:00Z</Date>" in lifecycle.as_xml([moment], PRICES)
    assert lifecycle.as_json([moment], PRICES)["Rules"][0]["Expiration"] == second["Expiration"]  # type: ignore[index]
    assert b"<Prefix>a&amp;b/</Prefix>" in lifecycle.as_xml(rules, PRICES)


@pytest.mark.parametrize(
    ("size", "now_in", "day", "wanted"),
    [
        (200_000, "STANDARD", 30, None),
        (200_000, "STANDARD", 31, "STANDARD_IA"),
        (200_000, "STANDARD_IA", 31, None),
        (200_000, "STANDARD", 100, "GLACIER_IR"),
        (1_000, "STANDARD", 100, None),
    ],
)
def test_what_is_due_follows_age_class_and_size(size: int, now_in: str, day: int, wanted: str | None) -> None:
    made = datetime(2024, 1, 1, 23, 59, tzinfo=UTC)
    rule = Rule("", ((31, "STANDARD_IA"), (90, "GLACIER_IR")))
    today = datetime.fromordinal(made.toordinal() + day).replace(tzinfo=UTC)
    assert lifecycle.due(Listed("k", size, made, now_in), rule, today) == wanted


def test_the_kit_works_from_an_empty_folder_by_its_readme(tmp_path: Path) -> None:
    shutil.copytree(KIT, tmp_path / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "storagecost", "example/objects.csv", "example/reads.csv"]
    command += ["--age", "30=GLACIER_IR", "--rules", "rules.json"]
    assert " ".join(command[1:5]) in (tmp_path / "kit" / "README.md").read_text()
    done = subprocess.run(
        command, cwd=tmp_path / "kit", capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[0] for line in done.stdout.splitlines()[1:]] == [
        "all hot", "rules of age", "break-even", "automatic tiering", "offline optimum",
    ]  # fmt: skip
    assert (
        json.loads((tmp_path / "kit" / "rules.json").read_text())["Rules"][0]["Transitions"][0]["Days"] == 30
    )
    (tmp_path / "kit" / "bad.csv").write_bytes(b"\xff\xfe")
    bad = subprocess.run(
        [*command[:3], "bad.csv", "example/reads.csv"],
        cwd=tmp_path / "kit",
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": ""},
    )
    assert bad.returncode == 2 and "UTF-8" in bad.stderr and "Traceback" not in bad.stderr


def test_names_in_files_stay_text(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("\ufeffobject,size_bytes,created\n007,5,2024-02-28\n7,6,2024-03-01\n")
    (tmp_path / "r.csv").write_text("object,day\n007,2024-02-29\n")
    found = load_trace(tmp_path / "o.csv", tmp_path / "r.csv")
    assert [item.name for item in found.objects] == ["007", "7"] and found.objects[0].reads == ((1, 1),)


def test_a_name_that_begins_like_a_formula_is_none_in_the_spreadsheet() -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="not installed; lab setup storage_cost")
    from lab.experiments.storage_cost.kit.storagecost.spreadsheet import spreadsheet

    odd = replace(PRICES, classes=(replace(PRICES.hot, name="=1+1"),), tiering=(), source="=1+1")
    found = spreadsheet({"=1+1": bill(trace(objects(), reads()), all_hot, odd)}, odd)
    book = openpyxl.load_workbook(io.BytesIO(found))
    assert not [cell for row in book["Prices"].iter_rows() for cell in row if cell.data_type == "f"]
    texts = [book["Summary"]["A2"], book["Bill"]["A2"], book["Bill"]["B2"]]
    assert [(cell.data_type, cell.value) for cell in texts] == [("s", "=1+1")] * 3


def test_a_spreadsheet_recalculates_at_other_prices() -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="not installed; lab setup storage_cost")
    from lab.experiments.storage_cost.kit.storagecost import age_rules
    from lab.experiments.storage_cost.kit.storagecost.spreadsheet import spreadsheet
    from lab.experiments.storage_cost.measure.sheet import recalculated

    found = trace(objects(size_bytes=[1 << 30, 1 << 31]), reads(), days=120)
    rule = age_rules((30, "GLACIER_IR"))
    content = spreadsheet(
        {"all hot": bill(found, all_hot, PRICES), "=rule": bill(found, rule, PRICES)}, PRICES
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book["Prices"].iter_rows():
        if row[0].value == "STANDARD":
            row[1].value *= 2
    changed = io.BytesIO()
    book.save(changed)
    values = recalculated(changed.getvalue())
    dearer = PRICES.changed({"hot": 2})
    assert values["SUMMARY!B2"] == pytest.approx(bill(found, all_hot, dearer).total)
    assert values["SUMMARY!B3"] == pytest.approx(bill(found, rule, dearer).total)


def test_prices_at_which_all_is_free_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    free = (
        "".join(f'{name} = "x"\n' for name in ("source", "date")) + "bytes_per_gb = 1\ndays_in_month = 30\n"
    )
    free += 'egress_gb = 0\n[[classes]]\nname = "A"\ngb_month = 0\nput = 0\nget = 0\nwait_s = 0\n'
    (tmp_path / "free.toml").write_text(free)
    example = KIT / "example"
    given = [
        str(example / "objects.csv"),
        str(example / "reads.csv"),
        "--prices",
        str(tmp_path / "free.toml"),
    ]
    assert main(given) == 2
    assert "costs nothing" in capsys.readouterr().err
