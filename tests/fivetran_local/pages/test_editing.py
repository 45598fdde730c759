"""Changing a connection's settings and schedule, over HTTP."""

from fivetran_local.account.settings import ScheduleType


def test_settings_keep_what_is_left_empty(reader, connections, connection, home):
    form = {
        "function_trigger": connection.settings.config["function_trigger"],
        "secrets_list.key": ["api_key", "new"],
        "secrets_list.value": ["", "second"],
        "custom_payloads.key": ["place"],
        "custom_payloads.value": ["there"],
        "save": "yes",
    }
    assert reader.post(f"{home}/settings", **form).status_code == 303
    config = connections.settings(connection.settings.id).config
    assert config["secrets_list"] == [
        {"key": "api_key", "value": "the-secret-value"},
        {"key": "new", "value": "second"},
    ]
    assert config["custom_payloads"] == [{"key": "place", "value": "there"}]
    assert config["schema"] == connection.settings.schema


def test_the_secret_in_a_trigger_url_is_kept_and_not_shown(reader, connections, connection, home, function):
    secret_url = f"{function.url}?code=hidden-code"
    assert reader.post(f"{home}/settings", function_trigger=secret_url, save="yes").status_code == 303
    page = reader.get(f"{home}/settings").text
    assert "hidden-code" not in page
    assert 'name="function_trigger.kept"' in page
    kept = {"function_trigger": "", "function_trigger.kept": "yes", "save": "yes"}
    assert reader.post(f"{home}/settings", **kept).status_code == 303
    assert connections.settings(connection.settings.id).config["function_trigger"] == secret_url


def test_a_schedule_is_changed(reader, connections, connection, home):
    form = {"schedule_type": "manual", "sync_frequency": "1440", "daily_sync_time": "03:30"}
    assert reader.post(f"{home}/schedule", **form).status_code == 303
    settings = connections.settings(connection.settings.id)
    assert settings.schedule_type is ScheduleType.MANUAL
    assert (settings.sync_frequency, settings.daily_sync_time) == (1440, "03:30")
    for wrong, said in (
        ({"sync_frequency": "7"}, "sync_frequency: expected one of"),
        ({"sync_frequency": "x"}, "sync_frequency: expected one of"),
        ({"daily_sync_time": "25:00"}, "daily_sync_time: expected HH:MM"),
        ({"sync_frequency": "60"}, "daily_sync_time: it goes with a sync_frequency of 1440 only"),
    ):
        answer = reader.post(f"{home}/schedule", **{**form, **wrong})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert said in answer.text
    assert connections.settings(connection.settings.id) == settings
