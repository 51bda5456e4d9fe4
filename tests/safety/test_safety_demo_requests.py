"""Requests to the embedded service that nobody with the account's key made."""

import base64
import json

import pytest
from raw_requests import VERSION, send, signature, signed

from batch_widgets.demo import DemoService, routes

OTHER_KEY = base64.b64encode(b"another account's key").decode()
FAR_MINUTES = 16


@pytest.fixture(scope="module")
def service():
    with DemoService(nodes=2, speed=1) as service:
        yield service


@pytest.fixture(scope="module")
def operations(service):
    """Verb and path of what the service does, for things that are there, by operation."""
    node = next(iter(service._state.pool("demo").nodes))
    names = {
        "poolId": "demo",
        "nodeId": node,
        "userName": "alice",
        "filePath": "startup",
        "applicationId": "blender",
        "extensionName": "x",
        "subscriptionId": service.subscription_id,
        "resourceGroupName": service.resource_group,
        "accountName": service.account_name,
        "locationName": service.location,
    }
    return {
        operation: (verb, path.format(**names))
        for operation, (verb, path) in routes.OPERATIONS.items()
        if operation in service._core.operations
    }


def of(operations, surface):
    return {name: asked for name, asked in operations.items() if routes.surface_of(asked[1]) == surface}


@pytest.fixture
def unchanged(service):
    """Fail if pools or nodes are others afterwards."""

    def seen():
        pools = json.loads(signed(service, "GET", "/pools")[2])["value"]
        nodes = json.loads(signed(service, "GET", "/pools/demo/nodes")[2])["value"]
        return pools, nodes

    before = seen()
    yield
    assert seen() == before


def unsigned_forms(service, method, path):
    """The headers of requests that must be refused, by what is wrong with them."""
    good = signature(service, method, path)
    account, _, _ = good["Authorization"].rpartition(":")
    other_method = "GET" if method != "GET" else "HEAD"
    return {
        "unsigned": {"ocp-date": good["ocp-date"]},
        "no headers": {},
        "empty signature": {**good, "Authorization": f"{account}:"},
        "another key": signature(service, method, path, key=OTHER_KEY),
        "another account": signature(service, method, path, account="other"),
        "another account's name": {**good, "Authorization": good["Authorization"].replace(" demo:", " other:")},
        "another scheme": {**good, "Authorization": good["Authorization"].replace("SharedKey", "SharedKeyLite")},
        "a token": {**good, "Authorization": f"Bearer {service.management_token}"},
        "a password": {**good, "Authorization": f"Basic {service.account_key}"},
        "another verb's": signature(service, other_method, path),
        "another path's": signature(service, method, f"{path}x"),
        "another query's": signature(service, method, path, f"{VERSION}&timeout=30"),
        "another length's": signature(service, method, path, length="7"),
        "too old": signature(service, method, path, minutes=-FAR_MINUTES),
        "too new": signature(service, method, path, minutes=FAR_MINUTES),
        "no date": {**good, "ocp-date": None},
        "another date": {**good, "ocp-date": signature(service, method, path, minutes=-3)["ocp-date"]},
        "two dates": {**signature(service, method, path, minutes=-FAR_MINUTES), "Date": good["ocp-date"]},
    }


@pytest.mark.safety("Demo: requests without a signature, or with a wrong or stale one")
def test_only_the_key_opens(service, operations, attempts, unchanged):
    for name, (method, path) in of(operations, "batch").items():
        for form, headers in unsigned_forms(service, method, path).items():
            status, _, _ = send(service, method, path, VERSION, headers)
            attempts.case(f"{form}: {name}", got_through=status not in {400, 403} and status)


def test_requests_that_are_signed_pass(service, operations):
    """Else all would be refused for another reason than their signature."""
    with DemoService(nodes=2, speed=1) as other:
        asked = of(operations, "batch")
        assert len(asked) == 36
        statuses = {name: signed(other, method, path)[0] for name, (method, path) in reversed(asked.items())}
        assert {name for name, status in statuses.items() if status in {401, 403}} == set()
        assert statuses["list_pools"] == statuses["get_node_remote_login_settings"] == 200


@pytest.mark.safety("Demo: management calls without the token")
def test_only_the_token_opens_the_management_calls(service, operations, attempts):
    token = service.management_token
    for name, (method, path) in of(operations, "management").items():
        assert send(service, method, path, headers={"Authorization": f"Bearer {token}"})[0] == 200
        for headers in (
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": f"Bearer {token[:-1]}"},
            {"Authorization": f"Bearer {token}x"},
            {"Authorization": f"Basic {token}"},
            {"Authorization": token},
            {"Authorization": f"Bearer {service.account_key}"},
            signature(service, method, path),
        ):
            status, _, _ = send(service, method, path, headers=headers)
            attempts.case(f"{name} with {headers}", got_through=status != 401 and status)


