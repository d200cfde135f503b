"""Watch what OpenTofu manages for changes by other hands: detect, decide, restore or open a ticket.

plan, shown: what drifted. inventory: what nobody manages. policy: what to do about it. tickets, restore: doing it.
"""

from .inventory import of_environment
from .plan import LockedError, Look, PartialError, TofuError, detect, look
from .policy import Decision, PolicyError, checked, decide
from .restore import restore
from .shown import Drift

__all__ = [
    "Decision",
    "Drift",
    "LockedError",
    "Look",
    "PartialError",
    "PolicyError",
    "TofuError",
    "checked",
    "decide",
    "detect",
    "look",
    "of_environment",
    "restore",
]
