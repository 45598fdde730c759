"""The model: a logistic regression whose weights point the way that an advisor would expect, calibrated.

Source of the calibration: Platt, Probabilistic outputs for support vector machines, 1999; scikit-learn's
CalibratedClassifierCV does it from predictions for students that the regression did not see.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from risk.fields import Field
from risk.sample import Numbers
from risk.scoring import Scorer, Term

FOLDS: Final = 5
SEED: Final = 0

Labels = npt.NDArray[np.bool_]
Students = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]


class DirectedLogisticRegression(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """A logistic regression in which no field has a weight against its direction.

    Fields that overlap can get such a weight, and then a good number would be a reason to worry. The field whose
    weight is furthest off is left out, and the others are fitted again, until none is off.
    """

    def __init__(self, directions: Sequence[int] = ()) -> None:
        super().__init__(solver="newton-cholesky")  # the fastest where records are many and fields few
        self.directions = directions

    coef_: Numbers
    n_features_in_: int

    def fit(self, x: Numbers, y: Labels, sample_weight: Numbers | None = None) -> "DirectedLogisticRegression":
        """Fit to standardised numbers; `coef_` is 0 for a field that was left out."""
        directions = np.asarray(self.directions)
        kept = np.arange(x.shape[1])
        while True:
            super().fit(x[:, kept], y, sample_weight)
            right = self.coef_[0] * directions[kept]
            if right.min() >= 0 or len(kept) == 1:
                break
            kept = np.delete(kept, right.argmin())
        coefficients = np.zeros((1, x.shape[1]))
        coefficients[0, kept] = np.where(right < 0, 0.0, self.coef_[0])
        self.coef_, self.n_features_in_ = coefficients, x.shape[1]
        return self


def train(fields: Sequence[Field], x: Numbers, y: Labels, students: Students) -> CalibratedClassifierCV:
    """Fit the model. Each student's records are on one side of every split.

    Args:
        fields: What the columns of `x` are; each with at least two different known numbers.
        x: Numbers as the score looks at them, NaN where they are not known.
        y: Who is at risk; at least `FOLDS` students of either kind.
        students: Which records are the same student's.
    """
    pipeline = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        DirectedLogisticRegression([field.direction for field in fields]),
    )
    model = CalibratedClassifierCV(pipeline, method="sigmoid", cv=folds(y, students), ensemble=False, n_jobs=1)
    return model.fit(x, y)


def folds(y: Labels, students: Students) -> list[tuple[Places, Places]]:
    """Split records into `FOLDS` parts by student, each with its share of the students who are at risk.

    Returns:
        For each part, the places of the records outside it, and of those in it.
    """
    everyone, which = np.unique(students, return_inverse=True)
    ever_at_risk = np.bincount(which, weights=y) > 0
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(everyone, ever_at_risk)
    parts = [np.isin(which, inside) for _, inside in splits]
    return [(np.flatnonzero(~part), np.flatnonzero(part)) for part in parts]


def folded(fields: Sequence[Field], model: CalibratedClassifierCV) -> Scorer:
    """Return a model of `train` as one sum: imputation, standardisation, weights and calibration folded into it."""
    [calibrated] = model.calibrated_classifiers_
    [platt] = calibrated.calibrators
    pipeline: Pipeline = calibrated.estimator
    _, scaler, regression = (step for _, step in pipeline.steps)  # the imputer's means are the scaler's
    # scikit-learn writes Platt's probability as 1 / (1 + exp(a z + b)).
    weights = -platt.a_ * regression.coef_[0] / scaler.scale_
    base = -(platt.a_ * regression.intercept_[0] + platt.b_)
    terms = [
        Term(field, float(weight), float(mean))
        for field, weight, mean in zip(fields, weights, scaler.mean_, strict=True)
        if weight != 0
    ]
    return Scorer("model", float(base), tuple(terms))
