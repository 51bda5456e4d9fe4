"""Creating a pool from the builder: once, followed to its end, with advice where it fails."""

from __future__ import annotations

import pytest

import batch_widgets as bw
from batch_widgets.errors import AlreadyExistsError, PoolAllocationError, ServiceUnreachableError, ValidationError
from batch_widgets.pools.pool import ResizeError
from unit.fakes import FakeService, make_account, make_node, make_pool
from unit.pool_builders import (  # noqa: F401 (fixtures)
    GOOD,
    builder_fixture,
    make_builder_fixture,
    own_builder_fixture,
    place,
    shared_builder_fixture,
)
from unit.test_panel import shown, wait_until


def test_create_follows_until_the_pool_is_ready(own_builder, service):
    operation = own_builder.create()
    assert own_builder.creation is operation
    pool = operation.result(5)
    assert pool.id == "analysis"
    assert service.count("create_pool") == 1
    wait_until(lambda: "ready" in own_builder.frame_piece.announcement)
    assert shown(own_builder.card)
    assert "done" in place(own_builder)
    assert "2 idle" in place(own_builder)
    assert own_builder.card.dedicated.value == 2


def test_the_button_creates_and_the_card_shows_progress(own_builder, service):
    service.hold("list_nodes")
    own_builder.create_button.click()
    assert shown(own_builder.card)
    assert "Create pool analysis" in own_builder.creation.title
    assert "under way" in place(own_builder)
    service.release("list_nodes")
    own_builder.creation.result(5)


def test_a_second_click_does_not_create_twice(own_builder, service):
    service.hold("create_pool")
    own_builder.create_button.click()
    assert own_builder.create_button.disabled
    assert "being created" in own_builder._summary.value
    own_builder.display_name = "edited meanwhile"
    assert own_builder.create_button.disabled
    own_builder.pool_id = "another"
    assert not own_builder.create_button.disabled
    own_builder.pool_id = "analysis"
    service.release("create_pool")
    own_builder.creation.result(5)
    wait_until(lambda: "was made here" in own_builder._summary.value)
    assert own_builder.create_button.disabled
    assert own_builder.problems == ()
    own_builder.pool_id = "another"
    assert not own_builder.create_button.disabled
    assert service.count("create_pool") == 1


def test_stop_following_says_that_the_pool_may_remain(own_builder, service):
    service.hold("list_nodes")
    operation = own_builder.create()
    wait_until(lambda: "analysis" in service.pools)
    assert own_builder.card.view.cancel_button.description == "Stop following"
    own_builder.card.view.cancel_button.click()
    wait_until(operation.cancelled)
    wait_until(lambda: "may remain" in place(own_builder))
    assert service.count("delete_pool") == 0
    assert shown(own_builder.card._bar)
    wait_until(lambda: "no longer followed" in own_builder.frame_piece.announcement)


def test_a_pool_that_was_there_before_is_not_offered_for_deletion(own_builder, service):
    service.add_pool("analysis", 2)
    assert isinstance(own_builder.create().exception(5), AlreadyExistsError)
    wait_until(lambda: "already exists" in place(own_builder))
    assert not shown(own_builder.card._bar)


def test_a_pool_whose_answer_was_lost_may_be_ours_and_can_be_deleted(own_builder, service):
    service.fail("create_pool", ServiceUnreachableError("Lost.", maybe_done=True))
    service.fail("get_pool", ServiceUnreachableError("Gone."), times=100)
    own_builder.account.poll_interval_s = 0.001
    assert own_builder.create().exception(10).maybe_done
    wait_until(lambda: shown(own_builder.card._bar))


def test_two_clicks_create_one_pool(own_builder, service):
    service.hold("create_pool")
    own_builder.create_button.click()
    first = own_builder.creation
    own_builder._on_create_clicked()  # the browser sent the second click before it was told that the button is disabled
    assert own_builder.creation is first
    assert not own_builder.message.visible
    with pytest.raises(ValidationError, match="is being created"):
        own_builder.create()
    service.release("create_pool")
    first.result(5)
    assert service.count("create_pool") == 1


def test_a_creation_that_the_service_refuses_says_why(own_builder, service):
    service.add_pool("analysis", 0)
    operation = own_builder.create()
    assert isinstance(operation.exception(5), AlreadyExistsError)
    wait_until(lambda: "already exists" in place(own_builder))
    assert "PoolExists" in place(own_builder)
    assert "409" in place(own_builder)


def test_a_resize_error_comes_with_advice(own_builder, service):
    def too_many(spec):
        error = ResizeError("AccountCoreQuotaReached", "The core <quota> was reached.", (("Limit", "4"),))
        return [(make_pool(spec.pool_id, target_dedicated_nodes=2, resize_errors=(error,)), ())]

    service.steps_after_create = too_many
    error = own_builder.create().exception(5)
    assert isinstance(error, PoolAllocationError)
    wait_until(lambda: own_builder.card.view._message.visible)
    for part in ("0 of 2 nodes", "core &lt;quota&gt;", "Ask for fewer nodes or more quota", "AccountCoreQuotaReached"):
        assert part in place(own_builder)
    assert "remains" in place(own_builder)
    assert shown(own_builder.card.delete_button)


def test_a_start_task_that_failed_says_how(own_builder, service):
    def broken(spec):
        nodes = [make_node("tvm-0", "starttaskfailed", start_task_exit_code=127), make_node("tvm-1")]
        return [(make_pool(spec.pool_id, target_dedicated_nodes=2, current_dedicated_nodes=2), nodes)]

    service.steps_after_create = broken
    own_builder.create()
    wait_until(lambda: own_builder.card.view._message.visible)
    for part in ("1 of 2 nodes", "exit code 127", "command not found", "Mend the start task"):
        assert part in place(own_builder)


def test_a_builder_closed_during_creation_leaves_the_creation_alone(make_builder, service):
    own_builder = make_builder(**GOOD)
    service.hold("list_nodes")
    operation = own_builder.create()
    own_builder.close()
    service.release("list_nodes")
    assert operation.result(5).id == "analysis"


def test_cost_is_said_and_the_demo_charges_nothing(builder):
    assert "charged from allocation until you delete the pool" in builder._summary.value
    with make_account(FakeService(), is_demo=True) as account:
        other = bw.PoolBuilder(account, **GOOD)
        assert "Nothing is charged" in other._summary.value
        other.close()
