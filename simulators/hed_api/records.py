"""Student records, each a pure function of seed, index and revision: any number of rows, none of them kept.

A row is drawn from one 64-byte hash of seed, index and revision: 16 bytes for its UUID, the others one throw each.
No row describes a person.
"""

from hashlib import blake2b
from math import exp
from struct import Struct
from typing import Any, Final, TypeAlias

from simulators.hed_api.clock import DAY_SECONDS, batch_epoch, midnight, time_of_change, written
from simulators.hed_api.measures import LEVELS, profiles

Record: TypeAlias = dict[str, Any]
"""Column name to value (text, number, boolean or null): the 23 columns, in the order of the published record."""

GOOD: Final = ("Good Standing", "Satisfactory Progress")
WARNING: Final = ("Academic Warning", "Warning Status")
PROBATION: Final = ("Academic Probation", "Probationary Status")
"""Three standings, each of which the API says in two ways."""

NULLABLE: Final = (
    "financial_aid_amount",
    "last_login_date",
    "avg_assignment_score",
    "writing_quality_score",
    "advisor_id",
    "major_code",
)
"""Columns that may be null: no aid sought, never logged in, nothing handed in, no advisor yet, undeclared."""

NULL_THROWS: Final = 8
"""Throws of 256 that leave one of them null (3 %). Never two in one row."""

LATE_LOGIN_THROWS: Final = 3
"""Throws of 256 that put the last login after the record's own last update (1 %)."""

STALE_THROWS: Final = 8
"""Throws of 256 for which the standing has not caught up with the grades (3 %)."""

COHORTS: Final = (2022, 2024, 2021, 2023, 2019, 2020)
"""Years of enrolment, dealt out in turn."""

COHORT_SIZE: Final = 100_000
"""Students in a cohort: as many as five digits number. From row 600,000 on, a student has a second record."""

MAJORS: Final = (
    *("ACCT", "ANTH", "ARTH", "BIOL", "BUSN", "CHEM", "CSCI", "ECON"),
    *("EDUC", "ENGL", "HIST", "MATH", "MUSC", "NURS", "PHIL", "PSYC"),
)

ENROLMENT_DAYS: Final = ((8, 11), (8, 18), (8, 25), (1, 13))
"""Month and day; three of four students begin in autumn."""

_COUNTERS: Final = Struct(">16sQQ")
_WHO: Final = 25
"""Bytes of the hash that make out who the student is; a revision redraws the others."""
_PROFILES: Final = profiles()
_ENROLLED: Final = tuple(tuple(written(midnight(year, *day)) for day in ENROLMENT_DAYS) for year in COHORTS)
_ADVISORS: Final = tuple(f"ADV_{1000 + number}" for number in range(512))
_AID: Final = tuple(100 * exp(7.8 + throw / 100) for throw in range(256))
_HOURS_ATTEMPTED: Final = (3, 6, 6, 9, 9, 12, 12, 12, 13, 14, 15, 15, 15, 16, 16, 18)


class Records:
    """The records of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = blake2b(str(seed).encode(), digest_size=16, person=b"hed records").digest()
        self.made = 0
        """How many records have been made so far: the work done, for whoever measures it."""

    def make(self, index: int, revision: int, position: int) -> Record:
        """Make the record of row `index` as its `revision`-th change left it, that change standing at `position`.

        A revision redraws what a term changes (hours, grades, activity, risk); who the student is, and how able,
        stays.
        """
        self.made += 1
        throws = self._throws(index, 0)
        if revision:
            throws = throws[:_WHO] + self._throws(index, revision)[_WHO:]
        return _record(index, throws, time_of_change(position))

    def _throws(self, index: int, revision: int) -> bytes:
        return blake2b(_COUNTERS.pack(self._seed, index, revision), digest_size=64).digest()


def _record(index: int, throws: bytes, updated: int) -> Record:
    name = throws[:16].hex()
    able, fond, autumn, advisor, desk, major, aid, cents, seeks_aid = throws[16:25]
    words, stale, hours, lost, login, minute, empty = throws[25:32]
    t_gpa, t_done, t_score, t_write, t_engaged, t_work, t_posts, t_views, t_copied, t_risk, t_gone = throws[32:43]
    profile = _PROFILES[(able >> 2) * LEVELS + (fond >> 2)]
    gpas, rates, scores, writing, engaged, work, posts, views, copied, risks, helped, absence = profile
    gpa, rate, risk = gpas[t_gpa], rates[t_done], risks[t_risk]
    attempted = _HOURS_ATTEMPTED[hours >> 4]
    cohort = index % len(COHORTS)
    record: Record = {
        "academic_standing": _standing(4 - gpa if stale < STALE_THROWS else gpa, risk)[words & 1],
        "advisor_id": _ADVISORS[advisor << 1 | desk & 1],
        "assignment_submissions": work[t_work],
        "at_risk_flag": risk > 1.1,
        "avg_assignment_score": scores[t_score],
        "course_completion_rate": rate,
        "credit_hours_attempted": attempted,
        "credit_hours_earned": attempted - int(attempted * (1 - rate) + lost / 256),
        "current_gpa": gpa,
        "discussion_posts": posts[t_posts],
        "engagement_score": engaged[t_engaged],
        "enrollment_date": _ENROLLED[cohort][autumn & 3],
        "financial_aid_amount": (int(_AID[aid]) + cents) / 100 if seeks_aid < 200 else 0.0,
        "intervention_count": helped[t_risk],
        "last_login_date": written(_last_login(updated, int(absence[t_gone]), login, minute)),
        "last_updated": written(updated),
        "last_updated_epoch": batch_epoch(updated),
        "major_code": MAJORS[major & 15],
        "plagiarism_incidents": copied[t_copied],
        "record_id": f"{name[:8]}-{name[8:12]}-4{name[13:16]}-8{name[17:20]}-{name[20:]}",
        "student_id": f"STU_{COHORTS[cohort]}{index // len(COHORTS) % COHORT_SIZE:05}",
        "total_course_views": views[t_views],
        "writing_quality_score": writing[t_write],
    }
    if empty < NULL_THROWS * len(NULLABLE):
        record[NULLABLE[empty // NULL_THROWS]] = None
    return record


def _standing(gpa: float, risk: float) -> tuple[str, str]:
    return PROBATION if gpa < 2 else WARNING if gpa < 2.35 or risk > 1.7 else GOOD


def _last_login(updated: int, days: int, login: int, minute: int) -> int:
    if login < LATE_LOGIN_THROWS:
        return updated + 60 * (login * 256 + minute)
    before_midnight = (login << 8 | minute) * DAY_SECONDS >> 16
    return (updated // DAY_SECONDS - days) * DAY_SECONDS - before_midnight - 1
