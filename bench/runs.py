"""How long runs took, by the class of the experiment: the longest of each. Read from records, or as they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bench import limits
from bench.budget import Budget, Found
from lab import declared, paths
from lab.evidence import baseline, record
from lab.report import catalogue
from lab.runner.place import published

HEAVY = {"spark", "prometheus", "tofu"}  # needs of which a start takes long
# Older than the budgets, which are for those that came later: their default runs took 41 to 138 s at that time.
FIRST = {
    *("kafka_lag", "cdc_lakehouse", "parquet_compaction"),
    *("warehouse_bench", "sql_windows", "private_aggregates"),
}
DEFAULT = {"light": limits.DEFAULT, "heavy": limits.DEFAULT_HEAVY, "airflow": limits.DEFAULT_AIRFLOW}
SMALL = {"light": limits.SMALL, "heavy": limits.SMALL_HEAVY, "airflow": limits.SMALL_AIRFLOW}


def default() -> dict[Budget, Found]:
    """Of the published records; of the baseline where an experiment has none here."""
    seconds, here = {}, 0
    for slug in catalogue.slugs():
        path = published(slug).record
        here += path.exists()
        if found := record.read(path) if path.exists() else baseline.kept(slug):
            seconds[slug] = found["duration_s"]
    origin = f"{here} records of this build, {len(seconds) - here} of the baseline"
    first = longest(limits.DEFAULT_FIRST, {slug: seconds[slug] for slug in FIRST & seconds.keys()}, origin)
    later = {slug: value for slug, value in seconds.items() if slug not in FIRST}
    return {limits.DEFAULT_FIRST: first, **by_class(DEFAULT, later, origin)}


def small() -> dict[Budget, Found]:
    """Of the small runs that `make test` left."""
    seconds = {slug: record.read(path)["duration_s"] for slug, path in latest("json").items()}
    return by_class(SMALL, seconds, "records of make test's small runs, two at a time")


def latest(ending: str) -> dict[str, Path]:
    """Of each experiment the file SLUG.`ending` of the last of those small runs."""
    left = (paths.build() / "small" / "exploratory").glob(f"*/*/*.{ending}")
    return {path.stem: path for path in sorted(left, key=lambda path: path.stat().st_mtime)}


def by_class(budgets: Mapping[str, Budget], seconds: Mapping[str, float], origin: str) -> dict[Budget, Found]:
    """For each class of experiments the longest of `seconds`, which are by slug."""
    return {
        budget: longest(budget, {slug: seconds[slug] for slug in seconds if kind(slug) == name}, origin)
        for name, budget in budgets.items()
    }


def kind(slug: str) -> str:
    """The class whose budget an experiment has: airflow, heavy or light."""
    needs = declared.needs(slug)
    return "airflow" if "airflow" in needs else "heavy" if HEAVY & set(needs) else "light"


def longest(budget: Budget, values: Mapping[str, float], origin: str) -> Found:
    """The largest of `values` by slug; the origin names whose it is, or all that are beyond the budget."""
    if not values:
        return Found(None, f"nothing there: {origin}")
    ranked = sorted(values, key=lambda slug: -values[slug])
    over = [slug for slug in ranked if not budget.holds(values[slug])]
    named = ", ".join(f"{slug} {values[slug]:,.0f}" for slug in over or ranked[:1])
    told = f"{len(over)} of {len(values)} beyond it: {named}" if over else f"{named}, of {len(values)}"
    return Found(values[ranked[0]], f"{told}; {origin}")
