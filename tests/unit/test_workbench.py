"""Workbench: what one step gives, the next one takes."""

from __future__ import annotations

import pytest

import batch_widgets as bw
from batch_widgets.widgets import node_watch
from unit.fakes import FakeService, make_image
from unit.test_panel import open_widgets, settle, wait_until

IMAGE = make_image()


@pytest.fixture
def service():
    service = FakeService([IMAGE, make_image("20_04-lts")])
    service.add_pool("older", 1)
    return service


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(node_watch, "_LOOK_S", 0.02)


@pytest.fixture
def workbench(account):
    workbench = bw.Workbench(account)
    settle(workbench.browser)
    settle(workbench.panel)
    yield workbench
    workbench.close()


def rail(workbench):
    return tuple(result.value for result in workbench._results)


def current(workbench):
    return [number for number, step in enumerate(workbench.steps) if "bw-current" in step._dom_classes]


def describe(workbench, pool_id="analysis"):
    workbench.builder.pool_id = pool_id
    workbench.builder.vm_size = "Standard_D2s_v3"
    workbench.builder.target_dedicated_nodes = 2


def test_steps(workbench):
    assert workbench.stack.selected_index == 0
    assert current(workbench) == [0]
    for number, step in enumerate(workbench.steps):
        step.click()
        assert workbench.stack.selected_index == number
        assert current(workbench) == [number]


def test_nothing_is_there_at_first(workbench):
    image, pool, nodes = rail(workbench)
    assert "none picked yet" in image
    assert "not described yet" in pool
    assert "no pool yet" in nodes
    assert "https://fake.eastus.batch.azure.com" in workbench._facts.value


def test_the_picked_image_flows_into_the_builder(workbench):
    workbench.browser.grid.selected = (IMAGE.key,)
    assert workbench.builder.image == IMAGE
    assert workbench.builder.node_agent_sku_id == IMAGE.node_agent_sku_id
    assert "picked" in rail(workbench)[0]
    assert "canonical 22_04-lts" in rail(workbench)[0]
    workbench.browser.use_button.click()
    assert workbench.stack.selected_index == 1


def test_no_pick_leaves_the_builder_its_image(workbench):
    workbench.browser.selected = IMAGE
    workbench.browser.selected = None
    assert workbench.builder.image == IMAGE
    assert "none picked yet" in rail(workbench)[0]


def test_the_created_pool_flows_into_the_panel(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench)
    assert "analysis" in rail(workbench)[1]
    service.hold("list_nodes")
    workbench.builder.create_button.click()
    wait_until(lambda: workbench.panel.pool_id == "analysis")
    assert "creating" in rail(workbench)[1]
    assert "2 × Standard_D2s_v3" in rail(workbench)[1]
    service.release("list_nodes")
    workbench.builder.creation.result(5)
    wait_until(lambda: "2 of 2 ready" in rail(workbench)[2])
    assert "ready" in rail(workbench)[1]
    assert "2 idle" in rail(workbench)[2]
    assert list(workbench.panel.frame["node_id"]) == ["tvm-0", "tvm-1"]


def test_the_panel_in_it_says_how_the_next_cell_calls_it(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench)
    workbench.builder.create().result(5)
    wait_until(lambda: workbench.panel.pool_id == "analysis")
    settle(workbench.panel)
    workbench.panel.add_user("alice", password="correct-Horse-7").result(5)
    settle(workbench.panel)
    assert "workbench.panel.operation.result()" in workbench.panel.users.outcomes.parts[0].hint.value
    workbench.panel.given_button.value = True
    assert "workbench.panel.account.users_given.frame" in workbench.panel.given.hint.value


def test_a_failed_creation_shows_in_the_rail(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench, "older")
    workbench.builder.create().exception(5)
    wait_until(lambda: "failed" in rail(workbench)[1])


def test_a_refused_creation_leaves_the_panel_alone(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench, "older")
    workbench.builder.create().exception(5)
    wait_until(lambda: "failed" in rail(workbench)[1])
    workbench.account.runner.drain()
    assert workbench.panel.pool_id == ""


def test_the_rail_tells_of_the_pool_that_was_created_and_not_of_the_form(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench)
    workbench.builder.create().result(5)
    wait_until(lambda: "ready" in rail(workbench)[1])
    workbench.builder.vm_size = "Standard_NC4as_T4_v3"
    workbench.builder.target_dedicated_nodes = 9
    assert "2 × Standard_D2s_v3" in rail(workbench)[1]


def test_a_creation_that_is_no_longer_followed_shows_in_the_rail(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench)
    service.hold("list_nodes")
    workbench.builder.create().cancel()
    wait_until(lambda: "not followed" in rail(workbench)[1])
    service.release("list_nodes")


def test_a_deleted_pool_is_gone_from_the_panel(workbench, service):
    workbench.browser.selected = IMAGE
    describe(workbench)
    workbench.builder.create().result(5)
    wait_until(lambda: "2 of 2 ready" in rail(workbench)[2])
    card = workbench.builder.card
    card.delete_button.click()
    next(button for button in card.question.buttons if button.description == "Delete pool").click()
    wait_until(lambda: "no pool yet" in rail(workbench)[2])
    assert "ready" not in rail(workbench)[1]
    wait_until(lambda: "no pool analysis" in workbench.panel._access.text)


def test_rail_texts_are_escaped(workbench):
    workbench.builder.pool_id = "<script>\u202e"
    workbench.browser.selected = make_image("<img src=x>")
    image, pool, _ = rail(workbench)
    assert "<img" not in image
    assert "&lt;img" in image
    assert "&lt;script&gt;\ufffd" in pool


def test_disconnect_closes_the_account_and_keeps_what_is_there(workbench, account, caplog):
    workbench.browser.selected = IMAGE
    workbench.disconnect_button.click()  # returns at once
    wait_until(lambda: account.closed and "disconnected" in workbench._whose.value)
    for widget in (workbench.browser, workbench.builder, workbench.panel):
        wait_until(lambda widget=widget: "disconnected" in widget._whose.value)
    wait_until(lambda: workbench.disconnect_button.disabled)
    assert len(workbench.browser.grid.rows) == 2
    assert workbench.builder.spec.image == IMAGE


def test_closing_the_account_during_a_creation_is_quiet(workbench, account, service, caplog):
    workbench.browser.selected = IMAGE
    describe(workbench)
    service.hold("list_nodes")
    workbench.builder.create()
    account.close()
    assert "not followed" in rail(workbench)[1]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_closing_it_during_a_creation_leaves_the_creation_alone(account, service):
    before = open_widgets()
    workbench = bw.Workbench(account)
    workbench.builder.image = IMAGE
    describe(workbench)
    service.hold("list_nodes")
    operation = workbench.builder.create()
    workbench.close()
    service.release("list_nodes")
    assert operation.result(5).id == "analysis"
    account.runner.drain()
    assert open_widgets() <= before
