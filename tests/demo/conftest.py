"""The simulated service without a network: signed requests straight to its core, on a clock that stands still."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from sample_bodies import SSH_MAPPING, UBUNTU

from batch_widgets.demo import SteppedClock
from batch_widgets.demo.auth import sign, string_to_sign
from batch_widgets.demo.core import Core
from batch_widgets.demo.seeding import add_first_pools
from batch_widgets.demo.state import Quota, State

KEY = "c2VjcmV0IGtleSBmb3IgdGVzdHM="
WALL = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
OCP_DATE = "Fri, 02 Jan 2026 03:04:05 GMT"


class Answer:
    """An answer, its body read."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.raw = body
        is_json = "json" in headers.get("Content-Type", "")
        self.json = json.loads(body) if body and is_json else None

    @property
    def code(self):
        return self.json["code"]

    @property
    def details(self):
        return {item["key"]: item["value"] for item in self.json.get("values", ())}


class Client:
    """Signs requests and hands them to a core."""

    def __init__(self, nodes=0, quota=None, clock=None, seed=0, troubles=None):
        self.clock = clock or SteppedClock(START)
        self.state = State(self.clock, seed, "demo", quota or Quota(), troubles)
        self.core = Core(self.state, KEY, wall=lambda: WALL)
        add_first_pools(self.state, nodes)

    def send(self, method, path, body=None, *, query=None, headers=None, key=KEY, account="demo", version="2025-06-01"):
        parameters = {**({"api-version": version} if version else {}), **(query or {})}
        raw_query = "&".join(f"{quote(k, safe='$')}={quote(v)}" for k, v in parameters.items())
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.send_raw(method, path, raw_query, raw, headers=headers, key=key, account=account)

    def send_raw(self, method, path, raw_query, raw, *, headers=None, key=KEY, account="demo"):
        sent = {"ocp-date": OCP_DATE, **({"content-length": str(len(raw))} if raw else {}), **(headers or {})}
        lowered = {name.lower(): value for name, value in sent.items()}
        signature = sign(string_to_sign(method, path, raw_query, lowered, account), key)
        sent["Authorization"] = f"SharedKey {account}:{signature}"
        return Answer(*self.core.handle(method, path, raw_query, sent, raw))

    def manage(self, path, *, method="GET", query=None, headers=None, version="2025-06-01"):
        """Call the management API with its token."""
        sent = {"Authorization": f"Bearer {self.core.management_token}", **(headers or {})}
        parameters = {**({"api-version": version} if version else {}), **(query or {})}
        return self.ask(path, method=method, query=parameters, headers=sent)

    def ask(self, path, *, method="GET", query=None, headers=None):
        """Send a request without a signature."""
        raw_query = "&".join(f"{quote(k, safe='$')}={quote(v)}" for k, v in (query or {}).items())
        return Answer(*self.core.handle(method, path, raw_query, headers or {}, b""))

    def create(self, pool_id="p", **more):
        body = {
            "id": pool_id,
            "vmSize": "Standard_D2s_v3",
            "virtualMachineConfiguration": UBUNTU,
            "targetDedicatedNodes": 2,
            **more,
        }
        return self.send("POST", "/pools", {name: value for name, value in body.items() if value is not ...})

    def pool(self, pool_id="p"):
        return self.send("GET", f"/pools/{pool_id}").json

    def nodes(self, pool_id="p"):
        return self.send("GET", f"/pools/{pool_id}/nodes").json["value"]

    def ready(self, **more):
        """Create the pool p, wait until its nodes are ready, and return them."""
        answer = self.create(**more)
        assert answer.status == 201, answer.json
        self.clock.advance(200)
        return self.nodes()

    def states(self, pool_id="p"):
        return sorted({node["state"] for node in self.nodes(pool_id)})


@pytest.fixture
def client():
    return Client()


@pytest.fixture(scope="module")
def module_client():
    """A client with a pool of two nodes that many examples share."""
    return Client(nodes=2)


@pytest.fixture
def make_client():
    return Client


@pytest.fixture
def nat_pool():
    """Make an inbound NAT pool, with some properties changed."""

    def make(**more):
        return {**SSH_MAPPING, **more}

    return make


@pytest.fixture(scope="session")
def make_module_client():
    """The class of clients, for examples that each need a service of their own."""
    return Client
