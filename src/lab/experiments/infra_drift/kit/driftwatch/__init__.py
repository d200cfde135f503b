"""Watch what OpenTofu manages for changes by other hands: detect, decide, restore or open a ticket.

plan: what drifted. inventory: what nobody manages. policy: what to do about it. tickets, restore: doing it.
"""

from .inventory import of_environment
from .plan import Drift, LockedError, Look, TofuError, detect, look
from .policy import Decision, PolicyError, checked, decide
from .restore import restore

__all__ = [
    "Decision",
    "Drift",
    "LockedError",
    "Look",
    "PolicyError",
    "TofuError",
    "checked",
    "decide",
    "detect",
    "look",
    "of_environment",
    "restore",
]
