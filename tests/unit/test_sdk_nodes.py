"""What SdkService sends and reads of single nodes: actions, files, logs."""

from __future__ import annotations

import asyncio
import json
import traceback
from datetime import UTC, datetime

import pytest

from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.node_facts import NodeFile, StartTaskInfo, TaskFailure, UploadedLogs
from batch_widgets.sdk import SdkService
from unit.local_server import LocalServer

KEY = "c2VjcmV0LWtleS1vZi10aGUtdGVzdA=="
SIGNATURE = "c2VudGluZWw%2Bof+the+test%3D"
CONTAINER = f"https://contoso.blob.core.windows.net/logs?sv=2026-01-01&sp=rw&sig={SIGNATURE}"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def server():
    return LocalServer()


def ask(server, call):
    """Make one call and give its result."""

    async def main():
        async with server.running():
            service = SdkService(server.url, "contoso", account_key=KEY)
            try:
                return await call(service)
            finally:
                await service.close()

    return asyncio.run(main())


def sent(server):
    (request,) = server.requests
    return f"{request.method} {request.path}"


@pytest.mark.parametrize(
    ("call", "status", "path", "body"),
    [
        (lambda service: service.reboot_node("p", "n", "terminate"), 202, "reboot", {"nodeRebootOption": "terminate"}),
        (lambda service: service.reimage_node("p", "n", "requeue"), 202, "reimage", {"nodeReimageOption": "requeue"}),
        (
            lambda service: service.deallocate_node("p", "n", "taskcompletion"),
            202,
            "deallocate",
            {"nodeDeallocateOption": "taskcompletion"},
        ),
        (lambda service: service.start_node("p", "n"), 202, "start", None),
        (
            lambda service: service.disable_node_scheduling("p", "n", "terminate"),
            200,
            "disablescheduling",
            {"nodeDisableSchedulingOption": "terminate"},
        ),
        (lambda service: service.enable_node_scheduling("p", "n"), 200, "enablescheduling", None),
    ],
)
def test_what_an_action_sends(server, call, status, path, body):
    server.answer("", status)
    ask(server, call)
    assert sent(server) == f"POST /pools/p/nodes/n/{path}"
    assert server.bodies == [json.dumps(body).encode() if body else b""]


def test_what_a_removal_sends(server):
    server.answer("", 202)
    ask(server, lambda service: service.remove_nodes("p", ("n", "m"), "terminate"))
    assert sent(server) == "POST /pools/p/removenodes"
    assert json.loads(server.bodies[0]) == {"nodeList": ["n", "m"], "nodeDeallocationOption": "terminate"}


def test_a_node_with_all_that_is_wrong(server):
    server.answer(
        {
            "id": "n",
            "state": "starttaskfailed",
            "startTaskInfo": {
                "state": "completed",
                "startTime": "2026-01-02T03:04:05.1234567Z",
                "endTime": "2026-01-02T03:04:06Z",
                "exitCode": 127,
                "retryCount": 2,
                "lastRetryTime": "2026-01-02T03:04:05Z",
                "result": "failure",
                "failureInfo": {
                    "category": "usererror",
                    "code": "FailureExitCode",
                    "message": "It failed.",
                    "details": [{"name": "Message", "value": "127"}, {"name": "Odd"}],
                },
            },
            "errors": [
                {"code": "DiskFull", "message": "No room.", "errorDetails": [{"name": "Disk", "value": "/mnt"}]},
                {"code": "Odd"},
            ],
        }
    )
    node = ask(server, lambda service: service.get_node("p", "n"))
    assert sent(server) == "GET /pools/p/nodes/n"
    assert node.errors == ("DiskFull: No room. (Disk: /mnt)", "Odd")
    assert node.start_task == StartTaskInfo(
        "completed",
        127,
        datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
        2,
        MOMENT,
        "failure",
        TaskFailure("usererror", "FailureExitCode", "It failed.", (("Message", "127"), ("Odd", ""))),
    )
    assert node.start_task.failed


def test_a_start_task_that_runs(server):
    info = {"state": "running", "startTime": "2026-01-02T03:04:05Z", "retryCount": 0}
    server.answer({"id": "n", "state": "waitingforstarttask", "startTaskInfo": info})
    node = ask(server, lambda service: service.get_node("p", "n"))
    assert node.start_task == StartTaskInfo("running", start_time=MOMENT)
    assert not node.start_task.failed


