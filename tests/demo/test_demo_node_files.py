"""Files of nodes: listed, read, deleted, as the service does."""

import pytest
from sample_bodies import WINDOWS

STDOUT = "startup/stdout.txt"
TASK = {"commandLine": "/bin/bash -c 'echo hello; cat none; echo kept > note'"}


@pytest.fixture
def files(client):
    """Ask for something below a ready node's files."""
    (node,) = client.ready(targetDedicatedNodes=1, startTask=TASK)
    base = f"/pools/p/nodes/{node['id']}/files"

    def send(method, path="", **more):
        return client.send(method, f"{base}{path}", **more)

    send.client = client
    send.node = client.state.node("p", node["id"])[1]
    return send


def names(answer):
    return [file["name"] for file in answer.json["value"]]


def test_the_top_of_the_tree(files):
    answer = files("GET")
    assert answer.status == 200
    assert names(answer) == ["fsmounts", "shared", "startup", "volatile", "workitems"]
    assert all(file["isDirectory"] and "properties" not in file for file in answer.json["value"])


def test_all_files(files):
    answer = files("GET", query={"recursive": "true"})
    assert [name for name in names(answer) if name.startswith("startup/")] == [
        "startup/stderr.txt",
        "startup/stdout.txt",
        "startup/wd",
        "startup/wd/note",
    ]
    (stdout,) = [file for file in answer.json["value"] if file["name"] == STDOUT]
    assert stdout["url"].endswith(f"/files/{STDOUT}")
    assert stdout["isDirectory"] is False
    properties = stdout["properties"]
    assert (properties["contentLength"], properties["fileMode"]) == (6, "0100644")
    assert properties["lastModified"] > "2026-01-02T03:04:05"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"$filter": "startswith(name,'startup/std')", "recursive": "true"}, 2),
        ({"$filter": "startswith(name,'s')"}, 2),
        ({"$filter": "startswith(name,'none')", "recursive": "true"}, 0),
        ({"recursive": "false"}, 5),
    ],
)
def test_lists_are_filtered(files, query, expected):
    assert len(names(files("GET", query=query))) == expected


def test_lists_come_in_pages(files):
    first = files("GET", query={"maxresults": "2"})
    assert len(names(first)) == 2
    assert "odata.nextLink" in first.json


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"recursive": "perhaps"}, "InvalidQueryParameterValue"),
        ({"$filter": "name eq 'x'"}, "InvalidQueryParameterValue"),
        ({"$select": "name"}, "UnsupportedQueryParameter"),
        ({"maxresults": "0"}, "OutOfRangeQueryParameterValue"),
    ],
)
def test_lists_that_are_refused(files, query, code):
    answer = files("GET", query=query)
    assert (answer.status, answer.code) == (400, code)


def test_a_file_is_read(files):
    answer = files("GET", f"/{STDOUT}")
    assert (answer.status, answer.raw) == (200, b"hello\n")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["ocp-batch-file-isdirectory"] == "false"
    assert answer.headers["ocp-batch-file-mode"] == "0100644"
    assert answer.headers["ocp-batch-file-url"].endswith(STDOUT)
    assert "Last-Modified" in answer.headers
    assert files("GET", "/startup/stderr.txt").raw == b"cat: none: No such file or directory\n"
    assert files("GET", "/startup/wd/note").raw == b"kept\n"
    assert files("GET", "/startup%2Fwd%2Fnote").raw == b"kept\n"


def test_a_file_is_told_about(files):
    answer = files("HEAD", f"/{STDOUT}")
    assert (answer.status, answer.raw, answer.headers["Content-Length"]) == (200, b"", "6")
    answer = files("HEAD", "/startup/wd")
    assert (answer.status, answer.headers["ocp-batch-file-isdirectory"]) == (200, "true")
    answer = files("HEAD", "/none")
    assert (answer.status, answer.raw) == (404, b"")


