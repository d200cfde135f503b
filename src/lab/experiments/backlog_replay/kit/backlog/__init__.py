"""Replay of a backlog that protects its sink: policies, and a throttled consumer."""

from .policies import POLICIES, State, aimd, fixed, ramp, unthrottled
from .replay import Replay, replay

__all__ = ["POLICIES", "Replay", "State", "aimd", "fixed", "ramp", "replay", "unthrottled"]
