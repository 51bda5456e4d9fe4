"""What helps to fill the pool builder in: is the id free, what is in order, pools to start from, one's own address."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest

import batch_widgets as bw
from batch_widgets.account.own_address import local_address, public_address
from batch_widgets.errors import PoolAllocationError, ServiceError, ServiceUnreachableError, ValidationError
from batch_widgets.images import CustomImage
from batch_widgets.pools import PoolSpec
from batch_widgets.pools.pool import ResizeError
from batch_widgets.widgets import pool_id_check, remote_access_part
from unit.fakes import NEVER_SENT, make_image, make_nodes, make_pool
from unit.test_panel import settle, shown, wait_until

IMAGE = make_image()
GOOD = {"pool_id": "analysis", "vm_size": "Standard_D2s_v3", "image": IMAGE, "target_dedicated_nodes": 2}
GALLERY = "/communityGalleries/g/images/i/versions/latest"


@pytest.fixture(autouse=True)
def pause(monkeypatch):
    monkeypatch.setattr(pool_id_check, "PAUSE_S", 0.02)


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account, **GOOD)
    yield builder
    builder.close()


def rules(builder):
    return [problem.rule for problem in builder.problems]


def asked(service):
    return [call[1] for call in service.calls if call[0] == "get_pool"]


# is the id free?


def test_a_taken_id_is_told_while_typing(builder, service):
    service.add_pool("Nightly", 1)
    wait_until(lambda: "free in this account" in builder.checks.text)
    builder.pool_id = "nIGHTLY"
    assert "free in this account" not in builder.checks.text
    wait_until(lambda: rules(builder) == ["pool-id-taken"])
    assert builder.create_button.disabled
    builder.pool_id = "nightly-2"
    assert rules(builder) == []
    wait_until(lambda: "free in this account" in builder.checks.text)


def test_only_the_id_that_stays_is_asked_for_and_once(builder, service, monkeypatch):
    wait_until(lambda: asked(service) == ["analysis"])
    monkeypatch.setattr(pool_id_check, "PAUSE_S", 0.2)
    for length in range(1, 8):
        builder.pool_id = "nightly"[:length]
    wait_until(lambda: "free in this account" in builder.checks.text)
    assert asked(service) == ["analysis", "nightly"]
    builder.pool_id = "analysis"
    builder.pool_id = "NIGHTLY"
    assert "free in this account" in builder.checks.text
    assert asked(service) == ["analysis", "nightly"]


def test_an_id_that_can_be_none_is_not_asked_for(builder, service):
    wait_until(lambda: asked(service) == ["analysis"])
    for wrong in ("", "a b", "x" * 65):
        builder.pool_id = wrong
    builder.account.runner.drain()
    assert asked(service) == ["analysis"]


def test_without_an_answer_nothing_is_claimed(account, service):
    service.fail("get_pool", NEVER_SENT)
    builder = bw.PoolBuilder(account, **GOOD)
    wait_until(lambda: asked(service) == ["analysis"])
    account.runner.drain()
    assert "free in this account" not in builder.checks.text
    assert rules(builder) == []
    assert not builder.create_button.disabled
    builder.close()


def test_a_pool_of_somebody_else_is_known_after_the_refusal(builder, service):
    wait_until(lambda: "free in this account" in builder.checks.text)
    service.add_pool("analysis", 1)
    operation = builder.create()
    assert isinstance(operation.exception(5), ServiceError)
    wait_until(lambda: rules(builder) == ["pool-id-taken"])


def test_a_deleted_pool_can_be_made_again(builder, service):
    builder.create().result(5)
    wait_until(lambda: "was made here" in builder._summary.value)
    builder.card._delete()
    wait_until(lambda: not builder.create_button.disabled)


# what is in order


def test_what_is_in_order_is_said(builder):
    builder.allow_ssh, builder.ssh_sources = True, ("203.0.113.7",)
    assert "Image is verified." in builder.checks.text
    assert "SSH rules end with a refusal for everyone else." in builder.checks.text
    assert "1 NAT pool, ports 40000 to 40500, 2 rules" in builder.checks.text
    builder.ssh_sources = ("nowhere!",)
    assert "refusal" not in builder.checks.text


def test_a_check_leads_to_its_field(builder, monkeypatch):
    focused = []
    monkeypatch.setattr(builder.frame_piece, "focus", focused.append)
    builder.target_low_priority_nodes = -1
    builder.task_slots_per_node = 0
    for row in builder.checks._rows[:2]:
        row.children[1].click()
    assert focused == ["bw-at-target_dedicated_nodes", "bw-at-task_slots_per_node"]
    assert builder.form.sections.fields["task_slots_per_node"].widget._dom_classes[-1] == "bw-at-task_slots_per_node"
    builder.target_low_priority_nodes = 0
    builder.task_slots_per_node = None
    assert not any(shown(row) for row in builder.checks._rows)


def test_the_rules_behind_ssh_are_shown(builder):
    part = builder.form.remote_access
    assert not shown(part.rules)
    builder.allow_ssh, builder.ssh_sources = True, ("203.0.113.7", "<b>")
    assert "NAT pool ssh: ports 40000-40500 to port 22" in part.rules.value
    assert "1000 allow 203.0.113.7; 1001 allow &lt;b&gt;; 4096 deny *" in part.rules.value
    builder.load({**builder.spec.to_body(), "networkConfiguration": {"endpointConfiguration": {"inboundNATPools": [
        {"name": "open", "protocol": "tcp", "backendPort": 22, "frontendPortRangeStart": 1, "frontendPortRangeEnd": 400}
    ]}}})  # fmt: skip
    assert "no rules, so everyone may connect" in part.rules.value
    assert builder.ssh_sources == ("*",)


# pools to start from


BODY = {
    "id": "nightly",
    "vmSize": "Standard_D4s_v3",
    "virtualMachineConfiguration": IMAGE.to_body(),
    "targetDedicatedNodes": 3,
    "resizeTimeout": "PT15M",
    "metadata": [{"name": "team", "value": "genomics"}],
    "resourceTags": {"cost": "42"},
}


def test_a_pool_of_the_account_can_be_cloned(builder, service):
    service.add_pool("nightly", 3)
    service.pools["nightly"].steps[0] = (make_pool("nightly", body={**BODY, "state": "active"}), ())
    service.add_pool("nightly-2", 0)
    assert not shown(builder.source)
    builder.load_button.click()
    assert shown(builder.source)
    settle(builder)
    builder.source.pool.value = "nightly"
    builder.source.clone_button.click()
    assert builder.pool_id == "nightly-3"
    assert builder.spec.to_body() == {**BODY, "id": "nightly-3"}
    assert builder.spec.kept == ("resourceTags.cost",)
    assert "resourceTags.cost" in builder.form.sections.kept.value
    assert not shown(builder.source)


def test_an_account_without_pools_offers_none(builder):
    builder.load_button.click()
    settle(builder)
    assert builder.source.clone_button.disabled
    builder.source.close_button.click()
    assert not shown(builder.source)


def paste(builder, text):
    builder.source.load_button.click()
    (ticket,) = builder.source.json._waiting
    builder.source.json._handle_custom_msg({"type": "secret", "id": ticket, "value": text}, [])


def test_json_can_be_pasted(builder):
    builder.load_button.click()
    paste(builder, json.dumps(BODY))
    assert builder.spec == PoolSpec.from_body(BODY)
    assert not shown(builder.source)
    assert builder.metadata == ({"name": "team", "value": "genomics"},)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "This is no JSON"),
        ("[]", "A pool is an object of JSON, not list"),
        (json.dumps({**BODY, "targetDedicatedNodes": "3"}), "Expected a whole number at targetDedicatedNodes"),
    ],
)
def test_json_that_is_no_pool_is_told_and_changes_nothing(builder, text, says):
    before = builder.spec
    builder.load_button.click()
    paste(builder, text)
    assert says in builder.message.text
    assert builder.spec == before
    assert shown(builder.source)
    with pytest.raises(ValidationError):
        builder.load(text)


def test_reset_asks_first(builder):
    builder.load(json.dumps(BODY))
    builder.reset_button.click()
    keep, reset = builder.message.buttons
    keep.click()
    assert builder.pool_id == "nightly"
    builder.reset_button.click()
    reset.click()
    assert builder.spec == PoolSpec()
    assert builder.loaded is None


def test_an_image_of_a_gallery_can_be_typed_in(builder):
    part = builder.form.image_part
    part.change_button.click()
    part.gallery.value = "nonsense"
    assert "not the id of a gallery image" in part._gallery_field._problem.value
    assert builder.image == IMAGE
    part.gallery.value = GALLERY
    assert builder.image == CustomImage(GALLERY, IMAGE.node_agent_sku_id, "linux")
    assert part.controls["publisher"].value == ""
    part.gallery_os.value = "windows"
    part.node_agent.value = "batch.node.windows amd64"
    assert builder.image == CustomImage(GALLERY, "batch.node.windows amd64", "windows")
    assert builder.node_agent_sku_id == "batch.node.windows amd64"
    part.controls["publisher"].value = "canonical"
    assert part.gallery.value == ""
    assert builder.image.publisher == "canonical"


# one's own address


def test_a_demo_has_no_public_address_to_ask_for():
    with bw.connect_demo(nodes=0) as account:
        builder = bw.PoolBuilder(account, allow_ssh=True)
        builder.form.remote_access.address_button.click()
        settle(builder)
        builder.form.remote_access.address_button.click()
        settle(builder)
        assert builder.ssh_sources == ("127.0.0.1",)
        builder.close()


@pytest.fixture
def address_service():
    """A server that answers with an address, and counts."""
    answers = ["203.0.113.99"]
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(dict(self.headers))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers[-1].encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers, requests
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_outside_service_is_asked_only_with_consent(builder, monkeypatch, address_service):
    url, _, requests = address_service

    async def private(_endpoint):
        return ip_address("10.0.0.4")

    monkeypatch.setattr(remote_access_part, "local_address", private)
    monkeypatch.setattr(remote_access_part, "ADDRESS_SERVICE", url)
    builder.allow_ssh = True
    builder.form.remote_access.address_button.click()
    wait_until(lambda: "10.0.0.4" in builder.message.text)
    dont, ask = builder.message.buttons
    dont.click()
    settle(builder)
    assert requests == []
    assert builder.ssh_sources == ()
    builder.form.remote_access.address_button.click()
    wait_until(lambda: builder.message.visible)
    ask.click()
    wait_until(lambda: builder.ssh_sources == ("203.0.113.99",))
    assert len(requests) == 1


def test_an_address_that_is_none_is_an_error(address_service):
    url, answers, _ = address_service
    answers.append("<html>no</html>")
    with pytest.raises(ServiceUnreachableError, match="gave no address"):
        asyncio.run(public_address(url))


def test_the_local_address_towards_an_endpoint():
    assert asyncio.run(local_address("http://127.0.0.1:1")) == ip_address("127.0.0.1")
    with pytest.raises(ServiceUnreachableError, match="no way"):
        asyncio.run(local_address("https://does-not-exist.invalid"))


# stopping a resize


def test_a_resize_can_be_stopped(builder, service):
    service.hold("list_nodes")
    operation = builder.create()
    wait_until(lambda: operation.progress.accepted)
    assert shown(builder.card.stop_button)
    builder.card.stop_button.click()
    wait_until(lambda: service.count("stop_pool_resize") == 1)
    service.release("list_nodes")
    error = operation.exception(5)
    assert isinstance(error, PoolAllocationError)
    assert error.code == "ResizeStopped"
    wait_until(lambda: not shown(builder.card.stop_button))


def test_nothing_to_stop_is_said(builder, service):
    service.fail("stop_pool_resize", ServiceError("No.", code="OperationInvalidForCurrentState", status=409))
    service.hold("list_nodes")
    operation = builder.create()
    wait_until(lambda: operation.progress.accepted)
    builder.card.stop_button.click()
    wait_until(lambda: builder.card.question.visible)
    assert "not being resized any more" in builder.card.question.text
    service.release("list_nodes")
    operation.result(5)


@pytest.mark.parametrize(
    ("lost_answer", "state", "raises"),
    [(True, "steady", False), (True, "resizing", True), (False, "steady", True)],
)
def test_a_lost_answer_to_a_stop_is_looked_up(account, service, lost_answer, state, raises):
    service.add_pool("analysis", 1)
    service.pools["analysis"].steps = [(make_pool(allocation_state=state), make_nodes(1))]
    service.fail("stop_pool_resize", ServiceUnreachableError("Lost.", maybe_done=lost_answer))
    error = account.stop_resize("analysis").exception(5)
    assert (error is not None) is raises


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ResizeError("AllocationFailed", "x", (("Reason", "The subnet is full"),)), "subnet can't take"),
        (ResizeError("AllocationFailed", "The Hypervisor Generation '2' is not supported"), "different generations"),
        (ResizeError("AllocationFailed", "odd"), "The details give the reason"),
        (ResizeError("OperationsRestrictedByPolicyForPublicIP", "x"), "policy"),
        (ResizeError("AccountCoreQuotaReached", "x"), "quota"),
        (ResizeError("unsupportedvmsize", "x"), "Take another"),
        (ResizeError("Unheard", "x"), ""),
    ],
)
def test_resize_errors_come_with_a_next_step(error, says):
    assert says in error.advice
    assert bool(error.advice) is bool(says)
