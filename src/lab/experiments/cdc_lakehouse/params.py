"""What can be set."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from lab.evidence.params import Parameters

# What is killed: the driver in a batch; the driver when its commit is done and it has not heard of it; Connect at work.
Fault = Literal["spark_batch", "spark_commit", "connect"]
# Shares of the load's time: until the driver is warm; until the first fault may come; when each fault does, at the earliest.
WARM, CALM = 0.05, 0.42
KILLED_AT: dict[Fault, float] = {"spark_batch": 0.425, "spark_commit": 0.425, "connect": 0.59}


class Params(Parameters):
    """Parameters of cdc_lakehouse."""

    operations: int = Field(
        20_000, ge=500, le=1_000_000, description="row changes that the workload makes at the source"
    )
    seconds: float = Field(66.0, ge=10, le=3600, description="s of load, on a schedule fixed beforehand")
    accounts: int = Field(300, ge=50, le=100_000, description="accounts at the beginning")
    writers: int = Field(2, ge=1, le=16, description="connections that write at the same time")
    note_bytes: int = Field(
        3_000, ge=2_500, le=100_000, description="bytes of a note, stored out of line (TOAST)"
    )
    reloads: int = Field(
        5, ge=1, le=1_000, description="TRUNCATEs, each with a reload in the same transaction"
    )
    intervals: tuple[float, ...] = Field(
        (3.0, 5.0), min_length=2, max_length=4, description="commit intervals, s, in turn"
    )
    partitions: int = Field(3, ge=2, le=64, description="partitions of the topic of changes")
    faults: tuple[Fault, ...] = Field(
        ("spark_batch", "connect"), description="what is killed while load is on, one after the other"
    )
    merge_mode: Literal["merge-on-read", "copy-on-write"] = Field(
        "merge-on-read", description="how Iceberg writes changed rows"
    )
    table_rows: tuple[int, ...] = Field(
        (10_000, 100_000, 500_000, 1_000_000),
        min_length=3,
        max_length=6,
        description="rows of the tables that the same batch goes into; the last one's time is predicted from the others'",
    )
    replay_batches: int = Field(
        4, ge=3, le=100, description="batches in which a control replays the same events"
    )
    seed: int = Field(1, ge=0, description="seed of the workload")

    @field_validator("writers")
    @classmethod
    def _with_accounts_enough(cls, value: int, info: ValidationInfo) -> int:
        accounts = info.data.get("accounts")
        if accounts and accounts < 20 * value:
            raise ValueError(f"each needs 20 accounts of its own, and accounts = {accounts}")
        return value

    @field_validator("intervals")
    @classmethod
    def _usable(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if any(not 0.5 <= one <= 600 for one in value) or list(value) != sorted(set(value)):
            raise ValueError("each must be between 0.5 and 600, in ascending order")
        seconds, least = info.data.get("seconds"), math.ceil(3 * sum(value) / (CALM - WARM))
        if seconds and seconds < least:
            raise ValueError(f"three commits at each before the first fault take seconds = {least}")
        return value

    @field_validator("table_rows")
    @classmethod
    def _rising(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if value[0] < 1_000 or value[-1] > 100_000_000 or list(value) != sorted(set(value)):
            raise ValueError("each must be between 1,000 and 100,000,000, in ascending order")
        return value

    @field_validator("faults")
    @classmethod
    def _each_once(cls, value: tuple[Fault, ...]) -> tuple[Fault, ...]:
        if len(value) != len(set(value)):
            raise ValueError("each may be named once")
        return value
