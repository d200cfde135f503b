"""All budgets, for two cores, in the order of the table. What tests hold too, they hold by these numbers."""

from __future__ import annotations

from bench.budget import Budget

DEFAULT = Budget("default run of an experiment, the longest", 60, "s")
DEFAULT_HEAVY = Budget("default run with Spark, Prometheus or OpenTofu", 90, "s")
DEFAULT_AIRFLOW = Budget("default run of airflow_failures", 150, "s")
DEFAULT_FIRST = Budget("default run of the six that are older than the budgets", None, "s")
SMALL = Budget("small run of an experiment, the longest", 20, "s")
SMALL_HEAVY = Budget("small run with Spark, Prometheus or OpenTofu", 40, "s")
SMALL_AIRFLOW = Budget("small run of airflow_failures", 90, "s")
BOOK = Budget("whole book, warm", 40, "min")
OWN_TESTS = Budget("tests of one experiment, its small run apart", 60, "s")
MAKE_TEST = Budget("make test, set-up apart", 40, "min")
CI = Budget(".ci/run", 70, "min")
UNCHANGED = Budget("lab book with nothing changed", 20, "s")
PAGE_LENGTH = Budget("page of an experiment at 1280 px, the longest", 12_000, "px")
PAGE_WEIGHT = Budget("page of an experiment, the heaviest", 1_500_000, "bytes")
LANDING_LENGTH = Budget("landing page at 1280 px", 3_500, "px")
LANDING_WEIGHT = Budget("landing page", 600_000, "bytes")
# Six of them leave a page under its own limit.
FIGURE = Budget("figure of a small run, the largest", 200_000, "bytes")
SITE = Budget("the site on the disk", None, "MB")
SETUP = Budget("set-up, the times of all needs added", None, "s")
OVERHEAD = Budget("a notebook's run beside its mechanism", 6, "s")
RATE = Budget("load generator: rate held within 1 %", 100_000, "messages/s", least=True)
RATE_RATIO = Budget("load generator: that rate by ProducerPerformance's", 0.5, "times", least=True)

ALL = (
    *(DEFAULT, DEFAULT_HEAVY, DEFAULT_AIRFLOW, DEFAULT_FIRST),
    *(SMALL, SMALL_HEAVY, SMALL_AIRFLOW),
    *(BOOK, OWN_TESTS, MAKE_TEST, CI, UNCHANGED),
    *(PAGE_LENGTH, PAGE_WEIGHT, LANDING_LENGTH, LANDING_WEIGHT, FIGURE, SITE),
    *(SETUP, OVERHEAD, RATE, RATE_RATIO),
)
