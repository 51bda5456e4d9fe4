"""Faults on demand, as clients meet them."""

import asyncio
import http.client
import json
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from azure.batch import BatchClient
from azure.batch.aio import BatchClient as AsyncBatchClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from batch_widgets.demo import DemoService, Fault, Faults
from batch_widgets.demo.auth import sign, string_to_sign


@pytest.fixture
def service():
    with DemoService(nodes=2, speed="instant") as service:
        yield service


class Raw:
    """A signed request, its answer with status and headers."""

    def __init__(self, service, method="GET", path="/pools", body=None, timeout=10):
        query = "api-version=2025-06-01"
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {
            "ocp-date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "content-length": str(len(raw)),
        }
        signature = sign(string_to_sign(method, path, query, headers, "demo"), service.account_key)
        connection = http.client.HTTPConnection(urlsplit(service.endpoint).netloc, timeout=timeout)
        began = time.monotonic()
        try:
            connection.request(
                method, f"{path}?{query}", raw, {**headers, "Authorization": f"SharedKey demo:{signature}"}
            )
            answer = connection.getresponse()
            self.first_byte_s = time.monotonic() - began
            self.status, self.headers = answer.status, answer.headers
            self.json = json.loads(answer.read() or b"{}")
        finally:
            self.seconds = time.monotonic() - began
            connection.close()


POOL = {
    "id": "p",
    "vmSize": "Standard_D2s_v3",
    "virtualMachineConfiguration": {
        "imageReference": {"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"},
        "nodeAgentSKUId": "batch.node.ubuntu 22.04",
    },
    "targetDedicatedNodes": 0,
}


def test_throttling_says_how_long_to_wait(service):
    service.faults.add(Fault("throttle", times=1, seconds=7))
    answer = Raw(service)
    assert (answer.status, answer.json["code"]) == (429, "TooManyRequests")
    assert answer.headers["Retry-After"] == "7"
    assert Raw(service).status == 200
    assert len(service.faults) == 0


def test_throttling_without_a_word_on_when_to_come_back(service):
    service.faults.add("throttle seconds=0")
    assert "Retry-After" not in Raw(service).headers


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "ServerBusy")])
def test_errors_of_the_service(service, status, code):
    service.faults.add(f"error status={status} method=POST times=1")
    assert Raw(service).status == 200
    answer = Raw(service, "POST", body=POOL)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert Raw(service, path="/pools/p").status == 404
    assert Raw(service, "POST", body=POOL).status == 201


def test_a_reset_before_the_work(service):
    service.faults.add("reset operation=create_pool times=1")
    with pytest.raises(ConnectionResetError):
        Raw(service, "POST", body=POOL)
    assert Raw(service, path="/pools/p").status == 404


def test_an_answer_lost_after_the_work(service):
    service.faults.add("lost operation=create_pool times=1")
    with pytest.raises(ConnectionResetError):
        Raw(service, "POST", body=POOL)
    assert Raw(service, path="/pools/p").status == 200


def test_latency_meets_only_those_it_is_meant_for(service):
    service.faults.add("latency seconds=0.5 operation=list_pools")
    assert Raw(service).seconds >= 0.5
    assert Raw(service, path="/nodecounts").seconds < 0.4


def test_latency_holds_nobody_else_up(service):
    service.faults.add("latency seconds=3 operation=list_pools times=5")
    slow = [threading.Thread(target=Raw, args=(service,)) for _ in range(5)]
    began = time.monotonic()
    for thread in slow:
        thread.start()
    time.sleep(0.2)
    assert Raw(service, path="/nodecounts").seconds < 1
    for thread in slow:
        thread.join()
    assert 3 <= time.monotonic() - began < 6


def test_a_slow_page(service):
    service.faults.add("slow seconds=1 operation=list_supported_images")
    answer = Raw(service, path="/supportedimages")
    assert answer.first_byte_s < 0.5
    assert answer.seconds >= 1
    assert len(answer.json["value"]) > 50


def test_latency_and_an_error_together(service):
    service.faults.add("latency seconds=0.3")
    service.faults.add("error status=503")
    answer = Raw(service)
    assert answer.status == 503
    assert answer.seconds >= 0.3


def test_stopping_does_not_wait_for_faults():
    service = DemoService(nodes=0).start()
    service.faults.add("latency seconds=600 operation=list_pools")
    service.faults.add("slow seconds=600 operation=list_supported_images")

    def ask(path):
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            Raw(service, path=path)

    waiting = [threading.Thread(target=ask, args=(path,)) for path in ("/pools", "/supportedimages")]
    for thread in waiting:
        thread.start()
    time.sleep(0.5)
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 5
    for thread in waiting:
        thread.join(5)
        assert not thread.is_alive()


