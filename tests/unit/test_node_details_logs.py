"""The logs of a node in NodeDetails: uploaded to a URL that stays secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import ServiceError
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.node_details import LOGS, NodeDetails
from unit.fakes import make_account, make_node
from unit.node_on_show import details_fixture, files_fixture, open_section, settled, show_node  # noqa: F401 (fixtures)

pytestmark = pytest.mark.usefixtures("breathless")
SECRET = "c2VudGluZWw"
CONTAINER = f"https://contoso.blob.core.windows.net/logs?sp=rw&sig={SECRET}"


def type_url(details, url):
    """Do what the page does when the button is pressed."""
    field = details.logs.url
    sent = []
    field.send = sent.append
    field.filled = True
    details.logs.upload_button.click()
    (request,) = sent
    field._handlers["secret"]({"id": request["id"], "value": url})


def test_logs_are_uploaded(details, account, service):
    show_node(details, account)
    open_section(details, account, LOGS)
    details.logs.hours.value = 6
    type_url(details, CONTAINER)
    settled(account)
    assert "Batch puts 8 files with the logs of node n" in details.message.text
    assert "p/n/logs" in details.message.text
    assert "demo" not in details.message.text
    assert service.uploads == [CONTAINER]
    ((_, pool_id, node_id, start, end),) = [call for call in service.calls if call[0] == "upload_node_logs"]
    assert (pool_id, node_id, end) == ("p", "n", None)
    assert abs(datetime.now(UTC) - start - timedelta(hours=6)) < timedelta(minutes=1)
    assert not details.logs.upload_button.disabled


def test_the_demo_says_that_nothing_leaves(service, files):
    with make_account(service, is_demo=True) as account:
        details = NodeDetails(account)
        show_node(details, account)
        type_url(details, CONTAINER)
        settled(account)
        assert "nothing leaves this machine" in details.message.text
        close_tree(details)


@pytest.mark.parametrize(
    ("url", "says"), [("https://contoso/logs", "no shared access signature"), ("x", "Give the URL")]
)
def test_a_wrong_url_is_said_beside_the_field(details, account, service, url, says):
    show_node(details, account)
    type_url(details, url)
    assert says in details.logs._url_field.widget.children[-1].value
    assert service.uploads == []


def test_without_a_url_nothing_is_asked_of_the_page(details, account):
    show_node(details, account)
    details.logs.url.send = lambda _: pytest.fail("asked")
    details.logs.submit()
    assert "Give the URL" in details.logs._url_field.widget.children[-1].value


def test_an_upload_that_fails(details, account, service):
    service.fail("upload_node_logs", ServiceError("The node is rebooting.", code="NodeBeingRebooted", status=409))
    show_node(details, account)
    type_url(details, CONTAINER)
    settled(account)
    assert "The node is rebooting." in details.message.text
    assert not details.logs.upload_button.disabled


def test_the_url_is_no_state_of_any_widget(details, account, service):
    show_node(details, account)
    type_url(details, CONTAINER)
    settled(account)

    def states(widget):
        yield str(widget.get_state())
        for child in getattr(widget, "content", ()):
            yield from states(child)

    assert not [state for state in states(details) if SECRET in state]


def test_logs_of_a_node_that_is_no_longer_on_show_are_told_of_by_its_id(details, account, service):
    service.hold("upload_node_logs")
    show_node(details, account)
    type_url(details, CONTAINER)
    details.show_node("p", make_node("m"))
    service.fail("upload_node_logs", ServiceError("The node is rebooting.", code="NodeBeingRebooted", status=409))
    service.release("upload_node_logs")
    settled(account)
    assert "The logs of node n were not uploaded." in details.message.text
