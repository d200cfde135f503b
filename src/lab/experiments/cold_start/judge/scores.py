"""How good predictions are, with intervals by a bootstrap that draws users, since a user's ratings belong together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.experiments.cold_start.measure.seen import Floats, Key, Predictions
from lab.experiments.cold_start.params import Params
from lab.experiments.cold_start.workload.arms import KS_AT, NEIGHBOUR, RECOMMENDED

BINS = 10
ENDS = (2.5, 97.5)
POPULARITY: Key = ("popularity", 0)


def auc(folds: NDArray[np.int64], likes: Floats, chances: Floats, weights: Floats | None = None) -> float:
    """Area under the ROC curve, pooled over the users of a fold; folds by their number of pairs. Ties count half."""
    return Ranking.of(folds, likes, chances).auc(np.ones(len(likes)) if weights is None else weights)


@dataclass(frozen=True)
class Ranking:
    """Predictions of equal value in equal fold, as groups in order; made once, weighted often. first: each fold's first group."""

    group: NDArray[np.int64]
    first: NDArray[np.int64]
    likes: Floats

    @classmethod
    def of(cls, folds: NDArray[np.int64], likes: Floats, chances: Floats) -> Ranking:
        order = np.lexsort((chances, folds))
        other = np.diff(folds[order]) != 0
        begins = np.concatenate([[True], other | (np.diff(chances[order]) != 0)])
        group = np.empty(len(order), dtype=np.int64)
        group[order] = np.cumsum(begins) - 1
        first = group[order][np.concatenate([[True], other])]
        return cls(group, first, likes)

    def auc(self, weights: Floats) -> float:
        yes, no = (np.bincount(self.group, weights * part) for part in (self.likes, 1 - self.likes))
        before = np.cumsum(no) - no
        # Only those of its own fold rank below a like.
        before -= np.repeat(before[self.first], np.diff([*self.first, len(no)]))
        pairs = np.add.reduceat(yes, self.first) * np.add.reduceat(no, self.first)
        return float((yes * (before + no / 2)).sum() / pairs.sum())


def log_losses(likes: Floats, chances: Floats) -> Floats:
    """-log of the probability of what happened, of each rating. A chance of 0 or 1 that is wrong costs 34."""
    kept = np.clip(chances, 1e-15, 1 - 1e-15)
    return np.asarray(-np.log(np.where(likes == 1, kept, 1 - kept)))


def reliability(likes: Floats, chances: Floats) -> pd.DataFrame:
    """predicted, came true, ratings: by bins of equal width."""
    table = pd.DataFrame(
        {"bin": np.minimum((chances * BINS).astype(int), BINS - 1), "predicted": chances, "true": likes}
    )
    return table.groupby("bin").agg(
        predicted=("predicted", "mean"), true=("true", "mean"), ratings=("true", "size")
    )


def calibration_error(likes: Floats, chances: Floats) -> float:
    """Expected calibration error: mean distance of a bin's prediction from what came true."""
    bins = reliability(likes, chances)
    return float(np.average((bins["predicted"] - bins["true"]).abs(), weights=bins["ratings"]))


@dataclass(frozen=True)
class Scored:
    """A prediction's scores, and the same in each bootstrap sample of users."""

    auc: float
    log_loss: float
    calibration_error: float
    aucs: Floats
    log_losses: Floats


@dataclass(frozen=True)
class Judge:
    """Scores all predictions of a run on the same samples, so that differences are paired."""

    params: Params
    predictions: Predictions

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        return np.unique(self.predictions.users, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def _samples(self) -> Floats:
        """How often each user was drawn: a row for each sample."""
        count = int(self._place.max()) + 1
        random = np.random.default_rng([self.params.seed, 7])
        return random.multinomial(count, np.full(count, 1 / count), self.params.resamples).astype(float)

    def score(self, chances: Floats) -> Scored:
        seen = self.predictions
        ranking = Ranking.of(seen.folds, seen.likes, chances)
        loss, losses = self._losses(chances)
        return Scored(
            ranking.auc(np.ones(len(chances))),
            loss,
            calibration_error(seen.likes, chances),
            np.array([ranking.auc(sample[self._place]) for sample in self._samples]),
            losses,
        )

    def _losses(self, chances: Floats) -> tuple[float, Floats]:
        losses = log_losses(self.predictions.likes, chances)
        sums, counts = np.bincount(self._place, losses), np.bincount(self._place)
        return float(losses.mean()), (self._samples @ sums) / (self._samples @ counts)

    @cached_property
    def warm(self) -> Scored:
        return self.score(self.predictions.warm)

    @cached_property
    def popularity(self) -> Scored | None:
        chances = self.predictions.chances.get(POPULARITY)
        return None if chances is None else self.score(chances)

    def table(self) -> pd.DataFrame:
        """A row for each strategy and number of interactions; `_low` and `_high` are ends of 95 % intervals."""
        asked = self.predictions.chances.items()
        return pd.DataFrame([self._row(*each) for each in asked if not each[0][0].startswith(NEIGHBOUR)])

    def losses(self, strategy: str) -> tuple[dict[int, float], dict[int, Floats]]:
        """Log-loss of a strategy by interactions, and in each bootstrap sample."""
        asked = self.predictions.chances.items()
        found = {count: self._losses(chances) for (name, count), chances in asked if name == strategy}
        return (
            {count: loss for count, (loss, _) in found.items()},
            {count: losses for count, (_, losses) in found.items()},
        )

    def averages(self, by_user: pd.DataFrame) -> tuple[dict[int, float], dict[int, Floats]]:
        """Mean over users of each column, and in each bootstrap sample. by_user: a row for each user, ascending."""
        values = by_user.to_numpy()
        sampled = self._samples @ values / len(values)
        places = {int(str(name)): place for place, name in enumerate(by_user)}
        return (
            {name: float(values[:, place].mean()) for name, place in places.items()},
            {name: sampled[:, place] for name, place in places.items()},
        )

    def neighbours(self) -> pd.DataFrame:
        """Log-loss with other values of k: times_k, interactions, log_loss."""
        found = self.predictions.chances
        names = {name: float(name.removeprefix(NEIGHBOUR)) for name, _ in found if name.startswith(NEIGHBOUR)}
        names |= {RECOMMENDED: 1.0} if names else {}
        return pd.DataFrame(
            {"times_k": names[name], "interactions": count, "log_loss": self._losses(chances)[0]}
            for (name, count), chances in found.items()
            if name in names and count in KS_AT
        ).sort_values(["times_k", "interactions"] if names else [], ignore_index=True)

    def _row(self, key: Key, chances: Floats) -> dict[str, object]:
        scored, warm = self.score(chances), self.warm
        row: dict[str, object] = {
            "strategy": key[0],
            "interactions": key[1],
            "auc": scored.auc,
            "log_loss": scored.log_loss,
            "calibration_error": scored.calibration_error,
            **_between("auc_delta", warm.auc - scored.auc, warm.aucs - scored.aucs),
            **_between(
                "log_loss_delta", scored.log_loss - warm.log_loss, scored.log_losses - warm.log_losses
            ),
        }
        if (rival := self.popularity) is not None:
            row |= _between("auc_gain", scored.auc - rival.auc, scored.aucs - rival.aucs)
            row |= _between(
                "log_loss_gain", rival.log_loss - scored.log_loss, rival.log_losses - scored.log_losses
            )
        return row


def _between(name: str, value: float, sampled: Floats) -> dict[str, float]:
    low, high = np.percentile(sampled, ENDS)
    return {name: value, f"{name}_low": float(low), f"{name}_high": float(high)}
