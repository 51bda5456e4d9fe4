"""Requests made from the service's definition, fitting and not: no crash, no answer that the definition doesn't know.

``make test`` tries some of each operation, ``make test-slow`` many more.
"""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from official_definition import DEFINITION, check_answer
from sample_bodies import SSH_NETWORK, UBUNTU

from batch_widgets.demo import DemoService, SteppedClock, routes
from batch_widgets.demo.auth import sign, string_to_sign
from batch_widgets.demo.errors import MESSAGES
from batch_widgets.demo.seeding import add_first_pools
from batch_widgets.demo.state import NodeUser

VERSION = "2024-07-01.20.0"
DOCUMENTED = {(503, "TooManyEnableAutoScaleRequests")}
_METHODS = ("get", "head", "post", "put", "patch", "delete")


def simulated():
    """Return the definition with nothing but the operations that are simulated."""
    spec = json.loads(DEFINITION.read_text(encoding="utf-8"))
    with DemoService(nodes=0) as service:
        operations = service._core.operations
    for path, verbs in list(spec["paths"].items()):
        for method in _METHODS:
            if method in verbs and routes.TABLE.get(path, {}).get(method.upper()) not in operations:
                del verbs[method]
            else:
                verbs.get(method, {}).pop("x-ms-examples", None)
        if not verbs.keys() & set(_METHODS):
            del spec["paths"][path]
    return spec


seen = Counter()
spec = simulated()
IDS = [verbs[method]["operationId"] for verbs in spec["paths"].values() for method in _METHODS if method in verbs]
schema = schemathesis.openapi.from_dict(spec)


@pytest.fixture
def service():
    with DemoService(nodes=2, clock=SteppedClock()) as service:
        yield service


@pytest.fixture
def session(service):
    with requests.Session() as session:
        session.auth = SharedKey(service)
        yield session


class SharedKey(requests.auth.AuthBase):
    """Signs what is really sent."""

    def __init__(self, service):
        self._service = service

    def __call__(self, request):
        parts = urlsplit(request.url)
        request.headers["ocp-date"] = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        lowered = {name.lower(): value for name, value in request.headers.items()}
        text = string_to_sign(request.method, parts.path, parts.query, lowered, "demo")
        request.headers["Authorization"] = f"SharedKey demo:{sign(text, self._service.account_key)}"
        return request


def examples(count):
    return settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )


def check_answers(case, service, session):
    chance = hashlib.sha256(repr((case.path_parameters, case.query, case.body)).encode()).digest()
    if chance[0] % 4:
        aim(case, service, chance[1])
    response = case.call(base_url=service.endpoint, session=session)
    is_json = "json" in response.headers.get("content-type", [""])[0]
    body = response.json() if response.content and is_json else response.content or None
    code = body["code"] if isinstance(body, dict) and "code" in body else None
    assert response.headers["request-id"]
    if response.status_code >= 500:
        assert (response.status_code, code) in DOCUMENTED
    elif response.status_code >= 400 and case.method != "HEAD":
        assert MESSAGES[code][0] == response.status_code
    if case.method != "HEAD":
        check_answer(case.operation.definition.raw["operationId"], response.status_code, body)
    seen[case.operation.label, response.status_code] += 1


def aim(case, service, chance):
    """Aim a request at things that are there: most others are refused at the door."""
    service.clock.advance(200)
    state = service._state
    state.advance()
    if "demo" not in [pool.id for pool in state.pools()]:
        for pool in state.pools():
            state.forget_pool(pool)
        add_first_pools(state, 2)
    nodes = list(state.pool("demo").nodes.values())
    if not nodes:
        nodes = [state.add_node(state.pool("demo"), state.now(), dedicated=True)]
    nodes[0].users["alice"] = NodeUser("alice", is_admin=False, expiry=state.now())
    there = {
        "poolId": "demo",
        "nodeId": nodes[0].id,
        "userName": "alice",
        "filePath": ["startup", "shared/f", "none"][chance % 3],
        "applicationId": "ffmpeg",
        "extensionName": "batchNodeExtension",
    }
    nodes[0].machine.write("/mnt/batch/tasks/shared/f", "hello")
    case.path_parameters = {name: there[name] for name in case.path_parameters or {}}
    case.query = {**(case.query or {}), "api-version": VERSION}
    if chance % 8:
        case.query = {name: value for name, value in case.query.items() if name in {"api-version", "recursive"}}
        conditions = {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "ocp-range"}
        case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() not in conditions}
    if isinstance(case.body, dict):
        kept = set() if chance % 2 else DEEP
        good = {name: value for name, value in GOOD.items() if name not in kept}
        good |= {"nodeList": [node.id for node in nodes], "id": f"p{chance}"}
        case.body = {**case.body, **{name: good[name] for name in case.body if name in good}}
        if case.body.get("enableAutoScale") is not True and "targetDedicatedNodes" in case.body:
            case.body = {name: value for name, value in case.body.items() if not name.startswith("autoScale")}
        if chance % 4 == 1:
            case.body = {name: value for name, value in case.body.items() if name in good}


GOOD = {
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": UBUNTU,
    "sshPublicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl1AviSp2LzfrRzrEVNdSBlqVh/C6cnvuyjD1R5/5ub alice@home",
    "password": "Secret-42",
    "name": "bob",
    "autoScaleFormula": "$TargetDedicatedNodes = 2",
    "autoScaleEvaluationInterval": "PT8M",
    "resizeTimeout": "PT15M",
    "taskSlotsPerNode": 1,
    "startTask": {"commandLine": "/bin/sh -c 'echo hello'"},
    "targetDedicatedNodes": 1,
    "networkConfiguration": SSH_NETWORK,
    "containerUrl": "https://contoso.blob.core.windows.net/logs?sig=none",
    "startTime": "2026-01-02T03:04:05Z",
    "endTime": "2026-01-02T04:04:05Z",
}

DEEP = {"startTask", "networkConfiguration"}

OUT_OF_REACH = {
    # They need a pool or node in a state that a single request doesn't bring about.
    "POST /pools/{poolId}/disableautoscale",
    "POST /pools/{poolId}/evaluateautoscale",
    "POST /pools/{poolId}/stopresize",
    "POST /pools/{poolId}/nodes/{nodeId}/enablescheduling",
    "POST /pools/{poolId}/nodes/{nodeId}/start",
}


def make_test(operation_id, count, *marks):
    @schema.include(operation_id=operation_id).parametrize()
    @examples(count)
    def test(case, service, session):
        check_answers(case, service, session)

    for mark in marks:
        test = mark(test)
    return test


# A function for each operation: schemathesis gives one function's operations one node id, which pytest-xdist runs once.
for operation_id in sorted(IDS):
    globals()[f"test_{operation_id}"] = make_test(operation_id, 15)
    globals()[f"test_many_of_{operation_id}"] = make_test(operation_id, 400, pytest.mark.slow, pytest.mark.timeout(600))


def test_every_operation_was_done_at_least_once():
    """The examples above are no proof if all of them are refused at the door."""
    done = {label for label, status in seen if status < 300}
    tried = {label for label, _ in seen}
    assert tried - done <= OUT_OF_REACH
    assert len(tried) in {0, len(IDS)}
