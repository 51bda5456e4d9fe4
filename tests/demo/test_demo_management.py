"""VM sizes and quotas of the management API, and the retail prices, without a network."""

from urllib.parse import parse_qsl

import pytest

from batch_widgets.demo import routes
from batch_widgets.demo.images import find_vm_size, vm_sizes
from batch_widgets.demo.prices import MADE_UP
from batch_widgets.demo.state import Quota

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"
SKUS = f"{SUBSCRIPTION}/providers/Microsoft.Batch/locations/eastus/virtualMachineSkus"
ACCOUNT = f"{SUBSCRIPTION}/resourceGroups/demo/providers/Microsoft.Batch/batchAccounts/demo"
PRICES = "/api/retail/prices"
D2 = (
    "serviceName eq 'Virtual Machines' and armRegionName eq 'eastus' and armSkuName eq 'Standard_D2s_v3' "
    "and priceType eq 'Consumption'"
)


def test_all_vm_sizes_are_listed_as_they_were_recorded(client):
    answer = client.manage(SKUS)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer.json) == ["value"]
    sizes = {size["name"]: size for size in answer.json["value"]}
    assert len(sizes) == len(vm_sizes()) == 333
    capabilities = {item["name"]: item["value"] for item in sizes["Standard_D2s_v3"]["capabilities"]}
    assert sizes["Standard_D2s_v3"]["familyName"] == "standardDSv3Family"
    assert (capabilities["vCPUs"], capabilities["HyperVGenerations"]) == ("2", "V1,V2")
    assert "batchSupportEndOfLife" not in sizes["Standard_D2s_v3"]
    assert sizes["Basic_A1"]["batchSupportEndOfLife"] == "2024-08-31T00:00:00Z"


def test_every_listed_size_can_be_had(client):
    names = [size["name"] for size in client.manage(SKUS).json["value"]]
    assert all(find_vm_size(name) is not None for name in names)


def test_vm_sizes_come_in_pages_and_by_family(client):
    page = client.manage(SKUS, query={"maxresults": "200"}).json
    assert len(page["value"]) == 200
    path, _, query = page["nextLink"].removeprefix(client.state.base_url).partition("?")
    rest = client.manage(path, query=dict(parse_qsl(query)), version=None)
    assert len(rest.json["value"]) == 133
    assert "nextLink" not in rest.json
    family = client.manage(SKUS.upper(), query={"$filter": "familyName eq 'standardDSv3Family'"}).json["value"]
    assert {size["familyName"] for size in family} == {"standardDSv3Family"}
    assert client.manage(SKUS, query={"$filter": "name eq 'x'"}).status == 400


@pytest.fixture
def limited(make_client):
    return make_client(quota=Quota(pools=6, dedicated_cores=12, spot_cores=0, family_cores={"standardDSv3Family": 6}))


def test_the_accounts_quotas_are_those_that_pools_meet(limited):
    properties = limited.manage(ACCOUNT).json["properties"]
    assert properties["dedicatedCoreQuota"] == 12
    assert properties["lowPriorityCoreQuota"] == 0
    assert properties["poolQuota"] == 6
    assert properties["dedicatedCoreQuotaPerVMFamilyEnforced"] is True
    assert properties["dedicatedCoreQuotaPerVMFamily"] == [{"name": "standardDSv3Family", "coreQuota": 6}]
    nodes = limited.ready(targetDedicatedNodes=4)
    assert len(nodes) == 3
    (error,) = limited.pool()["resizeErrors"]
    assert error["code"] == "AccountVMSeriesCoreQuotaReached"
    limited.create("other", vmSize="Standard_D2_v3", targetDedicatedNodes=4)
    limited.clock.advance(200)
    assert len(limited.nodes("other")) == 3  # the total: 12 cores, 6 of them taken
    assert [error["code"] for error in limited.pool("other")["resizeErrors"]] == ["AccountCoreQuotaReached"]
    spot = limited.send("POST", "/pools/p/resize", {"targetLowPriorityNodes": 1})
    limited.clock.advance(100)
    assert spot.status == 202
    assert "AccountLowPriorityCoreQuotaReached" in [error["code"] for error in limited.pool()["resizeErrors"]]
    assert limited.create("seventh").code == "PoolQuotaReached"


def test_usually_no_family_is_limited(client):
    properties = client.manage(ACCOUNT).json["properties"]
    assert properties["dedicatedCoreQuotaPerVMFamilyEnforced"] is False
    assert properties["dedicatedCoreQuotaPerVMFamily"] == []
    assert (properties["dedicatedCoreQuota"], properties["poolQuota"]) == (500, 100)


