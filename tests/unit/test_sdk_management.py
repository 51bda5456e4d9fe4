"""The client of the management API against a server of the test's: where tokens go, what is read, what errors say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from batch_widgets.errors import (
    AuthenticationError,
    BatchWidgetsError,
    NotFoundError,
    ServiceError,
    ServiceUnreachableError,
    ThrottledError,
)
from batch_widgets.sdk import retries
from batch_widgets.sdk.credentials import StaticToken
from batch_widgets.sdk.management import SdkManagement
from batch_widgets.sizes import Quotas, VmSize
from unit.local_server import LocalServer

ENDPOINT = "https://contoso.eastus.batch.azure.com"
TOKEN = "a-secret-token"
SKU = {
    "name": "Standard_D2s_v3",
    "familyName": "standardDSv3Family",
    "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "Novelty", "value": "x"}, {"name": "Empty"}],
    "batchSupportEndOfLife": "2030-01-02T00:00:00Z",
}


def account(name="contoso", endpoint="contoso.eastus.batch.azure.com", **properties):
    return {"name": name, "location": "eastus", "properties": {"accountEndpoint": endpoint, **properties}}


@pytest.fixture
def server():
    return LocalServer()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setitem(retries.RETRIES, "retry_backoff_factor", 0.005)


def ask(server, call, **options):
    async def main():
        async with server.running():
            options.setdefault("credential", StaticToken(TOKEN))
            management = SdkManagement(ENDPOINT, "contoso", subscription_id="s-1", url=server.url, **options)
            try:
                return await call(management)
            finally:
                await management.close()

    return asyncio.run(main())


def sizes_of(management):
    return management.list_vm_sizes()


def quotas_of(management):
    return management.get_quotas()


def test_sizes_are_read_page_by_page(server):
    server.answer(lambda: {"value": [SKU], "nextLink": f"{server.url}/next?$skiptoken=2"})
    server.answer({"value": [{"name": "Standard_Bare"}, {}]})
    location, sizes = ask(server, sizes_of, location="eastus")
    assert location == "eastus"
    assert sizes == [
        VmSize(
            "Standard_D2s_v3",
            "standardDSv3Family",
            (("vCPUs", "2"), ("Novelty", "x"), ("Empty", "")),
            datetime(2030, 1, 2, tzinfo=UTC),
        ),
        VmSize("Standard_Bare"),
    ]
    first, second = server.requests
    assert first.path == "/subscriptions/s-1/providers/Microsoft.Batch/locations/eastus/virtualMachineSkus"
    assert second.path == "/next"
    assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {TOKEN}"}


def test_without_a_region_the_accounts_is_taken(server):
    server.answer({"value": [account()]})
    server.answer({"value": [SKU]})
    assert ask(server, sizes_of)[0] == "eastus"
    assert "locations/eastus" in server.requests[1].path


def test_quotas_are_those_of_the_account_at_the_endpoint(server):
    full = account(
        dedicatedCoreQuota=0,
        lowPriorityCoreQuota=5,
        poolQuota=10,
        dedicatedCoreQuotaPerVMFamily=[{"name": "f", "coreQuota": 4}, {"name": "g"}],
        dedicatedCoreQuotaPerVMFamilyEnforced=True,
    )
    server.answer({"value": [account("other"), account(endpoint="contoso.westus.batch.azure.com", poolQuota=1), full]})
    assert ask(server, quotas_of) == Quotas(0, 5, 10, (("f", 4), ("g", 0)), per_family_enforced=True)
    assert server.requests[0].path == "/subscriptions/s-1/providers/Microsoft.Batch/batchAccounts"


def test_with_a_resource_group_the_account_is_asked_for_itself(server):
    server.answer(account(poolQuota=3))
    assert ask(server, quotas_of, resource_group="g") == Quotas(pools=3)
    assert server.requests[0].path.endswith("/resourceGroups/g/providers/Microsoft.Batch/batchAccounts/contoso")


def test_an_account_behind_another_name_of_its_endpoint_is_found_by_its_own(server):
    server.answer({"value": [account(endpoint="contoso.privatelink.example", poolQuota=4)]})
    assert ask(server, quotas_of).pools == 4


def test_an_account_that_is_not_there(server):
    server.answer({"value": [account("other")]})
    with pytest.raises(NotFoundError, match="no Batch account contoso") as caught:
        ask(server, quotas_of)
    assert "subscription" in caught.value.hint


@pytest.mark.parametrize("url", ["http://management.example", "http://10.0.0.1:80", "http://127.0.0.1.example"])
def test_a_token_does_not_go_over_plain_http_to_another_machine(url):
    with pytest.raises(AuthenticationError, match="not sent over plain http"):
        SdkManagement(ENDPOINT, "contoso", subscription_id="s", credential=StaticToken(TOKEN), url=url)


def test_a_token_goes_to_no_other_place_whatever_a_link_says(server):
    other = LocalServer()
    other.answer({"value": []})

    async def main():
        async with other.running(), server.running():
            server.answer({"value": [SKU], "nextLink": f"{other.url}/next"})
            management = SdkManagement(
                *(ENDPOINT, "contoso"),
                subscription_id="s",
                location="eastus",
                credential=StaticToken(TOKEN),
                url=server.url,
            )
            try:
                await management.list_vm_sizes()
            finally:
                await management.close()

    with pytest.raises(ServiceError, match="another place"):
        asyncio.run(main())
    assert other.requests == []


def test_redirects_are_not_followed(server):
    server.answer("", 307, Location="/elsewhere")
    with pytest.raises(BatchWidgetsError):
        ask(server, quotas_of)
    assert len(server.requests) == 1


def test_nothing_is_registered_in_the_subscription(server):
    error = {"error": {"code": "MissingSubscriptionRegistration", "message": "Not registered."}}
    server.answer(error, 409)
    with pytest.raises(ServiceError, match="Not registered"):
        ask(server, quotas_of)
    assert [request.method for request in server.requests] == ["GET"]


@pytest.mark.parametrize(
    ("endpoint", "host", "scope"),
    [
        (ENDPOINT, "management.azure.com", "https://management.azure.com/.default"),
        (
            "https://c.chinanorth3.batch.chinacloudapi.cn",
            "management.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
        ),
        (
            "https://c.usgovvirginia.batch.usgovcloudapi.net",
            "management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net/.default",
        ),
    ],
)
def test_the_cloud_follows_from_the_endpoint(endpoint, host, scope):
    asked = []

    class Refusing:
        async def get_token(self, *scopes, **options):
            asked.extend(scopes)
            raise RuntimeError("no token today")

        async def close(self):
            pass

    async def main():
        management = SdkManagement(endpoint, "c", subscription_id="s", credential=Refusing())
        assert management._url == f"https://{host}"
        try:
            await management.get_quotas()
        finally:
            await management.close()

    with pytest.raises(BatchWidgetsError):
        asyncio.run(main())
    assert asked == [scope]


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (401, "InvalidAuthenticationToken", AuthenticationError, "Reader"),
        (403, "AuthorizationFailed", AuthenticationError, "Reader"),
        (404, "SubscriptionNotFound", NotFoundError, "subscription_id"),
        (429, "TooManyRequests", ThrottledError, ""),
        (400, "InvalidApiVersionParameter", ServiceError, ""),
    ],
)
def test_errors_say_what_the_management_api_said(server, status, code, kind, hint):
    server.answer({"error": {"code": code, "message": "What happened."}}, status, **{"x-ms-request-id": "r-7"})
    with pytest.raises(kind) as caught:
        ask(server, quotas_of)
    error = caught.value
    assert (error.code, error.status, error.request_id) == (code, status, "r-7")
    assert hint in error.hint
    assert error.message == ("What happened." if status != 429 else "The management API asks for a pause.")
    assert TOKEN not in str(error)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"value": 3}'])
def test_an_answer_that_cannot_be_read(server, body):
    server.answer(body, **{"Content-Type": "application/json"})
    with pytest.raises(BatchWidgetsError):
        ask(server, sizes_of, location="eastus")


def test_errors_without_a_body(server):
    server.answer("", 500)
    with pytest.raises(ServiceError, match="status 500"):
        ask(server, quotas_of)


def test_nobody_there():
    async def main():
        server = LocalServer()
        async with server.running():
            pass
        management = SdkManagement(
            ENDPOINT, "contoso", subscription_id="s", credential=StaticToken(TOKEN), url=server.url
        )
        try:
            await management.get_quotas()
        finally:
            await management.close()

    with pytest.raises(ServiceUnreachableError, match="Cannot reach"):
        asyncio.run(main())
