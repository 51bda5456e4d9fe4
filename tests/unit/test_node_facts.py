"""What is told of one node, and what is checked before logs are put somewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.node_facts import FileEnd, StartTaskInfo, StartTaskResult, TaskFailure, check_log_upload

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONTAINER = "https://contoso.blob.core.windows.net/logs?sv=2026-01-01&sp=racwdl&se=2026-01-03T00%3A00%3A00Z&sig=c2Vj%3D"


def problems(url=CONTAINER, start=NOW - HOUR, end=None):
    return {one.field: one.message for one in check_log_upload(url, start, end, now=NOW)}


@pytest.mark.parametrize(
    "url",
    [
        CONTAINER,
        f" {CONTAINER}\n",
        "https://contoso.blob.core.windows.net/logs/deep/er?sig=x",
        "https://contoso.blob.core.windows.net/logs?sig=x&se=tomorrow",
        "https://contoso.blob.core.windows.net/logs?sig=x&se=2026-01-03",
    ],
)
def test_a_container_that_can_be_written(url):
    assert problems(url) == {}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "Give the URL"),
        ("logs", "Give the URL"),
        ("http://contoso.blob.core.windows.net/logs?sig=sentinel", "Give the URL"),
        ("https://contoso.blob.core.windows.net/?sig=sentinel", "Give the URL"),
        ("https://contoso.blob.core.windows.net?sig=sentinel", "Give the URL"),
        (f"https://contoso.blob.core.windows.net/{'/' * 10_000}?sig=sentinel", "Give the URL"),
        ("https://contoso.blob.core.windows.net/logs?sig=sentinel two", "Give the URL"),
        ("https://contoso.blob.core.windows.net/logs", "no shared access signature"),
        ("https://contoso.blob.core.windows.net/logs?sig=", "no shared access signature"),
        ("https://contoso.blob.core.windows.net/logs?sp=rl&sig=sentinel", "does not allow writing"),
        ("https://contoso.blob.core.windows.net/logs?se=2026-01-01T23:00:00Z&sig=sentinel", "has expired"),
        ("https://contoso.blob.core.windows.net/logs?se=2026-01-02&sig=sentinel", "has expired"),
    ],
)
def test_a_container_that_cannot(url, says):
    (message,) = problems(url).values()
    assert says in message
    assert "sentinel" not in message


@pytest.mark.parametrize(
    ("start", "end", "fields"),
    [
        (NOW - HOUR, NOW, set()),
        (NOW - HOUR, NOW + HOUR, set()),
        (NOW + HOUR, None, {"start_time"}),
        (NOW - HOUR, NOW - HOUR, {"end_time"}),
        (NOW - HOUR, NOW - 2 * HOUR, {"end_time"}),
    ],
)
def test_times(start, end, fields):
    assert set(problems(start=start, end=end)) == fields


@pytest.mark.parametrize(
    ("info", "failed"),
    [
        (StartTaskInfo("running"), False),
        (StartTaskInfo("completed", 0, result="success"), False),
        (StartTaskInfo("completed", 1), True),
        (StartTaskInfo("completed", None, failure=TaskFailure("servererror")), True),
        (StartTaskInfo("completed", None, result="failure"), True),
    ],
)
def test_whether_a_start_task_failed(info, failed):
    assert info.failed is failed


def test_a_result_without_a_start_task():
    end = FileEnd("startup/stdout.txt", missing="Nothing.")
    assert StartTaskResult("n", None, end, end).exit_code is None
    assert StartTaskResult("n", StartTaskInfo("completed", 3), end, end).exit_code == 3


def test_what_looks_like_no_text():
    assert FileEnd("f", "a\tü\n").is_text
    assert not FileEnd("f", "a\0b").is_text