# files


def test_a_list_of_files(server):
    properties = {"contentLength": "12345678901", "lastModified": "2026-01-02T03:04:05Z"}
    server.answer(
        {
            "value": [
                {"name": "startup", "isDirectory": True},
                {"name": "startup/stdout.txt", "isDirectory": False, "properties": properties},
            ]
        }
    )
    files = ask(server, lambda service: service.list_node_files("p", "n", recursive=True))
    assert files == [
        NodeFile("startup", is_directory=True),
        NodeFile("startup/stdout.txt", size=12_345_678_901, last_modified=MOMENT),
    ]
    assert server.requests[0].query["recursive"] == "true"


@pytest.mark.parametrize(
    ("start", "end", "header"), [(0, None, None), (0, 10, "bytes=0-9"), (5, None, "bytes=5-"), (5, 6, "bytes=5-5")]
)
def test_what_reading_a_file_sends(server, start, end, header):
    server.answer(b"\x00content")
    path = "startup/wd/a b#?.txt"
    assert ask(server, lambda service: service.get_node_file("p", "n", path, start, end)) == b"\x00content"
    assert sent(server) == f"GET /pools/p/nodes/n/files/{path}"
    assert server.requests[0].headers.get("ocp-range") == header


@pytest.mark.parametrize(("start", "end"), [(5, 5), (5, 2)])
def test_an_empty_range_is_not_asked_for(server, start, end):
    assert ask(server, lambda service: service.get_node_file("p", "n", "f", start, end)) == b""
    assert not server.requests


def test_there_is_nothing_beyond_the_end_of_a_file(server):
    server.answer({"code": "InvalidRange", "message": {"value": "Beyond."}}, 416)
    assert ask(server, lambda service: service.get_node_file("p", "n", "f", 99, None)) == b""


@pytest.mark.parametrize("path", ["", "/", ".", "..", "\\", "/../"])
def test_a_path_that_is_no_files_is_not_sent(server, path):
    with pytest.raises(NotFoundError, match="no file"):
        ask(server, lambda service: service.get_node_file("p", "n", path, 0, None))
    with pytest.raises(NotFoundError, match="no file"):
        ask(server, lambda service: service.get_node_file_properties("p", "n", path))
    assert not server.requests


@pytest.mark.parametrize(
    ("is_directory", "expected"),
    [
        ("false", NodeFile("f", size=7, last_modified=MOMENT)),
        ("true", NodeFile("f", is_directory=True)),
    ],
)
def test_properties_of_a_file(server, is_directory, expected):
    headers = {"Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT", "ocp-batch-file-isdirectory": is_directory}
    server.answer(b"content", 200, **headers)
    assert ask(server, lambda service: service.get_node_file_properties("p", "n", "f")) == expected
    assert sent(server) == "HEAD /pools/p/nodes/n/files/f"


# logs


def test_what_uploading_logs_sends(server):
    server.answer({"virtualDirectoryName": "p/n/1", "numberOfFilesUploaded": 8})
    uploaded = ask(server, lambda service: service.upload_node_logs("p", "n", CONTAINER, MOMENT, None))
    assert uploaded == UploadedLogs("p/n/1", 8)
    assert sent(server) == "POST /pools/p/nodes/n/uploadbatchservicelogs"
    assert json.loads(server.bodies[0]) == {"containerUrl": CONTAINER, "startTime": "2026-01-02T03:04:05Z"}


@pytest.mark.parametrize(
    "told",
    [CONTAINER, CONTAINER.split("?")[1], SIGNATURE, "c2VudGluZWw+of+the+test=", f"sig={SIGNATURE}&x"],
)
def test_what_the_service_repeats_of_the_url_is_left_out(server, told):
    values = [{"key": "PropertyName", "value": "containerUrl"}, {"key": "PropertyValue", "value": told}]
    server.answer({"code": "InvalidPropertyValue", "message": {"value": f"Not {told}."}, "values": values}, 400)
    with pytest.raises(ServiceError) as caught:
        ask(server, lambda service: service.upload_node_logs("p", "n", CONTAINER, MOMENT, None))
    error = caught.value
    assert "PropertyName: containerUrl" in error.message
    told_in_all = "".join([*traceback.format_exception(error), repr(error), str(error), repr(vars(error))])
    for secret in (SIGNATURE, "c2VudGluZWw"):
        assert secret not in told_in_all
    assert error.__context__ is None