def test_met_requests_count_too(service):
    service.faults.add("throttle operation=list_pools times=3")
    for _ in range(4):
        Raw(service)
    assert service.requests["GET", "list_pools"] == 4


def test_the_sdk_waits_and_tries_again(service):
    service.faults.add("throttle operation=list_pools times=2 seconds=1")
    service.faults.add("error status=503 operation=get_pool times=1")
    with client(service) as batch:
        began = time.monotonic()
        assert "demo" in [pool.id for pool in batch.list_pools()]
        assert time.monotonic() - began >= 2
        assert batch.get_pool("demo").id == "demo"
    assert service.requests["GET", "list_pools"] == 3
    assert service.requests["GET", "get_pool"] == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("throttle", HttpResponseError),
        ("error status=500", HttpResponseError),
        ("reset", (ServiceResponseError, ServiceRequestError)),
        ("lost", (ServiceResponseError, ServiceRequestError)),
        ("latency seconds=30", ServiceResponseError),
        ("slow seconds=30", (ServiceResponseError, ServiceRequestError)),
    ],
)
def test_the_sdk_fails_when_nothing_helps(service, fault, error):
    service.faults.add(fault)
    with client(service, retry_total=0, read_timeout=1) as batch, pytest.raises(error):
        batch.get_pool("demo")

    async def ask():
        async with async_client(service) as batch:
            with pytest.raises((*error,) if isinstance(error, tuple) else error):
                await batch.get_pool("demo")

    asyncio.run(ask())


def client(service, **more):
    return BatchClient(service.endpoint, AzureNamedKeyCredential("demo", service.account_key), **more)


def async_client(service):
    credential = AzureNamedKeyCredential("demo", service.account_key)
    return AsyncBatchClient(service.endpoint, credential, retry_total=0, read_timeout=1)


# without a network


def test_a_share_of_the_requests_is_met_the_same_in_each_run():
    def run(seed):
        faults = Faults(seed)
        faults.add(Fault("error", share=0.2))
        return [bool(faults.take("GET", "list_pools")) for _ in range(1000)]

    assert 150 < sum(run(1)) < 250
    assert run(1) == run(1)
    assert run(1) != run(2)


def test_faults_meet_requests_independently():
    faults = Faults(0)
    for kind in ("latency", "error"):
        faults.add(Fault(kind, share=0.5))
    met = [len(faults.take("GET", "list_pools")) for _ in range(1000)]
    assert 400 < met.count(1) < 600


def test_some_requests_pass_first():
    faults = Faults(0)
    faults.add(Fault("error", skip=2, times=2))
    met = [bool(faults.take("GET", "list_pools")) for _ in range(6)]
    assert met == [False, False, True, True, False, False]
    assert list(faults) == []


def test_faults_from_many_threads_are_counted_right():
    faults = Faults(0)
    faults.add(Fault("error", times=500))
    met = []

    def ask():
        met.extend(len(faults.take("GET", "x")) for _ in range(200))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(met) == 500


def test_faults_are_taken_away():
    faults = Faults(0)
    fault = faults.add("reset")
    assert list(faults) == [fault]
    faults.clear()
    assert faults.take("GET", "list_pools") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "kind of a fault must be one of latency, slow, throttle, error, reset, lost, not ''"),
        ("bang", "kind of a fault must be one of latency, slow, throttle, error, reset, lost, not 'bang'"),
        ("error operation=list_pool", "operation of a fault must be such as list_nodes, not 'list_pool'"),
        ("error method=get", "method of a fault must be such as GET, not 'get'"),
        ("error times=0", "times of a fault must be 1 or more, not 0"),
        ("error times=many", "times of a fault must be a number, not 'many'"),
        ("error share=2", "share of a fault must be from 0 to 1, not 2.0"),
        ("error skip=-1", "skip of a fault must be 0 or more, not -1"),
        ("error status=404", "status of a fault must be 500 or 503, not 404"),
        ("latency seconds=inf", "seconds of a fault must be 0 or more, not inf"),
        ("latency seconds=nan", "seconds of a fault must be 0 or more, not nan"),
        ("error kind=reset", "expected name=value in a fault, not 'kind=reset'"),
        ("error 503", "expected name=value in a fault, not '503'"),
    ],
)
def test_faults_that_there_are_not(text, told):
    with pytest.raises(ValueError, match="^" + told.replace("'", ".") + "$"):
        Fault.parse(text)


def test_a_fault_says_what_it_is():
    assert Fault("slow").seconds == 5
    assert Fault("throttle").seconds == 1
    assert "operation='list_nodes'" in repr(Fault("error", operation="list_nodes"))
