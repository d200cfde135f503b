"""What keeping objects costs under which policy, the least that it could cost, and rules for the store."""

from .billing import bill, charge, stays
from .model import COMPONENTS, EXPIRED, Bill, History, Move, Policy, Stay
from .optimum import offline_optimum
from .policies import (
    SMALLEST,
    age_rules,
    all_hot,
    automatic_tiering,
    break_even,
    break_even_days,
    idle_rule,
    learn,
)
from .prices import PriceError, Prices, StorageClass, load
from .trace import Object, Trace, TraceError, trace
from .trace import load as load_trace

__all__ = [
    "COMPONENTS",
    "EXPIRED",
    "SMALLEST",
    "Bill",
    "History",
    "Move",
    "Object",
    "Policy",
    "PriceError",
    "Prices",
    "Stay",
    "StorageClass",
    "Trace",
    "TraceError",
    "age_rules",
    "all_hot",
    "automatic_tiering",
    "bill",
    "break_even",
    "break_even_days",
    "charge",
    "idle_rule",
    "learn",
    "load",
    "load_trace",
    "offline_optimum",
    "stays",
    "trace",
]
