"""What the API says of itself: its records and errors for the OpenAPI document, and a page for people."""

from collections.abc import Iterable
from html import escape
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from simulators.hed_api.records import GOOD, PROBATION, WARNING

TITLE = "Higher education data"
INTRODUCTION = (
    "Records of students' progress and activity, page by page in the order in which they last changed. "
    "Follow next_cursor while has_more is true; keep the last cursor and ask with it again to get what has changed "
    "since. A cursor is opaque and comes percent-encoded."
)
STANDINGS = ", ".join(GOOD + WARNING + PROBATION)
TIME = "no zone; the hour has no leading zero, as in 2024-08-11 0:00:00"


class HedRecord(BaseModel):
    """One student record."""

    model_config = ConfigDict(extra="forbid")

    academic_standing: str = Field(description=f"one of: {STANDINGS}")
    advisor_id: str | None = Field(description="ADV_ and four digits; null while no advisor is assigned")
    assignment_submissions: int = Field(ge=0, description="assignments handed in this term")
    at_risk_flag: bool = Field(description="whether the institution sees the student at risk")
    avg_assignment_score: float | None = Field(ge=0, le=100, description="null while nothing was marked")
    course_completion_rate: float = Field(ge=0, le=1, description="share of course work completed")
    credit_hours_attempted: int = Field(ge=0, description="credit hours this term")
    credit_hours_earned: int = Field(ge=0, description="never more than attempted")
    current_gpa: float = Field(ge=0, le=4, description="grade point average")
    discussion_posts: int = Field(ge=0, description="posts in course forums this term")
    engagement_score: float = Field(ge=0, le=100, description="activity in the learning system")
    enrollment_date: str = Field(description=f"day of enrolment at midnight; {TIME}")
    financial_aid_amount: float | None = Field(ge=0, description="dollars a year; null where none was sought")
    intervention_count: int = Field(ge=0, description="how often an advisor stepped in")
    last_login_date: str | None = Field(description=f"null before the first login; {TIME}")
    last_updated: str = Field(description=f"when the record last changed; {TIME}")
    last_updated_epoch: int = Field(description="Unix time of a batch; not the instant of last_updated")
    major_code: str | None = Field(description="four letters; null while undeclared")
    plagiarism_incidents: int = Field(ge=0, description="incidents on record")
    record_id: str = Field(description="UUID; identifies the record")
    student_id: str = Field(description="STU_ and nine digits, of which four are the year of enrolment")
    total_course_views: int = Field(ge=0, description="views of course pages this term")
    writing_quality_score: float | None = Field(ge=0, le=100, description="null while nothing was assessed")


class HedPage(BaseModel):
    """One page of records."""

    model_config = ConfigDict(extra="forbid")

    hed_records: list[HedRecord] = Field(description="records in the order in which they last changed")
    next_cursor: str | None = Field(description="where the next page begins")
    has_more: bool = Field(description="whether there are more records now")


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": HedPage, "description": "A page of records."},
    400: {"model": Problem, "description": "The cursor is not valid."},
    401: {"model": Problem, "description": "The key is missing or wrong."},
}
"""What /hed_data answers, besides 422 for a parameter that is out of range."""


def page_for_people(openapi: dict[str, Any], document_path: str) -> str:
    """Write the documentation page from the OpenAPI document, so that the two cannot disagree."""
    operation = openapi["paths"]["/hed_data"]["get"]
    fields = openapi["components"]["schemas"]["HedRecord"]["properties"]
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{escape(openapi["info"]["title"])}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto }} td {{ padding: 0 1em 0 0 }}</style>
<h1>{escape(openapi["info"]["title"])}</h1>
<p>{escape(openapi["info"]["description"])}</p>
<h2>GET /hed_data</h2>
<p>The key goes into the header <code>x-api-key</code>.</p>
<table>{_table((p["name"], p["description"]) for p in operation["parameters"])}</table>
<h2>Answers</h2>
<table>{_table((status, answer["description"]) for status, answer in operation["responses"].items())}</table>
<pre>{{"hed_records": [...], "next_cursor": "gAAAAAB...%3D%3D", "has_more": true}}</pre>
<h2>Fields of a record</h2>
<table>{_table((name, field["description"]) for name, field in fields.items())}</table>
<p>For programs: <a href="{document_path}">the OpenAPI document</a>.</p>
</html>
"""


def _table(rows: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<tr><td><code>{escape(name)}</code><td>{escape(text)}" for name, text in rows)
