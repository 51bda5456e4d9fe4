"""A running service and the real SDK's clients for it."""

import time

import pytest
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential

from batch_widgets.demo import DemoService, SteppedClock


@pytest.fixture
def service():
    with DemoService(nodes=2, speed=40) as service:
        yield service


@pytest.fixture
def client(service):
    credential = AzureNamedKeyCredential(service.account_name, service.account_key)
    with BatchClient(service.endpoint, credential, retry_total=0) as client:
        yield client


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def stepped_client(clock):
    """A client of a service whose clock stands still until it is advanced."""
    with DemoService(nodes=2, clock=clock) as service:
        credential = AzureNamedKeyCredential(service.account_name, service.account_key)
        with BatchClient(service.endpoint, credential, retry_total=0) as client:
            yield client


@pytest.fixture
def wait_for():
    """Ask again and again until the answer is true."""

    def wait(ask, timeout_s=15):
        deadline = time.monotonic() + timeout_s
        while not (answer := ask()):
            assert time.monotonic() < deadline, "waited for too long"
            time.sleep(0.05)
        return answer

    return wait
