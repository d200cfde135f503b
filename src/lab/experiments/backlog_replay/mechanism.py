"""What is under test; a reader takes it home as the kit: policies, the throttled replay, and the sink that it needs."""

from __future__ import annotations

from pathlib import Path

from lab.experiments.backlog_replay.kit.backlog.policies import (
    POLICIES,
    Policy,
    State,
    aimd,
    fixed,
    ramp,
    unthrottled,
)
from lab.experiments.backlog_replay.kit.backlog.replay import Replay, replay

SINK = Path(__file__).with_name("kit") / "sink.sql"

__all__ = ["POLICIES", "SINK", "Policy", "Replay", "State", "aimd", "fixed", "ramp", "replay", "unthrottled"]
