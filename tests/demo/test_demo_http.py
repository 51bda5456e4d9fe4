"""What holds for every request: signatures, versions, paths, verbs, bodies, headers, errors."""

import re
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.demo import routes
from batch_widgets.demo.auth import sign, string_to_sign
from batch_widgets.demo.core import MOST_BODY_BYTES
from batch_widgets.demo.wire import parse_duration, timestamp

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


def test_an_answer_has_the_headers_of_the_service(client):
    answer = client.send("GET", "/pools/legacy-pool")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;odata=minimalmetadata"
    assert answer.headers["DataServiceVersion"] == "3.0"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["request-id"])
    assert answer.headers["ETag"].strip('"') == answer.json["eTag"]
    assert answer.headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert "client-request-id" not in answer.headers


def test_the_client_request_id_comes_back_when_asked_for(client):
    headers = {"client-request-id": "abc-1", "return-client-request-id": "true"}
    assert client.send("GET", "/pools", headers=headers).headers["client-request-id"] == "abc-1"
    headers["client-request-id"] = "a\r\nInjected: 1"
    assert "client-request-id" not in client.send("GET", "/pools", headers=headers).headers


def test_an_error_has_the_body_of_the_service(client):
    answer = client.send("GET", "/pools/none")
    assert answer.status == 404
    assert answer.code == "PoolNotFound"
    assert answer.json["message"]["lang"] == "en-US"
    text, request, time = answer.json["message"]["value"].split("\n")
    assert text
    assert request == f"RequestId:{answer.headers['request-id']}"
    assert TIME.fullmatch(time.removeprefix("Time:"))
    assert answer.json["odata.metadata"].endswith("Container.errors/@Element")


def test_head_answers_have_no_body(client):
    assert client.send("HEAD", "/pools/legacy-pool").raw == b""
    missing = client.send("HEAD", "/pools/none")
    assert (missing.status, missing.raw) == (404, b"")


@pytest.mark.parametrize("wrong", [{"key": "d3Jvbmc="}, {"account": "other"}])
def test_a_wrong_signature_is_refused(client, wrong):
    answer = client.send("GET", "/pools", **wrong)
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


def test_the_signature_is_over_the_path_as_it_travelled(client):
    assert client.send("GET", "/pools/a%20b%2Fc").code == "PoolNotFound"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer abc", "SharedKey", "SharedKey x", "SharedKey demo:ü", "Basic a:b"]
)
def test_no_signature_is_refused(client, authorization):
    status, _, _ = client.core.handle(
        "GET", "/pools", "api-version=2025-06-01", {"Authorization": authorization, "ocp-date": "x"}, b""
    )
    assert status in {400, 403}


@pytest.mark.parametrize("query", ["api-version=2025-06-01&timeOut=30", "api-version=2025-06-01&%24select=&timeout=5"])
@pytest.mark.parametrize("documented", [False, True])
def test_queries_may_be_signed_as_documented_or_as_the_sdk_does(client, query, documented):
    headers = {"ocp-date": "Fri, 02 Jan 2026 03:04:05 GMT"}
    text = string_to_sign("GET", "/pools", query, headers, "demo", as_documented=documented)
    assert ("timeOut" in text) is ("timeOut" in query and not documented)
    headers["Authorization"] = f"SharedKey demo:{sign(text, client.core._key)}"
    assert client.core.handle("GET", "/pools", query, headers, b"")[0] == 200
    assert client.core.handle("GET", "/pools", query.replace("5", "6"), headers, b"")[0] == 403


@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_stale_date_is_refused(client, seconds):
    moment = client.core._wall() + timedelta(seconds=seconds)
    client.core._wall = lambda: moment
    answer = client.send("GET", "/pools")
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Jan 2026 03:04:05 GMT", "2026-01-02"])
def test_a_date_that_is_none_is_refused(client, date):
    assert client.send("GET", "/pools", headers={"ocp-date": date}).status == 403


@pytest.mark.parametrize("version", ["2025-06-01", "2024-07-01.20.0", "2024-02-01.19.0"])
def test_known_versions_are_spoken(client, version):
    assert client.send("GET", "/pools", version=version).status == 200


def test_other_versions_are_not(client):
    assert client.send("GET", "/pools", version="2019-01-01.1.0").code == "UnsupportedRequestVersion"
    assert client.send("GET", "/pools", version=None).code == "MissingRequiredQueryParameter"


def test_foreign_hosts_are_refused(client):
    client.core.allowed_hosts = frozenset({"127.0.0.1:80", "localhost:80"})
    assert client.send("GET", "/pools", headers={"Host": "127.0.0.1:80"}).status == 200
    assert client.send("GET", "/pools", headers={"Host": "LOCALHOST:80"}).status == 200
    for host in ("evil.example:80", "127.0.0.1", ""):
        assert client.send("GET", "/pools", headers={"Host": host}).code == "InvalidHeaderValue"


def test_unknown_paths_and_verbs(client):
    assert client.send("GET", "/nothing").code == "ResourceNotFound"
    assert client.send("GET", "/pools//nodes").code == "ResourceNotFound"
    for verb in ("PUT", "TRACE", "OPTIONS"):
        answer = client.send(verb, "/pools")
        assert (answer.status, answer.code) == (405, "UnsupportedHttpVerb")
    for verb in ("PROPFIND", "BREW", "get"):
        answer = client.send(verb, "/pools")
        assert (answer.status, answer.code) == (400, "InvalidHttpVerb")


