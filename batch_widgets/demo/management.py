"""What the management API of Azure tells of the account: its VM sizes and its quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import BatchError
from .filters import EQ_NE, text
from .images import vm_sizes
from .listing import list_page
from .wire import PLAIN_JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .filters import Fields
    from .images import VmSize
    from .request import Request
    from .state import State
    from .wire import JsonObject

SUBSCRIPTION_ID = "00000000-0000-0000-0000-000000000000"
RESOURCE_GROUP = "demo"
LOCATION = "eastus"
MANAGEMENT_VERSIONS = frozenset({"2025-06-01", "2024-07-01", "2024-02-01"})

_SIZE_FIELDS: Fields[tuple[int, VmSize]] = {"familyName": text(lambda item: item[1].family, EQ_NE)}


def check_management_version(query: Mapping[str, str]) -> None:
    """Let the versions pass that the management API speaks here."""
    version = query.get("api-version")
    if not version:
        raise BatchError("MissingApiVersionParameter")
    if version not in MANAGEMENT_VERSIONS:
        raise BatchError("InvalidApiVersionParameter", Reason=f"Known are {', '.join(sorted(MANAGEMENT_VERSIONS))}.")


class ManagementOperations:
    """What a client with a token can ask about the account's resource and its region."""

    def __init__(self, state: State) -> None:
        self._state = state

    def list_batch_accounts(self, request: Request) -> Answer:
        """Give the accounts of the subscription: the one that there is."""
        _check_place(request)
        return _plain({"value": [self._account()]})

    def list_batch_accounts_by_resource_group(self, request: Request) -> Answer:
        """Give the accounts of the resource group: the one that there is."""
        return self.list_batch_accounts(request)

    def get_batch_account(self, request: Request) -> Answer:
        """Give the account with its quotas."""
        _check_place(request)
        name = request.path["accountName"]
        if name.lower() != self._state.account_name.lower():
            raise BatchError("ResourceNotFound", Reason=f"There is no Batch account '{name}' in '{RESOURCE_GROUP}'.")
        return _plain(self._account())

    def get_location_quotas(self, request: Request) -> Answer:
        """Give how many accounts the subscription may have in the region."""
        _check_place(request)
        return _plain({"accountQuota": 1})

    def list_supported_virtual_machine_skus(self, request: Request) -> Answer:
        """Give a page of the VM sizes of the region."""
        _check_place(request)
        body = list_page(
            request,
            list(enumerate(vm_sizes())),
            key=lambda item: f"{item[0]:06d}",
            to_wire=lambda item: _vm_size(item[1]),
            metadata="",
            base_url=self._state.base_url,
            fields=_SIZE_FIELDS,
        )
        page: JsonObject = {"value": body["value"]}
        if "odata.nextLink" in body:
            page["nextLink"] = body["odata.nextLink"]
        return _plain(page)

    def _account(self) -> JsonObject:
        name, quota = self._state.account_name, self._state.quota
        group = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/{RESOURCE_GROUP}"
        return {
            "id": f"{group}/providers/Microsoft.Batch/batchAccounts/{name}",
            "name": name,
            "type": "Microsoft.Batch/batchAccounts",
            "location": LOCATION,
            "tags": {},
            "identity": {"type": "None"},
            "properties": {
                "accountEndpoint": self._state.base_url.partition("://")[2],
                "provisioningState": "Succeeded",
                "poolAllocationMode": "BatchService",
                "publicNetworkAccess": "Enabled",
                "dedicatedCoreQuota": quota.dedicated_cores,
                "dedicatedCoreQuotaPerVMFamily": [
                    {"name": family, "coreQuota": cores} for family, cores in quota.family_cores.items()
                ],
                "dedicatedCoreQuotaPerVMFamilyEnforced": bool(quota.family_cores),
                "lowPriorityCoreQuota": quota.spot_cores,
                "poolQuota": quota.pools,
                "activeJobAndJobScheduleQuota": 0,
                "allowedAuthenticationModes": ["SharedKey"],
            },
        }


def _check_place(request: Request) -> None:
    """Refuse subscriptions, resource groups and regions that are not the account's."""
    path = request.path
    if path["subscriptionId"].lower() != SUBSCRIPTION_ID:
        raise BatchError("SubscriptionNotFound", Reason=f"It was '{path['subscriptionId']}'.")
    if path.get("resourceGroupName", RESOURCE_GROUP).lower() != RESOURCE_GROUP:
        raise BatchError("ResourceGroupNotFound", Reason=f"It was '{path['resourceGroupName']}'.")
    if path.get("locationName", LOCATION).lower() != LOCATION:
        raise BatchError("ResourceNotFound", Reason=f"The simulated region is {LOCATION}.")


def _vm_size(size: VmSize) -> JsonObject:
    item: JsonObject = {
        "name": size.name,
        "familyName": size.family,
        "capabilities": [{"name": name, "value": value} for name, value in size.capabilities.items()],
    }
    if size.end_of_support is not None:
        item["batchSupportEndOfLife"] = size.end_of_support
    return item


def _plain(body: JsonObject) -> Answer:
    return Answer(body=body, headers={"Content-Type": PLAIN_JSON})
