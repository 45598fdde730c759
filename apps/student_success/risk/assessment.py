"""Which score is in use for a table, and what is known of it: the model where it has shown its worth, else the rule."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from cohort.cohort import Cohort
from risk.evaluation import Evaluation, GroupErrors, Hits, Scores, errors_by, evaluate, hits
from risk.fields import FIELDS, GPA
from risk.sample import Numbers, Sample, draw
from risk.scoring import LOWEST_SAFE_GPA, Scorer, by_gpa
from risk.training import folded, train
from warehouse.errors import MissingColumnsError
from warehouse.query import Query

FEWEST_RECORDS: Final = 200
FEWEST_OF_A_KIND: Final = 20
"""Students at risk, and students not at risk, below which nothing is learnt."""
FEWEST_NUMBERS: Final = 20
"""Known numbers that a field needs."""


@dataclass(frozen=True, eq=False, slots=True)
class Assessment:
    """The score in use and its credentials."""

    made_at: datetime
    scorer: Scorer | None
    """None where there is neither something to learn nor a GPA for the rule."""
    why_no_model: str | None
    """Why the rule is in use, as the end of a sentence; None while the model is."""
    sample: Sample | None
    evaluation: Evaluation | None
    """The model's, even if it was not good enough; None if none was trained."""
    left_out: tuple[str, ...] = ()
    """Labels of the fields that the model does not use: not there, never filled, or with a weight the wrong way."""

    def scores(self) -> Scores | None:
        """Return the scores of the sample's records by the score in use, each without having seen the student."""
        if self.evaluation and self.scorer and self.scorer.kind == "model":
            return self.evaluation.scores
        gpa = _gpa(self.sample) if self.sample else None
        if gpa is None or self.scorer is None or len(gpa) == 0:
            return None
        return np.array([self.scorer.score({GPA.name: None if np.isnan(number) else number}) for number in gpa])

    def hits(self, threshold: float) -> Hits | None:
        """Return what flagging at a score gives in the sample; None without one."""
        scores = self.scores()
        return None if scores is None or self.sample is None else hits(scores >= threshold, self.sample.at_risk)

    def rule_hits(self) -> Hits | None:
        """Return what flagging every GPA below 2.0 gives in the sample; None without a GPA."""
        gpa = _gpa(self.sample) if self.sample else None
        return None if gpa is None or self.sample is None else hits(gpa < LOWEST_SAFE_GPA, self.sample.at_risk)

    def errors_by(self, column: str, threshold: float) -> tuple[list[GroupErrors], int]:
        """Return where the score in use errs, by the values of one of the sample's groups, the largest first.

        Returns:
            The groups, and how many more are too small to tell apart.
        """
        scores = self.scores()
        if scores is None or self.sample is None or column not in self.sample.groups:
            return [], 0
        return errors_by(self.sample.groups[column], scores, self.sample.at_risk, threshold)


USUAL_GPA: Final = Query("select quantile_cont(current_gpa, 0.5) as usual from records", columns=GPA.columns)
QUERIES: Final = {"usual_gpa": USUAL_GPA}


def assess(cohort: Cohort) -> Assessment:
    """Choose the score for a table. The same data gives the same score.

    Raises:
        WarehouseError: the warehouse could not answer.
    """
    now = datetime.now(UTC)
    try:
        sample = draw(cohort)
    except MissingColumnsError as error:
        return Assessment(now, _rule(cohort), str(error), None, None)
    if reason := _too_little(sample):
        return Assessment(now, _rule(cohort), reason, sample, None)
    places = [place for place in range(len(sample.fields)) if _says_something(sample.numbers[:, place])]
    if not places:
        return Assessment(now, _rule(cohort), "no field has numbers that differ", sample, None)
    fields, x = [sample.fields[place] for place in places], sample.numbers[:, places]
    evaluation = evaluate(fields, x, sample.at_risk, sample.students, _gpa(sample))
    if reason := _not_worth_it(evaluation):
        return Assessment(now, _rule(cohort), reason, sample, evaluation)
    model = train(fields, x, sample.at_risk, sample.students)
    scorer = replace(folded(fields, model), average=100 * float(sample.at_risk.mean()))
    used = {term.field.name for term in scorer.terms}
    left_out = tuple(field.label for field in FIELDS if field.name not in used)
    return Assessment(now, scorer, None, sample, evaluation, left_out)


def _rule(cohort: Cohort) -> Scorer | None:
    if not GPA.is_in(cohort.columns):
        return None
    usual = cohort.rows(USUAL_GPA)[0]["usual"]
    return None if usual is None else by_gpa(float(usual))


def _too_little(sample: Sample) -> str | None:
    at_risk = len(set(sample.students[sample.at_risk].tolist()))
    calm = len(set(sample.students.tolist())) - at_risk
    if len(sample) < FEWEST_RECORDS:
        return (
            f"learning needs {FEWEST_RECORDS} records that say whether the student is at risk; there are {len(sample)}"
        )
    if min(at_risk, calm) < FEWEST_OF_A_KIND:
        return (
            f"learning needs {FEWEST_OF_A_KIND} students at risk and {FEWEST_OF_A_KIND} who are not;"
            f" there are {at_risk} and {calm}"
        )
    return None


def _says_something(numbers: Numbers) -> bool:
    known = numbers[~np.isnan(numbers)]
    return len(known) >= FEWEST_NUMBERS and bool(known.min() < known.max())


def _not_worth_it(evaluation: Evaluation) -> str | None:
    auc, better = evaluation.auc, evaluation.better_than_gpa
    if auc.low <= 0.5:
        interval = f"AUC {auc.value:.2f}, 95 % interval {auc.low:.2f} to {auc.high:.2f}"
        return f"what it learnt cannot be told from chance ({interval})"
    if evaluation.brier >= evaluation.brier_of_majority:
        return "it is no closer to the truth than giving everybody the average risk"
    if better and better.value <= 0:
        return f"it ranks no better than the GPA alone (AUC {auc.value:.2f} against {evaluation.gpa_auc:.2f})"
    return None


def _gpa(sample: Sample) -> Numbers | None:
    if GPA not in sample.fields:
        return None
    return sample.numbers[:, sample.fields.index(GPA)]