def test_the_account_is_found_in_its_subscription(client):
    account = client.manage(ACCOUNT).json
    for path in (
        f"{SUBSCRIPTION}/providers/Microsoft.Batch/batchAccounts",
        f"{SUBSCRIPTION}/resourceGroups/DEMO/providers/Microsoft.Batch/batchAccounts",
    ):
        assert client.manage(path).json == {"value": [account]}
    assert account["id"] == ACCOUNT
    assert client.state.base_url == f"http://{account['properties']['accountEndpoint']}"
    assert client.manage(f"{SUBSCRIPTION}/providers/Microsoft.Batch/locations/eastus/quotas").json == {
        "accountQuota": 1
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (SKUS.replace("0000-0000", "1111-0000"), 404, "SubscriptionNotFound"),
        (SKUS.replace("eastus", "westus"), 404, "ResourceNotFound"),
        (ACCOUNT.replace("/demo/", "/other/"), 404, "ResourceGroupNotFound"),
        (f"{ACCOUNT}2", 404, "ResourceNotFound"),
        (f"{SUBSCRIPTION}/nothing", 404, "ResourceNotFound"),
        ("/providers", 404, "ResourceNotFound"),
    ],
)
def test_other_places_are_refused_in_the_management_apis_form(client, path, status, code):
    answer = client.manage(path)
    assert (answer.status, list(answer.json), answer.json["error"]["code"]) == (status, ["error"], code)
    assert answer.json["error"]["message"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "SharedKey demo:abc", "Bearer \xff"])
def test_only_the_token_lets_one_in(client, authorization):
    answer = client.manage(SKUS, headers={"Authorization": authorization})
    assert (answer.status, answer.json["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert client.core.management_token not in answer.raw.decode()


def test_the_token_opens_nothing_else(client):
    answer = client.manage("/pools")
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")


def test_an_api_version_is_needed(client):
    assert client.manage(SKUS, version=None).json["error"]["code"] == "MissingApiVersionParameter"
    assert client.manage(SKUS, version="2015-01-01").json["error"]["code"] == "InvalidApiVersionParameter"
    assert client.manage(SKUS, version="2024-02-01").status == 200
    assert client.manage(ACCOUNT, method="TRACE").status == 405


def test_what_is_not_there_says_so(client):
    missing = {name: where for name, where in routes.OPERATIONS.items() if name not in client.core.operations}
    asked = 0
    for name, (verb, path) in missing.items():
        if routes.surface_of(path) == "management":
            answer = client.manage(path.format_map(Anything()), method=verb)
            assert (answer.status, answer.json["error"]["code"]) == (501, "NotImplemented"), name
            assert name in answer.json["error"]["message"]
            asked += 1
    assert asked > 20


class Anything(dict):
    def __missing__(self, key):
        return "x"


def test_prices_need_no_credential_and_say_that_they_are_made_up(client):
    answer = client.ask(PRICES, query={"$filter": D2})
    assert answer.status == 200
    assert list(answer.json) == [
        *("BillingCurrency", "CustomerEntityId", "CustomerEntityType", "Items", "NextPageLink", "Count"),
    ]
    items = answer.json["Items"]
    assert answer.json["Count"] == len(items) == 6
    assert answer.json["NextPageLink"] is None
    assert all(MADE_UP in item["productName"] for item in items)
    assert {item["skuName"] for item in items} == {"D2s v3", "D2s v3 Spot", "D2s v3 Low Priority"}
    assert sum("Windows" in item["productName"] for item in items) == 3
    assert {(item["type"], item["unitOfMeasure"], item["currencyCode"]) for item in items} == {
        ("Consumption", "1 Hour", "USD")
    }
    assert len({item["meterId"] for item in items}) == 6


def test_prices_come_in_pages_that_lead_from_one_to_the_next(client):
    seen = []
    path, query = PRICES, {"currencyCode": "'EUR'"}
    while True:
        body = client.ask(path, query=query).json
        assert body["BillingCurrency"] == "EUR"
        seen += body["Items"]
        if body["NextPageLink"] is None:
            break
        assert body["Count"] == 100
        path, _, raw = body["NextPageLink"].removeprefix(client.state.base_url).partition("?")
        query = dict(parse_qsl(raw))
    assert len(seen) == len({(item["meterId"], item["type"]) for item in seen})
    assert {item["armSkuName"] for item in seen} == {size.name for size in vm_sizes()}
    spot = {item["armSkuName"] for item in seen if item["skuName"].endswith(" Spot")}
    assert spot == {size.name for size in vm_sizes() if size.capabilities["LowPriorityCapable"] == "True"}


def test_other_currencies_have_other_prices(client):
    def regular(currency):
        items = client.ask(PRICES, query={"$filter": D2, "currencyCode": currency}).json["Items"]
        return next(item["retailPrice"] for item in items if item["skuName"] == "D2s v3")

    assert regular("eur") == pytest.approx(regular("USD") * 0.9)


@pytest.mark.parametrize(
    "query",
    [{"currencyCode": "XYZ"}, {"$skip": "-1"}, {"$skip": "x"}, {"$filter": "retailPrice gt 1"}, {"$filter": "("}],
)
def test_what_prices_cant_be_asked_for_is_refused_in_their_form(client, query):
    answer = client.ask(PRICES, query=query)
    assert (answer.status, answer.json["Error"]["Code"]) == (400, "InvalidQueryParameterValue")


def test_prices_of_other_places_are_none(client):
    assert client.ask(PRICES, query={"$filter": D2.replace("eastus", "westus")}).json["Items"] == []
    assert client.ask(PRICES, method="POST").status == 405