def test_what_is_not_simulated_says_so(client):
    known = set(client.core._operations)
    for path, verbs in routes.TABLE.items():
        for verb, operation in verbs.items():
            if operation not in known:
                answer = client.send(verb, re.sub(r"\{\w+\}", "x", path))
                assert answer.status == 501, (verb, path)
                if verb != "HEAD":
                    assert answer.code == "NotImplemented"
                    assert operation in answer.details["Reason"]


def test_unknown_query_parameters_are_refused(client):
    assert client.send("GET", "/pools", query={"colour": "red"}).code == "UnsupportedQueryParameter"
    assert client.send("GET", "/pools", query={"timeOut": "30"}).status == 200
    assert client.send("GET", "/pools", query={"timeout": "soon"}).code == "InvalidQueryParameterValue"
    assert client.send("GET", "/supportedimages", query={"$expand": "stats"}).code == "UnsupportedQueryParameter"
    assert client.send("GET", "/pools", query={"$expand": "nodes"}).code == "InvalidQueryParameterValue"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"1", b"\xff\xfe", b'{"id":NaN}', b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000],
)
def test_bodies_that_are_no_object_are_refused(client, body):
    answer = client.send("POST", "/pools", body)
    assert (answer.status, answer.code) == (400, "InvalidRequestBody")


def test_a_large_body_is_refused(client):
    answer = client.send("POST", "/pools", b" " * (MOST_BODY_BYTES + 1))
    assert (answer.status, answer.code) == (413, "RequestBodyTooLarge")


def test_requests_are_counted(client):
    client.send("GET", "/pools")
    client.send("GET", "/pools")
    client.send("GET", "/nothing")
    assert client.core.counts() == {("GET", "list_pools"): 2, ("GET", "unknown"): 1}


def test_a_fault_of_the_simulation_is_told_without_a_trace(client, caplog):
    client.core._operations["list_pools"] = lambda _request: 1 / 0
    answer = client.send("GET", "/pools")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert b"ZeroDivisionError" not in answer.raw
    assert "ZeroDivisionError" in caplog.text


def test_conditions_are_kept(client):
    tag = client.pool("legacy-pool")["eTag"]
    path = "/pools/legacy-pool"
    assert client.send("GET", path, headers={"If-None-Match": tag}).status == 304
    assert client.send("GET", path, headers={"If-Match": f'"{tag}"'}).status == 200
    assert client.send("GET", path, headers={"If-Modified-Since": "Fri, 02 Jan 2026 03:04:05 GMT"}).status == 304
    assert client.send("DELETE", path, headers={"If-Match": "0x1"}).code == "ConditionNotMet"
    assert client.send("DELETE", path, headers={"If-None-Match": "*"}).status == 412
    assert client.send("DELETE", path, headers={"If-Unmodified-Since": "junk"}).code == "InvalidHeaderValue"
    old = "Thu, 01 Jan 2026 00:00:00 GMT"
    assert client.send("DELETE", path, headers={"If-Unmodified-Since": old}).status == 412
    assert client.send("DELETE", path, headers={"If-Match": tag}).status == 202


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BODY_PATHS = ("/pools", "/pools/demo/resize", "/pools/demo/nodes/{node}/users")
POOL_KEYS = st.sampled_from(
    [
        *("id", "vmSize", "virtualMachineConfiguration", "targetDedicatedNodes", "startTask", "networkConfiguration"),
        *("name", "password", "sshPublicKey", "expiryTime", "isAdmin", "resizeTimeout", "taskSlotsPerNode"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(path=st.sampled_from(BODY_PATHS), body=JSON | st.dictionaries(POOL_KEYS, JSON) | st.binary())
def test_no_body_breaks_the_service(module_client, path, body):
    node = next(iter(module_client.state.pool("demo").nodes))
    assert module_client.send("POST", path.format(node=node), body).status < 500


@settings(max_examples=100, deadline=None)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"]) | st.text(max_size=5),
    path=st.text(max_size=30) | st.sampled_from(["pools", "supportedimages", "pools/demo/nodes", "pools/%ff"]),
    query=st.text(max_size=40)
    | st.dictionaries(
        st.sampled_from(["maxresults", "$filter", "$select", "$skiptoken", "timeout"]), st.text(max_size=20)
    ).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs.items())),
    headers=st.dictionaries(st.sampled_from(["If-Match", "If-Modified-Since", "client-request-id", "Host"]), st.text()),
)
def test_no_request_breaks_the_service(module_client, method, path, query, headers):
    answer = module_client.send_raw(method, f"/{path}", f"api-version=2025-06-01&{query}", b"", headers=headers)
    assert answer.status < 500 or answer.status == 501


@given(days=st.integers(0, 999), hours=st.integers(0, 99), minutes=st.integers(0, 99), seconds=st.integers(0, 999))
def test_durations_are_read(days, hours, minutes, seconds):
    expected = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(f"P{days}DT{hours}H{minutes}M{seconds}S") == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "15M", "PT15", "P1DT", "-PT5M", "pt5m", "PT5M\n", "P1Y"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11)), timezone(timedelta(hours=14))])))
def test_timestamps_have_seven_digits_and_z(moment):
    try:
        text = timestamp(moment)
    except OverflowError:
        return
    assert TIME.fullmatch(text)
