"""The judgement of encrypted_pipeline, on histories of which the outcome is known."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.encrypted_pipeline import CRITERIA
from lab.experiments.encrypted_pipeline.criteria import PLAINTEXT
from lab.experiments.encrypted_pipeline.judge import metrics
from lab.experiments.encrypted_pipeline.judge import observations as judge
from lab.experiments.encrypted_pipeline.judge.metrics import downtime, slowdown
from lab.experiments.encrypted_pipeline.measure.attacks import REPLACED, SEEN
from lab.experiments.encrypted_pipeline.measure.rates import COPY, LIMIT, PLAIN, SECURE
from lab.experiments.encrypted_pipeline.measure.rotation import Rotation
from lab.experiments.encrypted_pipeline.measure.search import EXPECTED, in_text
from lab.experiments.encrypted_pipeline.measure.seen import Seen
from lab.experiments.encrypted_pipeline.oracle import differing, digest
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.present import model as at_scale
from lab.experiments.encrypted_pipeline.present.figures import _attacks
from lab.experiments.encrypted_pipeline.workload import ENCRYPTED, EVERY, needle, orders


def found(*places: tuple[str, str]) -> pd.DataFrame:
    rows = [(arm, place, "file", "as it is") for arm, place in places]
    return pd.DataFrame(rows, columns=["needle", "place", "file", "form"])


def everywhere() -> list[tuple[str, str]]:
    return [(PLAINTEXT, place) for place in EXPECTED]


def test_a_text_of_another_arm_is_no_leak_of_this_one() -> None:
    seen = Seen(needle_of=ENCRYPTED.name, found=found(*everywhere()), searched=(1, 1))
    assert judge.needle_nowhere(seen).value == 0
    leaking = Seen(needle_of=ENCRYPTED.name, found=found((ENCRYPTED.name, "Kafka")), searched=(1, 1))
    assert (judge.needle_nowhere(leaking).value, judge.needle_nowhere(leaking).detail) == (1, "Kafka")


def test_a_search_that_misses_one_place_of_the_plaintext_arm_does_not_work() -> None:
    assert judge.search_works(found(*everywhere())).value == 0
    missed = judge.search_works(found(*everywhere()[1:]))
    assert (missed.value, missed.detail) == (1, EXPECTED[0])


def test_that_no_key_was_searched_shows_nothing() -> None:
    assert not judge.keys_nowhere(found(), 0).conclusive
    assert judge.keys_nowhere(found(), 5).value == 0
    assert judge.keys_nowhere(found(("root key", "logs and other files")), 5).value == 1


def attempts(*rows: tuple[str, str], drawn: bool = True) -> pd.DataFrame:
    return pd.DataFrame([(*row, "", drawn) for row in rows], columns=[*SEEN, "drawn"])


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([(judge.RIGHT, "identical"), ("a revoked key", "refused")], 0),
        ([(judge.RIGHT, "identical"), ("a revoked key", "identical")], 1),
        ([(judge.RIGHT, "identical"), ("a revoked key", "crashed")], 1),
        ([(judge.RIGHT, "refused"), ("a revoked key", "refused")], 1),
    ],
)
def test_the_right_key_opens_and_no_other_does(rows: Sequence[tuple[str, str]], value: int) -> None:
    assert judge.right_key_only(attempts(*rows)).value == value


def test_refusals_alone_show_nothing_if_the_right_key_was_not_tried() -> None:
    assert not judge.right_key_only(attempts(("a revoked key", "refused"))).conclusive


def every_kind(outcome: str = "refused") -> list[tuple[str, str]]:
    return [(kind, outcome) for kind in judge.KINDS]


@pytest.mark.parametrize(
    ("more", "value"), [("refused", 0), ("identical", 0), ("different", 1), ("crashed", 1)]
)
def test_altered_files_are_refused_or_identical(more: str, value: int) -> None:
    assert judge.tampering_refused(attempts(*every_kind(), (judge.KINDS[0], more))).value == value


def test_a_replaced_file_is_listed_and_not_counted() -> None:
    assert judge.tampering_refused(attempts(*every_kind(), (REPLACED, "different"))).value == 0


def test_a_replaced_file_is_told_apart_in_the_title_and_what_was_not_tried_beside_the_chart() -> None:
    columns = ["kind", "outcome", "attempts"]
    ours = [("bit in body", "refused", 5), ("bit in wrapped keys", "refused", 5), (REPLACED, "different", 1)]
    made, plain = (
        Result(Params(), {}, tables={"tampered": pd.DataFrame(rows, columns=columns)})
        for rows in (ours, [("bit in body", "different", 4)])
    )
    drawn = _attacks(made, plain)
    assert drawn.title == "Altered files give other rows: 0 encrypted (replaced whole: 1), 4 plain"
    assert f"Not tried on plain Parquet: bit in wrapped keys, {REPLACED}." in drawn.alt


def test_a_kind_of_change_that_was_not_tried_is_named() -> None:
    seen = judge.tampering_refused(attempts(*every_kind()[1:]))
    assert not seen.conclusive
    assert judge.KINDS[0] in seen.detail


def test_the_bound_counts_bits_drawn_at_random_alone() -> None:
    chosen, drawn = attempts(*every_kind(), drawn=False), attempts(*[(judge.KINDS[1], "refused")] * 30)
    assert "0 of 30, ≤ 0.095 " in judge.tampering_refused(pd.concat([chosen, drawn])).detail
    assert not judge.tampering_refused(chosen).conclusive


def test_an_arm_of_ones_own_has_its_search_tried_too_and_the_plaintext_control_has_not() -> None:
    both = found(*everywhere(), ("mine", "Kafka"))
    assert judge.observe(Seen(needle_of="mine", found=both))["search_works"].value == 0
    assert "search_works" not in judge.observe(Seen(needle_of=PLAINTEXT, found=both))


def rotation(failed: Sequence[int] = (), during: int = 20, **other: object) -> Rotation:
    rows = [
        (0.1 + place / 100, 5.0, place in failed, "Refused: revoked" if place in failed else "")
        for place in range(during)
    ]
    rows += [(5.0 + place, 5.0, False, "") for place in range(5)]
    reads = pd.DataFrame(rows, columns=["start_s", "ms", "failed", "why"])
    steps = pd.DataFrame([("re-wrap", 0.1, 0.5)], columns=["step", "start_s", "end_s"])
    return Rotation(reads, steps, 4, **({"tried": 5} | other))  # type: ignore[arg-type]


def of(seen: dict[str, Observation]) -> dict[str, float]:
    return {name: each.value for name, each in seen.items()}


def test_a_rotation_without_a_failed_read_passes() -> None:
    assert of(judge.rotation(rotation())) == {
        "rotation_no_failed_read": 0,
        "readers_were_there": 0,
        "rotation_loses_nothing": 0,
        "old_key_useless": 0,
    }


def test_each_failed_read_counts_with_its_reason() -> None:
    seen = judge.rotation(rotation(failed=(1, 2)))["rotation_no_failed_read"]
    assert seen.value == 2
    assert "Refused: revoked" in seen.detail


def test_the_downtime_is_the_longest_time_without_a_good_read() -> None:
    reads = pd.DataFrame(
        [(0.0, 100.0, False), (0.2, 100.0, True), (0.4, 100.0, True), (0.9, 100.0, False)],
        columns=["start_s", "ms", "failed"],
    )
    assert downtime(reads) == pytest.approx(0.9)
    assert downtime(reads.assign(failed=True)) == pytest.approx(1.0)
    assert downtime(reads.assign(failed=False)) == pytest.approx(0.5)


def test_readers_that_were_not_there_show_nothing() -> None:
    assert judge.rotation(rotation(during=3))["readers_were_there"].value == judge.LEAST_READS - 3


def test_lost_files_and_old_keys_that_open_count() -> None:
    seen = of(judge.rotation(rotation(lost=["a.parquet"], opened=["a field", "b.parquet"])))
    assert (seen["rotation_loses_nothing"], seen["old_key_useless"]) == (1, 2)


def test_the_control_does_not_speak_of_what_it_did_not_try() -> None:
    assert set(judge.rotation(rotation(tried=0))) == {"rotation_no_failed_read", "readers_were_there"}


def test_one_byte_to_an_impostor_counts() -> None:
    rows = [
        ("Kafka", "another authority's certificate", 1, 0, "refused"),
        ("PostgreSQL", "for another host", 1, 8, ""),
    ]
    columns = ["server", "shows", "visits", "heard", "why"]
    seen = judge.impostor_refused(pd.DataFrame(rows, columns=columns))
    assert (seen.value, "PostgreSQL" in seen.detail) == (1, True)
    away = judge.impostor_refused(pd.DataFrame(rows[:1], columns=columns).assign(visits=0))
    assert (away.conclusive, "Kafka" in away.detail) == (False, True)


def rotations(largest: float) -> pd.DataFrame:
    times = [(10, 100, 1.0), (20, 100, 2.0), (40, 100, largest), (10, 1000, 99.0)]
    return pd.DataFrame(
        [(*row, 1, 1) for row in times], columns=["files", "rows", "seconds", "bytes", "round"]
    )


@pytest.mark.parametrize(("largest", "error"), [(4.0, 0.0), (8.0, 0.5), (2.0, 1.0)])
def test_the_largest_lake_is_predicted_from_the_smaller_ones_alone(largest: float, error: float) -> None:
    assert judge.rotation_predicted(rotations(largest)).value == pytest.approx(error)


def test_time_lost_is_compared_within_a_round_and_only_where_both_arms_are() -> None:
    rows = [
        (COPY, PLAIN, 1, 1.0),
        (COPY, SECURE, 1, 2.0),
        (COPY, PLAIN, 2, 10.0),
        (COPY, SECURE, 2, 15.0),
        (LIMIT, SECURE, 1, 1.0),
    ]
    table = pd.DataFrame(rows, columns=["hop", "arm", "round", "seconds"])
    assert list(slowdown(table, COPY)) == [2.0, 1.5]
    assert slowdown(table, LIMIT).empty


def test_the_oracle_counts_what_is_missing_doubled_and_made_up() -> None:
    one, two, three = ({"a": number} for number in (1, 2, 3))
    assert differing([one, two], [two, one]) == 0
    assert differing([one, two], [one, one, three]) == 3
    assert digest([one, two]) != digest([two, one])
    assert digest([{"a": "1"}]) != digest([{"a": 1}])


def test_a_key_in_a_text_is_seen_in_every_form() -> None:
    key = bytes(range(100, 132))
    assert in_text(f"the key is {key.hex()}", {"k": key}) == ["k"]
    assert in_text("nothing here", {"k": key}) == []


def test_orders_hold_the_text_often_and_differ_by_where_they_begin() -> None:
    text = needle()
    made = orders(3 * EVERY, text, 1)
    assert sum(text in note for note in made.column("note").to_pylist()) == 3
    assert made.equals(orders(3 * EVERY, text, 1))
    assert not set(made.column("card").to_pylist()) & set(
        orders(10, text, 1, 3 * EVERY).column("card").to_pylist()
    )
    assert needle() != text


def test_every_criterion_is_observed_by_somebody() -> None:
    named = {
        *judge.rotation(rotation()),
        *(
            "needle_nowhere",
            "search_works",
            "keys_nowhere",
            "rows_arrive",
            "right_key_only",
            "tampering_refused",
        ),
        *("impostor_refused", "rotation_predicted"),
    }
    assert named == {item.name for item in CRITERIA}


def test_re_wrapping_under_readers_is_told_beside_the_line_of_re_wrapping_alone() -> None:
    """A hundred times as long for each file under readers: by the line alone an hour would hold far more files."""
    rows = [(files, 1_000, 6, 1, number, files / 1e3) for files in (10, 30, 90) for number in range(2)]
    rows += [(10, 10_000, 6, 1, number, 0.01) for number in range(2)]
    table = pd.DataFrame(rows, columns=["files", "rows", "keys", "bytes", "round", "seconds"])
    own = [*metrics._rotation(rotation()), *metrics._rotations(table), Metric("seal_encrypted", 5.0, "MB/s")]
    told = at_scale.model(Result(Params(), {}, own, {"rotations": table}), {})
    assert own[2].name == "rewrap_file_read" and own[2].value == pytest.approx(100)  # 0.4 s for 4 files
    first = told.projection.iloc[0]
    assert (first[at_scale._TIME], first[at_scale._READ]) == ("0.09", "9")
    assert told.grade(at_scale._READ, 1) == "extrapolated"
    assert told.changes_at.startswith("36,000 files")
    assert (
        "100.0 ms a file under readers" in told.advice[-1].basis and "1.0 ms alone" in told.advice[-1].basis
    )
    assert "wait" in told.advice[-1].basis


def test_the_lake_that_was_checked_is_told_as_measured_and_the_law_beyond_it_knows_it() -> None:
    rows = [(files, 1_000, 6, 1, 0, seconds) for files, seconds in ((10, 0.01), (30, 0.03), (90, 0.12))]
    table = pd.DataFrame(
        [*rows, (10, 10_000, 6, 1, 0, 0.01)], columns=["files", "rows", "keys", "bytes", "round", "seconds"]
    )
    own = [*metrics._rotation(rotation()), *metrics._rotations(table), Metric("seal_encrypted", 5.0, "MB/s")]
    told = at_scale.model(Result(Params(), {}, own, {"rotations": table}), {})
    assert judge.predicted(table) == (pytest.approx(0.09), 0.12)
    assert told.projection[at_scale._TIME][0] == "0.12"
    assert (
        0.9 < judge.law(table).at(900) == pytest.approx(float(told.projection[at_scale._TIME][1]), rel=0.01)
    )
