"""Answers its last page with a list of rows."""

from behaves.spoiling import number, on_page, rows
from flask import jsonify


@on_page
def main(page, body):
    return jsonify(rows(page)) if number(body) == 3 else None
