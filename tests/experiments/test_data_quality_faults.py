"""The generator of anomalies: each kind changes what it says, as much as it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.experiments.data_quality import inject
from lab.experiments.data_quality.workload.faults import KINDS


def table(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "name": rng.choice(["anna", "bert", "cleo"], rows),
            "city": rng.choice(["Bonn", "Lyon", "Łódź"], rows),
            "age": rng.integers(1, 90, rows),
            "height": rng.normal(170, 9, rows),
        }
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
def test_a_fault_touches_its_columns_and_rows_only(kind: str, share: float) -> None:
    before = table()
    for seed in range(5):
        made = inject(before, kind, share, np.random.default_rng(seed))
        assert made.rows == max(1, round(share * len(before)))
        assert not made.batch.equals(before)
        assert list(made.batch.columns) == list(before.columns)
        if len(made.batch) == len(before):
            untouched = [name for name in before if name not in made.columns]
            assert made.batch[untouched].equals(before[untouched])
            assert (made.batch[list(made.columns)] != before[list(made.columns)]).any(
                axis=1
            ).sum() <= made.rows
    pd.testing.assert_frame_equal(before, table())


def test_rows_are_lost_or_doubled_as_many_as_were_asked_for() -> None:
    rng = np.random.default_rng(1)
    assert len(inject(table(), "missing rows", 0.1, rng).batch) == 180
    assert len(inject(table(), "duplicates", 0.1, rng).batch) == 220


def test_a_broken_dependency_leaves_each_column_as_it_was_on_its_own() -> None:
    before = table()
    made = inject(before, "broken dependency", 0.5, np.random.default_rng(2))
    (column,) = made.columns
    assert sorted(made.batch[column]) == sorted(before[column])


@pytest.mark.parametrize("kind", ["typos", "broken encoding", "swapped columns"])
def test_a_batch_in_which_nothing_can_be_changed_is_refused_in_words(kind: str) -> None:
    with pytest.raises(ValueError, match="changed nothing"):
        inject(pd.DataFrame({"n": [1, 2, 3]}), kind, 0.5, np.random.default_rng(0))


def test_the_same_seed_makes_the_same_fault() -> None:
    first, second = (inject(table(), "typos", 0.2, np.random.default_rng(7)).batch for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
