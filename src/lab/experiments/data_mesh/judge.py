"""From what was seen to observations, metrics and tables: pure, so that it can be tested without a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import Line, line
from lab.evidence.result import Metric, Result
from lab.experiments.data_mesh.measure.seen import Asked, Attempt, Checked, Merge, Seen
from lab.experiments.data_mesh.params import Params
from lab.experiments.data_mesh.workload.domains import DATASET

STATED = ("names and types", "values")  # groups of changes that an expectation can tell of
JUDGED = (*STATED, "benign")
SHOWN = 3  # examples of what is wrong


def result(params: Params, seen: Seen, arm: str, versions: Mapping[str, str]) -> Result:
    """Everything that follows, judged on one arm. The census's table has all arms that were run."""
    rows, timed = table(seen.checked), pd.DataFrame([asdict(one) for one in seen.timed])
    own = rows[rows["arm"] == arm]
    changed = own[own["change"] != ""]
    observed = {
        "unchanged_right": unchanged_right(own[own["change"] == ""]),
        "breaks_found": breaks_found(changed),
        "compatible_blocked": compatible_blocked(changed),
        "different_answers": different_answers(changed),
    }
    tables = {"census": rows}
    if seen.merges:
        observed["merges_right"] = merges_right(seen.merges, changed)
        observed["roles_apart"] = roles_apart(seen.attempts)
        observed["decisions_right"] = answers_right(seen.asked, removal=False)
        observed["removal_right"] = answers_right(seen.asked, removal=True)
        observed["time_predicted"] = time_predicted(timed)
        tables |= {
            "merges": _merges(seen.merges),
            "history": pd.DataFrame([asdict(one) for one in seen.asked]),
        }
        tables |= {"timed": timed, "attempts": pd.DataFrame([asdict(one) for one in seen.attempts])}
    metrics = [metric for name in rows["arm"].unique() for metric in counts(rows, str(name))]
    return Result(params, observed, [*metrics, *_times(seen, timed)], tables, versions)


def table(checked: Iterable[Checked]) -> pd.DataFrame:
    """A row for each change, consumer and arm. broken: the consumer's own result is not right; noticed: the arm says so."""
    rows = [_row(one, arm) for one in checked for arm in one.breaks]
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    *("change", "group", "kind", "column", "consumer", "arm"),
    *("broken", "differing", "error", "noticed", "fields", "said", "ms"),
]


def _row(one: Checked, arm: str) -> tuple[object, ...]:
    change, breaks = one.change, one.breaks[arm]
    what = (change.name, change.group, change.kind, change.column) if change else ("", "", "", "")
    said = "; ".join(f"{each.where}: {each.message}" for each in breaks)
    fields = ", ".join(each.field for each in breaks if each.field)
    return (
        *(*what, one.consumer, arm, not one.result.right, one.result.differing, one.result.error),
        *(bool(breaks), fields, said, one.seconds * 1000),
    )


def missed(rows: pd.DataFrame) -> pd.DataFrame:
    """Of one arm: what breaks a consumer without a word."""
    return rows[rows["broken"] & ~rows["noticed"]]


def blocked(rows: pd.DataFrame) -> pd.DataFrame:
    """Of one arm: what harms a consumer in nothing, and is held against the change."""
    return rows[~rows["broken"] & rows["noticed"]]


def unchanged_right(rows: pd.DataFrame) -> Observation:
    """Consumers whose result is not right without a change, or who have something against it."""
    wrong = rows[rows["broken"] | rows["noticed"]]
    said = wrong["consumer"] + ": " + wrong["said"].where(wrong["noticed"], wrong["error"])
    return _listed(list(said), len(rows), "consumers")


def breaks_found(rows: pd.DataFrame) -> Observation:
    """Breaks by changes of names, types or values that the arm misses."""
    stated = rows[rows["group"].isin(STATED)]
    return _listed(_named(missed(stated)), int(stated["broken"].sum()), "breaks")


def compatible_blocked(rows: pd.DataFrame) -> Observation:
    return _listed(_named(blocked(rows)), int((~rows["broken"]).sum()), "harmless cases")


def different_answers(rows: pd.DataFrame) -> Observation:
    """Changes that one consumer has something against and another has not."""
    answers = rows.groupby("change", sort=False)["noticed"].nunique()
    names = [str(name) for name, count in answers.items() if count > 1]
    return _listed(names, len(answers), "changes")


def merges_right(merges: Sequence[Merge], rows: pd.DataFrame) -> Observation:
    """Pushes that ended otherwise than consumers' results say. Not judged: changes of meaning, which nobody has stated."""
    judged = [merge for merge in merges if merge.change is None or merge.change.group in JUDGED]
    wrong = [said for merge in judged if (said := _wrong(merge, rows))]
    return _listed(wrong, len(judged), "pushes")


