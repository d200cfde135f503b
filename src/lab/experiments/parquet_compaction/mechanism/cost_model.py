"""The cost model: what a query takes, from the number of files that it opens and the bytes that it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from scipy import optimize
else:
    from lab.lazy import module

    optimize = module("scipy.optimize")

# Of DuckDB's httpfs: two connections' handshakes, HEAD, GET of the footer, GET of columns.
ROUND_TRIPS_PER_FILE = 5
# Log: handshake, LIST, GET. First file, for its schema: handshake, HEAD, GET.
ROUND_TRIPS_PER_QUERY = 6


def cost(
    files: int,
    bytes: float,
    rtt_s: float,
    bandwidth: float,
    in_flight: int = 8,
    trips_per_file: float = ROUND_TRIPS_PER_FILE,
    trips_per_query: float = ROUND_TRIPS_PER_QUERY,
) -> float:
    """Seconds that a cold query takes: T = fixed + files x t_open + bytes / bandwidth.

    rtt_s: one round trip, s; bandwidth: bytes/s; in_flight: files that are opened at once. Before any
    measurement t_open is `trips_per_file` round trips shared by `in_flight` files, at least one file's worth.
    """
    amounts = (files, bytes, rtt_s, trips_per_file, trips_per_query)
    if not (all(amount >= 0 for amount in amounts) and bandwidth > 0 and in_flight >= 1):
        raise ValueError("amounts and trips must not be negative, bandwidth and in_flight must be positive")
    waves = max(files / in_flight, 1.0) if files else 0.0
    return rtt_s * (trips_per_query + trips_per_file * waves) + bytes / bandwidth


@dataclass(frozen=True)
class Model:
    """T = fixed_s + files x open_s + bytes x s_per_byte, fitted. r2: share of the variance that it explains."""

    fixed_s: float
    open_s: float
    s_per_byte: float
    r2: float

    @property
    def bandwidth(self) -> float:
        """Bytes/s at which data are moved and decoded; infinite where a fit finds bytes free."""
        return 1 / self.s_per_byte if self.s_per_byte else math.inf

    def file_bytes(self, share: float) -> float:
        """The size of file of which opening takes at most `share` of the time; infinite if bytes seem to be free."""
        return (1 / share - 1) * self.open_s * self.bandwidth if self.open_s else 0.0

    def predict(self, files: ArrayLike, bytes: ArrayLike) -> NDArray[np.float64]:
        """Seconds for each (files, bytes)."""
        return self.fixed_s + self.open_s * np.asarray(files) + self.s_per_byte * np.asarray(bytes)


def fit(files: ArrayLike, bytes: ArrayLike, seconds: ArrayLike) -> Model:
    """Non-negative least squares of relative errors: a quick query's second counts as much as a slow one's.

    ValueError for fewer than four points, and for times that are not positive numbers.
    """
    opened, read, took = (np.asarray(values, dtype=float) for values in (files, bytes, seconds))
    if len(took) < 4:
        raise ValueError("a fit of three constants needs at least four points")
    if not (np.isfinite([opened, read, took]).all() and (took > 0).all()):
        raise ValueError("files, bytes and seconds must be numbers, seconds positive")
    terms = np.stack([np.ones_like(took), opened, read / 1e6], axis=1)
    constants, _ = optimize.nnls(terms / took[:, None], np.ones_like(took))
    unexplained = float(((took - terms @ constants) ** 2).sum())
    spread = float(((took - took.mean()) ** 2).sum())
    r2 = 1 - unexplained / spread if spread else float("nan")
    return Model(float(constants[0]), float(constants[1]), float(constants[2]) / 1e6, r2)
