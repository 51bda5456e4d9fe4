"""Ways to get an account."""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from batch_widgets.account.account import BatchAccount
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.errors import AuthenticationError, BatchWidgetsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batch_widgets.service import BatchService, ManagementService, PriceList

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_DEMO_POLL_INTERVAL_S = 0.5


def connect(
    endpoint: str | None = None,
    *,
    account_name: str | None = None,
    account_key: str | None = None,
    credential: Any = None,
    subscription_id: str | None = None,
    resource_group: str | None = None,
    location: str | None = None,
) -> BatchAccount:
    """Give a Batch account. Nothing is sent: the first call, or :meth:`BatchAccount.check`, tells whether it works.

    Parameters
    ----------
    endpoint : str, optional
        Such as ``"https://contoso.eastus.batch.azure.com"``; default: ``AZURE_BATCH_ENDPOINT``.
    account_name : str, optional
        Default: ``AZURE_BATCH_ACCOUNT``, else the first part of the endpoint. The variables count only for the account
        that ``AZURE_BATCH_ENDPOINT`` names, where that is set.
    account_key : str, optional
        The shared key; default: ``AZURE_BATCH_ACCESS_KEY``, unless `credential` is given.
    credential : object, optional
        Any azure-core credential. Without key and credential: Entra ID through ``DefaultAzureCredential``.
    subscription_id : str, optional
        The account's subscription; default: ``AZURE_SUBSCRIPTION_ID``, unless there is a key. With it and the extra
        ``sizes``, VM sizes and quotas are asked of Azure's management API, with `credential` or
        ``DefaultAzureCredential``, since no key opens it. Without it the package's recorded list of sizes is used.
    resource_group : str, optional
        The account's resource group; without it the subscription's accounts are looked through.
    location : str, optional
        The account's region, such as ``"eastus"``; default: as the endpoint says. Prices are asked for it.

    Returns
    -------
    BatchAccount
        Not connected yet.

    Raises
    ------
    AuthenticationError
        If the key is not base64, the credential is of no kind that Batch takes, or secrets would go over plain http.
    BatchWidgetsError
        If there is no endpoint, or it is not an address.
    """
    environment = _environment(endpoint)
    endpoint = endpoint or environment.get("AZURE_BATCH_ENDPOINT")
    if not endpoint:
        raise BatchWidgetsError(
            "No Batch account was named.",
            hint="Give the endpoint, set AZURE_BATCH_ENDPOINT, or try bw.connect_demo() without an account.",
        )
    if credential is None and account_key is None:
        account_key = environment.get("AZURE_BATCH_ACCESS_KEY") or None
    scheme, netloc, host = _parts_of(endpoint)
    if account_key is not None:
        account_key = account_key.strip()  # a copied key often ends in a newline
        _refuse_bad_key(account_key)
    elif credential is not None and not hasattr(credential, "get_token") and not hasattr(credential, "named_key"):
        raise AuthenticationError(
            f"Batch takes no credential of type {type(credential).__name__}.",
            hint="Give account_key, or a credential of azure-identity.",
        )
    elif scheme == "http" and not hasattr(credential, "named_key"):
        raise AuthenticationError(
            "A token is not sent over plain http.", hint="Use https://, or an account name and key."
        )
    if scheme == "http" and host not in _LOOPBACK:
        raise AuthenticationError("Passwords of node users would go over plain http in clear.", hint="Use https://.")
    name = account_name or environment.get("AZURE_BATCH_ACCOUNT") or host.split(".", 1)[0]
    url = f"{scheme}://{netloc}"

    def make_service() -> BatchService:
        from batch_widgets.sdk import SdkService

        return SdkService(url, name, account_key=account_key, credential=credential)

    if account_key is None:  # with a key nobody expects that one signs in to Azure, unless it is said
        subscription_id = subscription_id or environment.get("AZURE_SUBSCRIPTION_ID")
    region = (location or _location_of(host)).strip().casefold().replace(" ", "")

    def make_management() -> ManagementService:
        from batch_widgets.sdk.management import SdkManagement

        return SdkManagement(
            url,
            name,
            subscription_id=subscription_id or "",
            resource_group=resource_group or "",
            location=region,
            credential=credential if hasattr(credential, "get_token") else None,
        )

    surroundings = Surroundings(
        make_management=make_management if subscription_id else None, make_prices=_public_prices, location=region
    )
    return BatchAccount(make_service, endpoint=url, name=name, surroundings=surroundings)


