"""Where the provider calls once Airflow has loaded the plugin. That every process loads it, the other tests show."""

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first makes the environment


def test_addresses_on_this_machine_are_taken_and_all_others_refused(airflow):
    taken = ["http://127.0.0.1:8787", "http://localhost:8787/", "http://[::1]:8787"]
    refused = [
        "https://127.0.0.1:8787",
        "http://example.com:8787",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1:8787@example.com",
        "http://me@127.0.0.1:8787",
        "http://127.0.0.1:8787/v1",
        "http://127.0.0.1:8787?x=1",
        "http://127.0.0.1:99999",
        "http://0.0.0.0:8787",
        "127.0.0.1:8787",
        "http://",
        "http://[::1",
    ]
    answers = airflow.ask(plugin=["", *taken, *refused])["answers"]
    assert answers[0] == {"refused": "", "calls": "https://api.fivetran.com"}
    for address, answer in zip(taken, answers[1:], strict=False):
        assert answer == {"refused": "", "calls": address.rstrip("/")}
    for address, answer in zip(refused, answers[1 + len(taken) :], strict=True):
        assert "an address on this machine" in answer["refused"], address
        assert answer["fails"] == answer["refused"], address


def test_airflow_lists_it(airflow):
    assert "local_fivetran" in airflow.airflow("plugins").stdout
