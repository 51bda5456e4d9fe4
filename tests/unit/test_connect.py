"""Ways to get an account: environment, refusals, and that nothing is sent."""

from __future__ import annotations

import socket
import threading

import pytest

from batch_widgets import connect
from batch_widgets.errors import AuthenticationError, BatchWidgetsError

ENDPOINT = "https://contoso.eastus.batch.azure.com"
KEY = "c2VjcmV0"


class Token:
    def get_token(self, *scopes, **options):
        raise AssertionError("nothing may be asked for")


class NamedKey:
    named_key = ("contoso", KEY)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("nothing may be sent")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def made_with(account, monkeypatch):
    """Give what the SDK service would be made with."""
    made = []

    class Recorder:
        def __init__(self, *arguments, **options):
            made.append((arguments, options))

        async def close(self):
            pass

    monkeypatch.setattr("batch_widgets.sdk.SdkService", Recorder)
    account.runner.call(account.service(), 5)
    return made[0]


def test_nothing_happens_at_connect(monkeypatch):
    monkeypatch.setattr("batch_widgets.sdk.SdkService", None)
    before = threading.active_count()
    with connect(ENDPOINT, account_key=KEY) as account:
        assert threading.active_count() == before
        assert (account.endpoint, account.name, account.is_demo, account.closed) == (ENDPOINT, "contoso", False, False)
    assert account.closed


def test_from_the_environment(monkeypatch):
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "fabrikam")
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", KEY)
    with connect() as account:
        assert (account.endpoint, account.name) == (ENDPOINT, "fabrikam")
        assert made_with(account, monkeypatch) == ((ENDPOINT, "fabrikam"), {"account_key": KEY, "credential": None})


def test_arguments_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", "https://other.example")
    monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "other")
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", "b3RoZXI=")
    with connect(ENDPOINT, account_name="contoso", account_key=KEY) as account:
        assert made_with(account, monkeypatch) == ((ENDPOINT, "contoso"), {"account_key": KEY, "credential": None})


def test_a_credential_wins_over_a_key_in_the_environment(monkeypatch):
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", KEY)
    credential = Token()
    with connect(ENDPOINT, credential=credential) as account:
        assert made_with(account, monkeypatch)[1] == {"account_key": None, "credential": credential}


@pytest.mark.parametrize("empty", [None, ""])
def test_without_a_key_it_is_entra_id(monkeypatch, empty):
    if empty is not None:
        monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", empty)
    with connect(ENDPOINT) as account:
        assert made_with(account, monkeypatch)[1] == {"account_key": None, "credential": None}


