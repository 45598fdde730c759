"""How good a score is at telling who is at risk, for students that it was not fitted to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import brier_score_loss

from risk.fields import Field
from risk.sample import Numbers
from risk.training import SEED, Labels, Students, folds, train

RESAMPLES: Final = 200
SMALL_GROUP: Final = 10
"""A group of fewer records is not told apart, nor a rate of fewer."""
CALIBRATION_BINS: Final = 10

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the 95 % interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Hits:
    """What happens when everybody at or above a score is flagged."""

    records: int
    at_risk: int
    flagged: int
    hits: int
    """Flagged, and at risk."""

    @property
    def precision(self) -> float | None:
        """The share of the flagged who are at risk."""
        return self.hits / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """The share of those at risk who are flagged."""
        return self.hits / self.at_risk if self.at_risk else None

    @property
    def false_alarms(self) -> float | None:
        """The share of those not at risk who are flagged."""
        calm = self.records - self.at_risk
        return (self.flagged - self.hits) / calm if calm else None

    @property
    def accuracy(self) -> float | None:
        """The share of records about which the flag is right."""
        calm_and_not_flagged = self.records - self.at_risk - self.flagged + self.hits
        return (self.hits + calm_and_not_flagged) / self.records if self.records else None


@dataclass(frozen=True, slots=True)
class Bin:
    """Records with a similar score: what it says of them, and what is so. Shares between 0 and 1."""

    low: float
    high: float
    records: int
    predicted: float
    observed: float


@dataclass(frozen=True, eq=False, slots=True)
class Evaluation:
    """Scores, from 0 to 100, of records whose student the score had not seen, beside what they are."""

    scores: Scores
    at_risk: Labels
    auc: Interval
    brier: float
    """Mean squared error of the probability; 0 is perfect."""
    gpa_auc: float | None
    """Of ranking by GPA alone; None without one."""
    better_than_gpa: Interval | None
    """By how much the AUC is above that."""

    @property
    def brier_of_majority(self) -> float:
        """The same error when everybody is given the average probability."""
        share = float(self.at_risk.mean())
        return share * (1 - share)

    def hits(self, threshold: float, among: npt.NDArray[np.bool_] | None = None) -> Hits:
        """Return what flagging at a threshold gives, among all records or some of them."""
        return hits(self.scores >= threshold, self.at_risk, among)

    def calibration(self) -> list[Bin]:
        """Return the records by score, in tenths; tenths without a record are left out."""
        shares = self.scores / 100
        places = np.minimum((shares * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
        return [
            Bin(place / CALIBRATION_BINS, (place + 1) / CALIBRATION_BINS, int(here.sum()),
                float(shares[here].mean()), float(self.at_risk[here].mean()))
            for place in range(CALIBRATION_BINS) if (here := places == place).any()
        ]  # fmt: skip


def hits(flagged: Labels, at_risk: Labels, among: npt.NDArray[np.bool_] | None = None) -> Hits:
    """Count what flagging gives, among all records or some of them."""
    if among is not None:
        flagged, at_risk = flagged[among], at_risk[among]
    return Hits(len(at_risk), int(at_risk.sum()), int(flagged.sum()), int((flagged & at_risk).sum()))


@dataclass(frozen=True, slots=True)
class GroupErrors:
    """How a score does for one group. A rate of fewer than `SMALL_GROUP` records is None."""

    group: str | None
    records: int
    predicted: float
    """The average score, as a share."""
    observed: float
    """The share at risk."""
    missed: float | None
    """The share of those at risk who are not flagged."""
    false_alarms: float | None
    """The share of those not at risk who are flagged."""


def errors_by(
    groups: Sequence[str | None], scores: Scores, at_risk: Labels, threshold: float
) -> tuple[list[GroupErrors], int]:
    """Return the errors by group, the largest group first, and how many groups are too small to tell apart."""
    found, small = [], 0
    values = np.array(groups, dtype=object)
    for group in dict.fromkeys(groups):
        among = np.array([value == group for value in values])
        counted = hits(scores >= threshold, at_risk, among)
        if counted.records < SMALL_GROUP:
            small += 1
            continue
        missed = 1 - (counted.recall or 0) if counted.at_risk >= SMALL_GROUP else None
        alarms = counted.false_alarms if counted.records - counted.at_risk >= SMALL_GROUP else None
        predicted = float(scores[among].mean()) / 100
        found.append(GroupErrors(group, counted.records, predicted, counted.at_risk / counted.records, missed, alarms))
    return sorted(found, key=lambda errors: (-errors.records, errors.group or "")), small


def evaluate(
    fields: Sequence[Field], x: Numbers, y: Labels, students: Students, gpa: npt.NDArray[np.float64] | None
) -> Evaluation:
    """Cross-validate the model: everything that `train` does is done again without each fifth of the students.

    Args:
        fields: As for `train`, like the next three.
        x: Numbers.
        y: Labels.
        students: Which records are the same student's.
        gpa: GPAs, for the rule to compare with.
    """
    probabilities = np.empty(len(y))
    for outside, inside in folds(y, students):
        model = train(fields, x[outside], y[outside], students[outside])
        probabilities[inside] = model.predict_proba(x[inside])[:, 1]
    by_gpa = None if gpa is None or np.isnan(gpa).all() else -np.nan_to_num(gpa, nan=float(np.nanmean(gpa)))

    rankings = [_Ranking(scores, y) for scores in (probabilities, by_gpa) if scores is not None]

    def aucs(weights: Scores) -> list[float]:
        return [ranking.auc(weights) for ranking in rankings]

    here = aucs(np.ones(len(y)))
    again = np.array(_resampled(aucs, y, students))
    better = None if by_gpa is None else _interval(here[0] - here[1], again[:, 0] - again[:, 1])
    return Evaluation(
        scores=100 * probabilities,
        at_risk=y,
        auc=_interval(here[0], again[:, 0]),
        brier=float(brier_score_loss(y, probabilities)),
        gpa_auc=None if by_gpa is None else here[1],
        better_than_gpa=better,
    )


class _Ranking:
    """Records in the order of a score, for the area under the ROC curve of many weightings of them.

    It is the chance that one at risk scores higher than one who is not, a tie counting half: scikit-learn's
    `roc_auc_score`, which sorts anew each time.
    """

    def __init__(self, scores: Scores, y: Labels) -> None:
        self._order = np.argsort(scores, kind="stable")
        self._y = y[self._order]
        ordered = scores[self._order]
        self._ties = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])

    def auc(self, weights: Scores) -> float:
        ordered = weights[self._order]
        at_risk = np.add.reduceat(np.where(self._y, ordered, 0.0), self._ties)
        calm = np.add.reduceat(np.where(self._y, 0.0, ordered), self._ties)
        lower = np.cumsum(calm) - calm
        return float(at_risk @ (lower + calm / 2) / (at_risk.sum() * calm.sum()))


def _resampled(figure: Callable[[Scores], list[float]], y: Labels, students: Students) -> list[list[float]]:
    """Compute figures on students drawn with replacement: a student counts with all records, as often as drawn."""
    draws = np.random.default_rng(SEED)
    everyone, which = np.unique(students, return_inverse=True)
    chances = np.full(len(everyone), 1 / len(everyone))
    found: list[list[float]] = []
    while len(found) < RESAMPLES:
        weights = draws.multinomial(len(everyone), chances)[which].astype(np.float64)
        if 0 < weights[y].sum() < weights.sum():  # a draw of one kind alone has no order to be right about
            found.append(figure(weights))
    return found


def _interval(value: float, resampled: npt.NDArray[np.float64]) -> Interval:
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(value, float(low), float(high))