# What was signed, and what is sent with that signature instead.
CHANGED_QUERIES = [
    ("maxresults=1", ""),
    ("maxresults=1", "maxresults=2"),
    ("maxresults=1", "maxresults=2&maxresults=1"),
    ("maxresults=1", "maxresults=1&maxresults=2"),
    ("maxresults=1", "maxresults=2&MAXRESULTS=1"),
    ("maxresults=1", "MAXRESULTS=2&maxresults=1"),
    ("maxresults=1", "maxresults=1&MAXRESULTS=2"),
    ("maxresults=1", "MAXRESULTS=1&maxresults=2"),
    ("maxresults=1", "maxresults=1&timeout=3"),
    ("maxresults=1", "maxresults=1&%24select=id"),
    ("maxresults=1", "maxresults=2%0Amaxresults:1"),
    ("maxresults=1&timeout=3", "maxresults=1%0Atimeout:3"),
    ("%24select=id&timeout=3", "%24select=id%0Atimeout:3"),
    ("%24filter=state%20eq%20'idle'", ""),
    ("%24filter=state%20eq%20'offline'", "%24filter=&%24filter=state%20eq%20'offline'"),
    ("%24filter=state%20eq%20'offline'", "%24FILTER=&%24filter=state%20eq%20'offline'"),
    ("%24filter=state%20eq%20'offline'", "%24filter=state%20eq%20'offline'&%24filter=state%20eq%20'idle'"),
    ("%24filter=state%20eq%20'offline'", "%24filter=state%20eq%20'idle'&%24Filter=state%20eq%20'offline'"),
    ("%24filter=state%20eq%20'offline'&%24select=id", "%24filter=state%20eq%20'offline'%0A%24select:id"),
    ("%24select=id", "%24select=id,state&%24select=id"),
    ("%24select=id", "%24select=id;%24select=state"),
    ("%24select=id%0Atimeout:3", "%24select=id&timeout=3"),
    # The SDK leaves parameters without a value out of what it signs; they must then mean nothing.
    ("maxresults=1", "maxresults=1&maxresults="),
    ("maxresults=1", "maxresults=&maxresults=1"),
    ("maxresults=1", "maxresults=1&%24filter="),
    ("maxresults=1", "maxresults=1&%24select="),
    ("maxresults=1", "maxresults=1&timeout="),
    ("maxresults=1", "maxresults=1&%24skiptoken="),
]


def told(body):
    return json.loads(body).get("value")


@pytest.mark.safety("Demo: signed requests sent again with another query")
def test_a_signature_is_for_one_query(service, attempts):
    path = "/pools/demo/nodes"
    for before, after in CHANGED_QUERIES:
        headers = signature(service, "GET", path, f"{VERSION}&{before}")
        sent = f"{VERSION}&{after}" if after else VERSION
        status, _, body = send(service, "GET", path, sent, headers)
        if "%0A" not in before:
            as_signed, _, wanted = send(service, "GET", path, f"{VERSION}&{before}", headers)
            assert as_signed == 200
            means_the_same = after.endswith("=") and told(body) == told(wanted)
        attempts.case(f"{before} -> {after}", got_through=status < 400 and not means_the_same and (status, body))


@pytest.mark.safety("Demo: names of hosts that only a misled browser uses")
def test_foreign_hosts_are_refused(service, operations, attempts):
    port = service.endpoint.rpartition(":")[2]
    hosts = (
        *("evil.example", f"evil.example:{port}", f"127.0.0.1.nip.example:{port}", f"localhost.:{port}"),
        *("127.0.0.1", "localhost", "127.0.0.1:1", f"127.0.0.2:{port}", f"0.0.0.0:{port}", f"[::1]:{port}"),
        *(
            "",
            f"127.0.0.1:{port}, evil.example",
            f"evil.example@127.0.0.1:{port}",
            f"127.1:{port}",
            f"2130706433:{port}",
        ),
    )
    asked = {"list_pools", "create_pool", "delete_pool", "get_batch_account", "list_retail_prices"}
    for name in sorted(asked):
        method, path = operations[name]
        headers = {**signature(service, method, path)}
        if routes.surface_of(path) == "management":
            headers = {"Authorization": f"Bearer {service.management_token}"}
        for host in hosts:
            status, _, body = send(service, method, path, VERSION, {**headers, "Host": host})
            attempts.case(f"{name} at {host!r}", got_through=status != 400 and (status, body))