@pytest.mark.parametrize(
    ("given", "endpoint", "name"),
    [
        ("contoso.eastus.batch.azure.com", ENDPOINT, "contoso"),
        (f"{ENDPOINT}/", ENDPOINT, "contoso"),
        (f"  {ENDPOINT}/pools?x=1\n", ENDPOINT, "contoso"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127"),
        ("http://[::1]:8080", "http://[::1]:8080", "::1"),
    ],
)
def test_endpoint(given, endpoint, name):
    with connect(given, account_key=KEY) as account:
        assert (account.endpoint, account.name) == (endpoint, name)


@pytest.mark.parametrize(
    "endpoint",
    [
        "ftp://contoso",
        "https://",
        "https:///pools",
        "https://[::1",
        "https://host:port",
        "https://host:99999",
        "https://me:secret@host",
        "two words",
        "https://a b",
    ],
)
def test_a_bad_endpoint(endpoint):
    with pytest.raises(BatchWidgetsError, match="not an address") as caught:
        connect(endpoint, account_key=KEY)
    assert "batch.azure.com" in caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("endpoint", [None, ""])
def test_no_endpoint(endpoint):
    with pytest.raises(BatchWidgetsError, match="No Batch account was named") as caught:
        connect(endpoint)
    assert "connect_demo" in caught.value.hint


@pytest.mark.parametrize("key", ["", " ", "not base64!", "c2VjcmV0c", "sécret", "====", "c2Vj cmV0"])
def test_a_bad_key(key):
    with pytest.raises(AuthenticationError, match="not base64") as caught:
        connect(ENDPOINT, account_key=key)
    assert not key.strip() or key not in str(caught.value)
    assert "Keys page" in caught.value.hint


def test_a_key_copied_with_its_newline(monkeypatch):
    with connect(ENDPOINT, account_key=f" {KEY}\n") as account:
        assert made_with(account, monkeypatch)[1]["account_key"] == KEY


@pytest.mark.parametrize("endpoint", ["http://contoso.example", "http://127.0.0.1:1", "http://localhost"])
@pytest.mark.parametrize("credential", [None, Token()], ids=["default", "token"])
def test_a_token_does_not_go_over_plain_http(endpoint, credential):
    with pytest.raises(AuthenticationError, match="not sent over plain http"):
        connect(endpoint, credential=credential)


@pytest.mark.parametrize("how", [{"account_key": KEY}, {"credential": NamedKey()}])
def test_passwords_do_not_go_over_plain_http(how):
    with pytest.raises(AuthenticationError, match="plain http in clear"):
        connect("http://contoso.example", **how)


def test_the_environment_of_another_account_does_not_count(monkeypatch):
    monkeypatch.setenv("AZURE_BATCH_ENDPOINT", "https://fabrikam.westus.batch.azure.com")
    monkeypatch.setenv("AZURE_BATCH_ACCOUNT", "fabrikam")
    monkeypatch.setenv("AZURE_BATCH_ACCESS_KEY", KEY)
    with connect(ENDPOINT) as account:
        assert account.name == "contoso"
        assert made_with(account, monkeypatch)[1]["account_key"] is None
    with connect("fabrikam.westus.batch.azure.com/") as account:
        assert account.name == "fabrikam"
        assert made_with(account, monkeypatch)[1]["account_key"] == KEY


def test_a_named_key_may_go_over_plain_http_on_this_machine():
    with connect("http://127.0.0.1:1", credential=NamedKey()) as account:
        assert account.endpoint == "http://127.0.0.1:1"


def test_a_credential_of_another_kind():
    with pytest.raises(AuthenticationError, match="no credential of type dict"):
        connect(ENDPOINT, credential={"key": KEY})


def test_repr_hides_the_key():
    account = connect(ENDPOINT, account_key=KEY)
    assert repr(account) == f"<BatchAccount contoso, {ENDPOINT}>"
    account.close()
    assert repr(account) == f"<BatchAccount contoso, {ENDPOINT}, closed>"


def management_made_with(account, monkeypatch):
    """Give what the management API's client would be made with; None where there is none."""
    made = []

    class Recorder:
        def __init__(self, *arguments, **options):
            made.append((arguments, options))

        async def get_quotas(self):
            return "asked"

        async def close(self):
            pass

    monkeypatch.setattr("batch_widgets.sdk.management.SdkManagement", Recorder)
    assert account.get_quotas() == ("asked" if made else None)
    return made[0] if made else None


def test_the_region_is_read_off_the_endpoint():
    regions = {
        "https://contoso.eastus.batch.azure.com": "eastus",
        "https://contoso.chinanorth3.batch.chinacloudapi.cn": "chinanorth3",
        "https://contoso.usgovvirginia.batch.usgovcloudapi.net:443": "usgovvirginia",
        "https://contoso.privatelink.example": "",
        "http://127.0.0.1:8": "",
    }
    for endpoint, region in regions.items():
        with connect(endpoint, account_key=KEY) as account:
            assert account.surroundings.location == region
    with connect(ENDPOINT, account_key=KEY, location="West US 2") as account:
        assert account.surroundings.location == "westus2"


def test_sizes_are_asked_for_where_the_subscription_is_named(monkeypatch):
    token = Token()
    with connect(ENDPOINT, credential=token, subscription_id="s-1", resource_group="g") as account:
        assert management_made_with(account, monkeypatch) == (
            (ENDPOINT, "contoso"),
            {"subscription_id": "s-1", "resource_group": "g", "location": "eastus", "credential": token},
        )
    with connect(ENDPOINT, account_key=KEY, subscription_id="s-1", location="westus") as account:
        assert management_made_with(account, monkeypatch)[1] == {
            "subscription_id": "s-1",
            "resource_group": "",
            "location": "westus",
            "credential": None,
        }
    with connect(ENDPOINT, credential=token) as account:
        assert management_made_with(account, monkeypatch) is None


def test_a_subscription_in_the_environment_counts_unless_there_is_a_key(monkeypatch):
    monkeypatch.setenv("AZURE_SUBSCRIPTION_ID", "s-2")
    with connect(ENDPOINT, credential=Token()) as account:
        assert management_made_with(account, monkeypatch)[1]["subscription_id"] == "s-2"
    with connect(ENDPOINT, account_key=KEY) as account:
        assert management_made_with(account, monkeypatch) is None


def test_widgets_may_not_ask_for_prices_until_they_are_allowed_to():
    with connect(ENDPOINT, account_key=KEY) as account:
        assert account.prices_allowed is False
