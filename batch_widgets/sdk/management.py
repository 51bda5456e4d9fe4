"""SdkManagement: what Azure's management API tells of an account, as azure-mgmt-batch speaks to it (extra `sizes`)."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core import AzureClouds
from azure.core import exceptions as azure_errors
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    ContentDecodePolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.mgmt.batch.aio import BatchManagementClient
from azure.mgmt.core.tools import get_arm_endpoints

from batch_widgets._version import __version__
from batch_widgets.errors import AuthenticationError, BatchWidgetsError, NotFoundError, ServiceError, ThrottledError
from batch_widgets.sdk.credentials import make_credential
from batch_widgets.sdk.failures import translate
from batch_widgets.sdk.proxies import LOOPBACK
from batch_widgets.sdk.retries import TIMEOUTS, BoundedTransport, Retries
from batch_widgets.sizes import Quotas, VmSize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_CLOUDS = {
    ".chinacloudapi.cn": AzureClouds.AZURE_CHINA_CLOUD,
    ".usgovcloudapi.net": AzureClouds.AZURE_US_GOVERNMENT,
}


class _OnlyThere(SansIOHTTPPolicy[Any, Any]):
    """Lets no request go, with its token, to another place than the one that was named, whatever a link says."""

    def __init__(self, url: str) -> None:
        self._origin = _origin(url)

    def on_request(self, request: Any) -> None:
        if _origin(request.http_request.url) != self._origin:
            raise ServiceError("The management API named another place for its next page, which was not asked.")


class SdkManagement:
    """VM sizes and quotas of an account.

    Made on the loop thread and used there only.

    Parameters
    ----------
    endpoint : str
        The Batch account's, which tells the account and the cloud.
    account_name : str
        The account.
    subscription_id : str
        Its subscription.
    resource_group : str
        Its resource group; empty to look through the subscription's accounts.
    location : str
        Its region; empty to take it from the account's resource.
    credential : object, optional
        Any azure-core token credential; default: ``DefaultAzureCredential``.
    url : str, optional
        Where the management API is; default: that of the endpoint's cloud.

    Raises
    ------
    AuthenticationError
        If the token would go over plain http to another machine.
    """

    def __init__(
        self,
        endpoint: str,
        account_name: str,
        *,
        subscription_id: str,
        resource_group: str = "",
        location: str = "",
        credential: Any = None,
        url: str = "",
    ) -> None:
        host = urlsplit(endpoint).hostname or ""
        cloud = next((one for end, one in _CLOUDS.items() if host.endswith(end)), AzureClouds.AZURE_PUBLIC_CLOUD)
        known = get_arm_endpoints(cloud)
        self._url = (url or known["resource_manager"]).rstrip("/")
        address = urlsplit(self._url)
        on_loopback = address.hostname in LOOPBACK
        if address.scheme != "https" and not on_loopback:
            raise AuthenticationError("A token is not sent over plain http.", hint="Use https://.")
        self._options: dict[str, Any] = {} if address.scheme == "https" else {"enforce_https": False}
        self._endpoint = urlsplit(endpoint).netloc.casefold()
        self._account_name = account_name
        self._resource_group = resource_group
        self._location = location
        self._credential, self._own_credential = make_credential(account_name, None, credential)
        # Policies of our own: those of the package would follow redirects, and would register Batch in a subscription
        # that does not have it.
        policies = [
            RequestIdPolicy(),
            UserAgentPolicy(f"batch_widgets/{__version__}"),
            ContentDecodePolicy(),
            Retries(),
            _OnlyThere(self._url),
            AsyncBearerTokenCredentialPolicy(self._credential, *known["credential_scopes"]),
        ]
        self._client = BatchManagementClient(
            self._credential, subscription_id, self._url, policies=policies, transport=BoundedTransport(**TIMEOUTS)
        )

    @asynccontextmanager
    async def _errors(self) -> AsyncIterator[None]:
        try:
            yield
        except BatchWidgetsError:
            raise
        except Exception as error:  # noqa: BLE001 (the SDK, its transport and credentials raise anything)
            raise _translated(error, self._url) from None

    async def list_vm_sizes(self) -> tuple[str, list[VmSize]]:
        """Give the region and the VM sizes that Batch offers there."""
        async with self._errors():
            location = self._location or (await self._account()).location
            skus = self._client.location.list_supported_virtual_machine_skus(location, **self._options)
            return location, [_vm_size(sku) async for sku in skus if sku.name]

    async def get_quotas(self) -> Quotas:
        """Give what the account may have."""
        async with self._errors():
            return _quotas((await self._account()).properties)

    async def _account(self) -> Any:
        """Give the account's resource."""
        if self._resource_group:
            return await self._client.batch_account.get(self._resource_group, self._account_name, **self._options)
        same_name = []
        async for account in self._client.batch_account.list(**self._options):
            if (account.name or "").casefold() == self._account_name.casefold():
                if self._is_at_the_endpoint(account):
                    return account
                same_name.append(account)
        if len(same_name) == 1:
            return same_name[0]
        raise NotFoundError(
            f"The subscription has no Batch account {self._account_name}.",
            hint="Give the subscription that it is in, or resource_group, to bw.connect().",
        )

    def _is_at_the_endpoint(self, account: Any) -> bool:
        properties = account.properties
        return bool(properties and (properties.account_endpoint or "").casefold() == self._endpoint)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
        if self._own_credential:
            await self._credential.close()


def _origin(url: str) -> tuple[str, str, int | None]:
    address = urlsplit(url)
    return address.scheme, address.hostname or "", address.port or {"https": 443, "http": 80}.get(address.scheme)


def _vm_size(sku: Any) -> VmSize:
    end = sku.batch_support_end_of_life
    return VmSize(
        name=sku.name,
        family=sku.family_name or "",
        capabilities=tuple((one.name, one.value or "") for one in sku.capabilities or () if one.name),
        batch_support_end_of_life=end.replace(tzinfo=UTC) if end is not None and end.tzinfo is None else end,
    )


def _quotas(properties: Any) -> Quotas:
    families = properties.dedicated_core_quota_per_vm_family or ()
    return Quotas(
        dedicated_cores=properties.dedicated_core_quota,
        low_priority_cores=properties.low_priority_core_quota,
        pools=properties.pool_quota,
        dedicated_cores_per_family=tuple((one.name, one.core_quota or 0) for one in families if one.name),
        per_family_enforced=bool(properties.dedicated_core_quota_per_vm_family_enforced),
    )


def _translated(error: Exception, url: str) -> BatchWidgetsError:
    """Say an error of the management API in this package's words."""
    response: Any = getattr(error, "response", None)
    if not isinstance(error, azure_errors.HttpResponseError) or response is None or response.status_code < 300:
        return translate(error, endpoint=url, changes=False)
    told: Any = error.error
    code = str(getattr(told, "code", None) or "")
    message = str(getattr(told, "message", None) or f"The management API answered with status {response.status_code}.")
    details: dict[str, Any] = {
        "code": code,
        "status": response.status_code,
        "request_id": response.headers.get("x-ms-request-id", ""),
    }
    if response.status_code in {401, 403}:
        hint = "Sign in with an identity that may read the Batch account (role Reader), or go on without."
        return AuthenticationError(message, hint=hint, **details)
    if response.status_code == 429:
        return ThrottledError("The management API asks for a pause.", **details)
    if response.status_code == 404:
        return NotFoundError(message, hint="Check subscription_id, resource_group and location.", **details)
    return ServiceError(message, **details)