def _public_prices() -> PriceList:
    from batch_widgets.sdk.prices import RetailPrices

    return RetailPrices()


def _location_of(host: str) -> str:
    """Give the region that the address of a Batch account names; empty where it is no such address."""
    match = re.fullmatch(r"[^.]+\.([a-z0-9]+)\.batch\.(azure\.com|chinacloudapi\.cn|usgovcloudapi\.net)", host)
    return match[1] if match else ""


def _environment(endpoint: str | None) -> dict[str, str]:
    """Give the variables that name an account; none where they name another one than `endpoint`."""
    names = (
        *("AZURE_BATCH_ENDPOINT", "AZURE_BATCH_ACCOUNT", "AZURE_BATCH_ACCESS_KEY"),
        "AZURE_SUBSCRIPTION_ID",
    )
    found = {name: value for name in names if (value := os.environ.get(name))}
    theirs = found.get("AZURE_BATCH_ENDPOINT")
    if endpoint and theirs and _parts_of(endpoint)[1:] != _parts_of(theirs)[1:]:
        return {}
    return found


def _parts_of(endpoint: str) -> tuple[str, str, str]:
    """Give scheme, host with port, and host of an address."""
    text = endpoint.strip()
    try:
        address = urlsplit(text if "://" in text else f"https://{text}")
        good = address.scheme in {"http", "https"} and "@" not in address.netloc and address.port != 0
        host = address.hostname or ""
    except ValueError:
        good, host = False, ""
    if not good or not host or not all(character.isalnum() or character in ".-_:" for character in host):
        raise BatchWidgetsError(
            "The endpoint is not an address.", hint="It looks like https://contoso.eastus.batch.azure.com."
        )
    return address.scheme, address.netloc, host


def _refuse_bad_key(account_key: str) -> None:
    try:
        good = bool(base64.b64decode(account_key, validate=True))
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise AuthenticationError(
            "The account key is not base64 text.", hint="Copy the whole key from the account's Keys page."
        )


def connect_demo(*, nodes: int = 4, speed: float = 10, seed: int = 0) -> BatchAccount:
    """Start the embedded Batch service and give its account. Nothing is charged, and nothing leaves this machine.

    Parameters
    ----------
    nodes : int
        Nodes of the ready Linux pool ``"demo"``, which has SSH; there are a few pools without nodes too.
    speed : float
        How much faster than real time its nodes live: at 1 a node takes 60 seconds from creating to idle.
    seed : int
        Makes node ids and host keys repeatable.

    Returns
    -------
    BatchAccount
        Its ``is_demo`` is True; :meth:`BatchAccount.close` stops the service.
    """
    from batch_widgets.demo import DemoService

    service = DemoService(nodes=nodes, speed=speed, seed=seed)
    service.start()

    def make_service() -> BatchService:
        from batch_widgets.sdk import SdkService

        return SdkService(service.endpoint, service.account_name, account_key=service.account_key)

    def make_management() -> ManagementService:
        from batch_widgets.sdk.credentials import StaticToken
        from batch_widgets.sdk.management import SdkManagement

        return SdkManagement(
            service.endpoint,
            service.account_name,
            subscription_id=service.subscription_id,
            resource_group=service.resource_group,
            location=service.location,
            credential=StaticToken(service.management_token),
            url=service.endpoint,
        )

    def make_prices() -> PriceList:
        from batch_widgets.sdk.prices import RetailPrices

        return RetailPrices(service.endpoint)

    def host_keys(node_ids: Sequence[str]) -> Mapping[str, str]:
        return service.ssh_host_keys(node_ids)

    return BatchAccount(
        make_service,
        endpoint=service.endpoint,
        name=service.account_name,
        poll_interval_s=_DEMO_POLL_INTERVAL_S,
        host_keys=host_keys,
        is_demo=True,
        images_note="recorded 18 Apr 2024, newer ones illustrative",
        surroundings=Surroundings(
            make_management=make_management,
            make_prices=make_prices,
            location=service.location,
            sizes_note="the demo's list, published 24 Jun 2024",
        ),
        on_close=service.stop,
    )