def _wrong(merge: Merge, rows: pd.DataFrame) -> str:
    if merge.change is None:
        said = any("not verified" in line for line in merge.lines)
        return "" if said and not merge.accepted else "a commit that was not verified"
    own = rows[(rows["change"] == merge.change.name) & rows["broken"]]
    if merge.accepted != own.empty:
        return f"{merge.change.name}: {'taken' if merge.accepted else 'refused'}"
    where = f"{DATASET}.{merge.change.column}" if merge.change.column else DATASET
    unnamed = [
        consumer
        for consumer in own["consumer"]
        if not any(consumer in line and where in line for line in merge.lines)
    ]
    return f"{merge.change.name}: no word of {unnamed[0]} and {where}" if unnamed else ""


def roles_apart(attempts: Sequence[Attempt]) -> Observation:
    through = [f"{one.domain}: {one.what}" for one in attempts if not one.refused]
    return _listed(through, len(attempts), "attempts")


def answers_right(asked: Sequence[Asked], removal: bool) -> Observation:
    """Answers of the history that are not the oracle's."""
    own = [one for one in asked if (one.action == "remove?") == removal]
    wrong = [f"week {one.week}: {one.participant} {one.version}" for one in own if one.allowed != one.due]
    return _listed(wrong, len(own), "answers")


def time_predicted(timed: pd.DataFrame) -> Observation:
    expected, measured = predicted(timed)
    detail = f"{expected:.3f} s predicted, {measured:.3f} s measured for {middle(timed)} consumers"
    return Observation(abs(expected / measured - 1), detail)


def medians(timed: pd.DataFrame) -> pd.Series:
    """Median seconds by number of consumers, ascending."""
    return timed.groupby("consumers")["seconds"].median().sort_index()


def middle(timed: pd.DataFrame) -> int:
    """The number of consumers that is predicted."""
    sizes = sorted(set(timed["consumers"]))
    return int(sizes[len(sizes) // 2])


def fitted(timed: pd.DataFrame) -> Line:
    """Seconds by consumers, from all numbers but the one that is predicted."""
    used = medians(timed).drop(middle(timed))
    return line(list(used.index), list(used), relative=True).rising()


def predicted(timed: pd.DataFrame) -> tuple[float, float]:
    """(predicted, measured) seconds."""
    return fitted(timed).at(middle(timed)), float(medians(timed)[middle(timed)])


def slug(*words: str) -> str:
    """A metric's name."""
    return "_".join(words).replace("'", "").replace(" ", "_").lower()


def counts(rows: pd.DataFrame, arm: str) -> list[Metric]:
    """Of one arm: breaks that it finds, of all and of those that can be stated, and compatible changes that it blocks."""
    own = rows[(rows["arm"] == arm) & (rows["change"] != "")]
    stated = own[own["group"].isin(STATED)]
    return [
        *(
            Metric(
                slug("found", what, arm),
                float((part["broken"] & part["noticed"]).sum()),
                "breaks",
                f"{arm}: breaks found, of {int(part['broken'].sum())} {text}",
                better="higher",
            )
            for what, part, text in (("all", own, "in all"), ("stated", stated, "of names, types and values"))
        ),
        Metric(
            slug("blocked", arm),
            float(len(blocked(own))),
            "cases",
            f"{arm}: harmless cases (a change, for one consumer) blocked, of {int((~own['broken']).sum())}",
            better="lower",
        ),
    ]


def _times(seen: Seen, timed: pd.DataFrame) -> list[Metric]:
    if not seen.merges:
        return []
    law = fitted(timed)
    verified = [one.seconds * 1000 for one in seen.checked if one.change]
    built = [one.build_s for one in seen.merges if one.change]
    return [
        _median("verify_ms", verified, "ms", "one expectation verified on the census's table"),
        _median(
            "push_s", [one.seconds for one in seen.merges], "s", "a push, with the hook that asks the broker"
        ),
        _median("build_s", built, "s", "dbt builds and tests the publisher's project, warm"),
        Metric("time_fixed_s", law.fixed, "s", "a, needs listed and the decision"),
        Metric("time_each_s", law.each, "s", "b, one consumer's needs verified and recorded", better="lower"),
        *(
            Metric(
                f"verify_s_at_{count}",
                float(own["seconds"].median()),
                "s",
                f"for {count} consumers",
                raw=list(own["seconds"]),
            )
            for count, own in timed.groupby("consumers")
        ),
    ]


def _median(name: str, values: Sequence[float], unit: str, text: str) -> Metric:
    return Metric(name, float(np.median(values)), unit, f"{text}, median", raw=list(values), better="lower")


def _merges(merges: Sequence[Merge]) -> pd.DataFrame:
    rows = [
        (one.change.name if one.change else "", one.commit, one.accepted, "\n".join(one.lines), one.seconds)
        for one in merges
    ]
    return pd.DataFrame(rows, columns=["change", "commit", "accepted", "said", "seconds"])


def _named(rows: pd.DataFrame) -> list[str]:
    return [f"{row.change} ({row.consumer})" for row in rows.itertuples()]


def _listed(wrong: Sequence[object], of: int, what: str) -> Observation:
    shown = "; ".join(map(str, wrong[:SHOWN]))
    return Observation(len(wrong), f"{shown} (of {of} {what})" if shown else f"of {of} {what}")