@pytest.mark.parametrize(
    ("wanted", "content"),
    [("bytes=0-0", b"h"), ("bytes=1-3", b"ell"), ("bytes=4-", b"o\n"), ("bytes=5-99", b"\n")],
)
def test_a_part_of_a_file_is_read(files, wanted, content):
    assert files("GET", f"/{STDOUT}", headers={"ocp-range": wanted}).raw == content


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ("bytes=6-7", 416, "InvalidRange"),
        ("bytes=3-1", 400, "InvalidHeaderValue"),
        ("bytes=-3", 400, "InvalidHeaderValue"),
        ("lines=1-2", 400, "InvalidHeaderValue"),
        ("bytes=" + "9" * 30 + "-", 400, "InvalidHeaderValue"),
    ],
)
def test_parts_that_are_refused(files, wanted, status, code):
    answer = files("GET", f"/{STDOUT}", headers={"ocp-range": wanted})
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("path", ["/none", "/startup/none", "/..%2F..%2Fetc%2Fhostname", "/../../../etc/os-release"])
def test_what_is_not_there_or_outside(files, path):
    answer = files("GET", path)
    assert (answer.status, answer.code) == (404, "FileNotFound")


def test_a_directory_can_not_be_read(files):
    answer = files("GET", "/startup")
    assert (answer.status, answer.code) == (409, "OperationInvalidForCurrentState")


def test_conditions_of_time(files):
    changed = files("GET", f"/{STDOUT}").headers["Last-Modified"]
    long_ago = "Thu, 01 Jan 2026 00:00:00 GMT"
    for method in ("GET", "HEAD"):
        assert files(method, f"/{STDOUT}", headers={"If-Modified-Since": changed}).status == 304
        assert files(method, f"/{STDOUT}", headers={"If-Modified-Since": long_ago}).status == 200
        assert files(method, f"/{STDOUT}", headers={"If-Unmodified-Since": changed}).status == 200
        assert files(method, f"/{STDOUT}", headers={"If-Unmodified-Since": long_ago}).status == 412


def test_a_file_is_deleted(files):
    assert files("DELETE", "/startup/wd/note").status == 200
    assert files("GET", "/startup/wd/note").status == 404
    assert files("DELETE", "/startup/wd/note").code == "FileNotFound"


def test_a_directory_is_deleted_with_all_that_is_in_it(files):
    answer = files("DELETE", "/startup/wd")
    assert (answer.status, answer.code) == (409, "OperationInvalidForCurrentState")
    assert files("DELETE", "/startup/wd", query={"recursive": "true"}).status == 200
    assert files("GET", "/startup/wd/note").status == 404


def test_files_stay_over_a_reboot_and_go_with_a_new_image(files):
    files.node.machine.write("/mnt/batch/tasks/shared/data", "x")
    url = files.node.id
    for action, status in (("reboot", 200), ("reimage", 404)):
        assert files.client.send("POST", f"/pools/p/nodes/{url}/{action}").status == 202
        assert files("GET").code in {"NodeBeingRebooted", "NodeBeingReimaged"}
        files.client.clock.advance(200)
        assert files("GET", "/shared/data").status == status
        assert files("GET", f"/{STDOUT}").raw == b"hello\n"


def test_files_of_windows_nodes(client):
    task = {"commandLine": "cmd /c echo hello"}
    (node,) = client.ready(targetDedicatedNodes=1, virtualMachineConfiguration=WINDOWS, startTask=task)
    base = f"/pools/p/nodes/{node['id']}/files"
    listed = client.send("GET", base, query={"recursive": "true"})
    assert "startup\\stdout.txt" in names(listed)
    for path in ("/startup%5Cstdout.txt", "/startup/stdout.txt"):
        answer = client.send("GET", base + path)
        assert answer.raw == b"hello\n"
        assert "ocp-creation-time" in answer.headers
        assert "ocp-batch-file-mode" not in answer.headers


def test_a_node_has_room_for_so_much(files):
    machine = files.node.machine
    assert not machine.write("/mnt/batch/tasks/shared/big", "x" * 300_000)
    assert files("HEAD", "/shared/big").headers["Content-Length"] < "262145"
    assert not machine.write("/mnt/batch/tasks/shared/more", "x")
