"""What k releases of epsilon_0 each cost together, by three accounts; each is an upper bound.

Adding up needs no delta. The others are for a small delta: advanced composition (Dwork, Rothblum and
Vadhan, FOCS 2010) and zero-concentrated DP (Bun and Steinke, TCC 2016: epsilon-DP is epsilon^2/2-zCDP).
"""

from __future__ import annotations

import math


def added_up(releases: float, each: float) -> float:
    """Basic composition: k epsilon_0."""
    return releases * each


def advanced(releases: float, each: float, delta: float) -> float:
    """sqrt(2 k ln(1/delta)) epsilon_0 + k epsilon_0 (exp(epsilon_0) - 1)."""
    return math.sqrt(2 * releases * math.log(1 / delta)) * each + releases * each * math.expm1(each)


def concentrated(releases: float, each: float, delta: float) -> float:
    """rho + 2 sqrt(rho ln(1/delta)) with rho = k epsilon_0^2 / 2."""
    rho = releases * each**2 / 2
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))


def crossing(each: float, delta: float) -> int:
    """Fewest releases for which the concentrated account is cheaper than adding up; each < 2."""
    if not 0 < each < 2:
        raise ValueError(f"the accounts cross only for 0 < epsilon_0 < 2, not {each}")
    return math.floor(2 * math.log(1 / delta) / (1 - each / 2) ** 2) + 1


def affordable(budget: float, each: float, delta: float) -> int:
    """Releases of `each` that the concentrated account admits within (budget, delta)."""
    log = math.log(1 / delta)
    rho = (math.sqrt(log + budget) - math.sqrt(log)) ** 2
    return math.floor(2 * rho / each**2 * (1 + 1e-12))
