"""The real management SDK against the service: VM sizes, quotas, and what is refused; and prices over plain HTTP."""

import asyncio
import time

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.batch import BatchManagementClient
from azure.mgmt.batch.aio import BatchManagementClient as AsyncBatchManagementClient

from batch_widgets.demo import DemoService, Fault, Quota

PLAIN = {"enforce_https": False, "retry_total": 0}


class Token:
    """A credential of one token, sync or async."""

    def __init__(self, token):
        self.token = AccessToken(token, int(time.time()) + 3600)

    def get_token(self, *scopes, **options):
        assert scopes == ("https://management.azure.com/.default",)
        return self.token


class AsyncToken(Token):
    async def get_token(self, *scopes, **options):
        return super().get_token(*scopes, **options)

    async def close(self):
        pass


@pytest.fixture
def service():
    with DemoService(nodes=0, quota=Quota(7, 40, 0, family_cores={"standardDSv3Family": 8})) as service:
        yield service


@pytest.fixture
def client(service):
    with BatchManagementClient(
        Token(service.management_token), service.subscription_id, service.endpoint, retry_total=0
    ) as client:
        yield client


def test_vm_sizes_are_read_in_pages(service, client):
    sizes = list(client.location.list_supported_virtual_machine_skus(service.location, maxresults=100, **PLAIN))
    assert len(sizes) == len({size.name for size in sizes}) == 333
    assert service.requests["GET", "list_supported_virtual_machine_skus"] == 4
    found = next(size for size in sizes if size.name == "Basic_A1")
    assert found.family_name == "basicAFamily"
    assert found.batch_support_end_of_life.isoformat() == "2024-08-31T00:00:00+00:00"
    assert {item.name: item.value for item in found.capabilities}["vCPUs"] == "1"


def test_the_account_is_found_with_its_quotas(service, client):
    (account,) = client.batch_account.list(**PLAIN)
    (same,) = client.batch_account.list_by_resource_group(service.resource_group, **PLAIN)
    alone = client.batch_account.get(service.resource_group, service.account_name, **PLAIN)
    assert account.as_dict() == same.as_dict() == alone.as_dict()
    assert (alone.name, alone.location, alone.properties.account_endpoint) == (
        *("demo", "eastus"),
        service.endpoint.removeprefix("http://"),
    )
    properties = alone.properties
    assert (properties.pool_quota, properties.dedicated_core_quota, properties.low_priority_core_quota) == (7, 40, 0)
    (family,) = properties.dedicated_core_quota_per_vm_family
    assert (family.name, family.core_quota) == ("standardDSv3Family", 8)
    assert properties.dedicated_core_quota_per_vm_family_enforced is True
    assert client.location.get_quotas(service.location, **PLAIN).account_quota == 1


def test_the_async_client_reads_the_same(service):
    async def ask():
        async with AsyncBatchManagementClient(
            AsyncToken(service.management_token), service.subscription_id, service.endpoint, retry_total=0
        ) as client:
            sizes = client.location.list_supported_virtual_machine_skus(service.location, **PLAIN)
            account = await client.batch_account.get(service.resource_group, service.account_name, **PLAIN)
            return [size.name async for size in sizes], account.properties.pool_quota

    names, pools = asyncio.run(ask())
    assert (len(names), pools) == (333, 7)


def test_refusals_are_read_by_the_sdk(service, client):
    with pytest.raises(ResourceNotFoundError) as other:
        client.batch_account.get(service.resource_group, "other", **PLAIN)
    assert other.value.error.code == "ResourceNotFound"
    with pytest.raises(HttpResponseError) as change:
        client.batch_account.get_keys(service.resource_group, service.account_name, **PLAIN)
    assert (change.value.status_code, change.value.error.code) == (501, "NotImplemented")
    with (
        BatchManagementClient(Token("wrong"), service.subscription_id, service.endpoint, retry_total=0) as stranger,
        pytest.raises(ClientAuthenticationError) as refused,
    ):
        stranger.batch_account.get(service.resource_group, service.account_name, **PLAIN)
    assert refused.value.error.code == "InvalidAuthenticationToken"


def test_faults_meet_these_requests_too(service, client):
    service.faults.add(Fault("throttle", operation="get_batch_account", seconds=3))
    with pytest.raises(HttpResponseError) as refused:
        client.batch_account.get(service.resource_group, service.account_name, **PLAIN)
    assert (refused.value.status_code, refused.value.error.code) == (429, "TooManyRequests")
    assert refused.value.response.headers["Retry-After"] == "3"


def test_prices_are_read_by_following_their_links(service):
    with requests.Session() as session:
        answer = session.get(
            f"{service.endpoint}/api/retail/prices",
            params={"$filter": "armRegionName eq 'eastus' and priceType eq 'Reservation'", "currencyCode": "'GBP'"},
            timeout=10,
        ).json()
        items = answer["Items"]
        while answer["NextPageLink"]:
            answer = session.get(answer["NextPageLink"], timeout=10).json()
            items += answer["Items"]
    assert len(items) == 333
    assert {item["currencyCode"] for item in items} == {"GBP"}
    assert service.requests["GET", "list_retail_prices"] == 4
