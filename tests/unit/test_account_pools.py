"""Creating, resizing and deleting pools from the account: sent once, whatever becomes of the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from batch_widgets.errors import (
    AlreadyExistsError,
    AuthenticationError,
    NotFoundError,
    ServiceUnreachableError,
    ThrottledError,
    ValidationError,
)
from unit.accounts import PAUSE, SERVER_ERROR, SOON, UNCLEAR, follow
from unit.fakes import LOST, NEVER_SENT, make_image, make_spec

# creating


def test_create_is_followed_until_the_nodes_are_ready(account, service):
    pool, told = follow(account.create_pool(make_spec("p", nodes=3)))
    assert (pool.id, pool.current_nodes) == ("p", 3)
    assert (told[-1].done, told[-1].total, told[-1].unit) == (3, 3, "nodes ready")
    assert told[-1].counts == {"idle": 3}
    assert {progress.message for progress in told} >= {"creating", "starting"}
    assert service.count("create_pool") == 1


def test_an_empty_pool_is_ready_at_once(account):
    assert account.create_pool(make_spec("p", nodes=0)).result(SOON).current_nodes == 0


def test_a_pool_that_breaks_a_rule_is_not_sent(account, service):
    with pytest.raises(ValidationError, match="pool_id") as caught:
        account.create_pool(make_spec("p q"))
    assert caught.value.problems[0].field == "pool_id"
    assert not service.calls


def test_the_known_images_count(account, service):
    service.images = [make_image(node_agent_sku_id="batch.node.ubuntu 20.04")]
    account.create_pool(make_spec("p")).result(SOON)
    account.list_supported_images()
    with pytest.raises(ValidationError, match="node_agent_sku_id"):
        account.create_pool(make_spec("q"))


def test_a_pool_that_exists(account, service):
    service.add_pool("p")
    with pytest.raises(AlreadyExistsError):
        account.create_pool(make_spec("P")).result(SOON)


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_lost_answer_after_the_work_is_found_out(account, service, trouble):
    service.fail("create_pool", trouble, times=1, after=True)
    pool, told = follow(account.create_pool(make_spec("p")))
    assert pool.current_nodes == 2
    assert service.count("create_pool") == 1
    assert told


@pytest.mark.parametrize("trouble", [LOST, PAUSE, SERVER_ERROR])
def test_looking_after_a_lost_answer_is_patient(account, service, trouble):
    service.fail("create_pool", LOST, times=1, after=True)
    service.fail("get_pool", trouble, times=3)
    assert account.create_pool(make_spec("p")).result(SOON).id == "p"


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_lost_request(account, service, trouble):
    service.fail("create_pool", trouble, times=1)
    with pytest.raises(type(trouble), match="was not created") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert not caught.value.maybe_done
    assert (caught.value.code, caught.value.status) == (trouble.code, trouble.status)
    assert service.count("create_pool") == 1
    assert service.count("get_pool") == 2


@pytest.mark.parametrize("trouble", [LOST, PAUSE, SERVER_ERROR, AuthenticationError("No.")])
def test_a_lost_answer_and_then_nothing(account, service, trouble):
    service.fail("create_pool", LOST, after=True)
    service.fail("get_pool", trouble)
    with pytest.raises(ServiceUnreachableError, match="may exist and be charged") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert caught.value.maybe_done


def test_a_lost_answer_for_a_pool_that_was_there_before(account, service):
    service.add_pool("p", creation_time=datetime.now(UTC) - timedelta(hours=1))
    service.fail("create_pool", LOST)
    with pytest.raises(AlreadyExistsError, match="exists since") as caught:
        account.create_pool(make_spec("p")).result(SOON)
    assert caught.value.code == "PoolExists"


def test_what_was_never_sent_is_no_mystery(account, service):
    service.fail("create_pool", NEVER_SENT)
    with pytest.raises(ServiceUnreachableError, match="Cannot reach it"):
        account.create_pool(make_spec("p")).result(SOON)
    assert service.count("get_pool") == 0


@pytest.mark.parametrize("call", ["create_pool", "resize_pool", "delete_pool"])
def test_a_change_waits_for_as_long_as_it_is_asked_to(account, service, call):
    service.fail(call, PAUSE, times=3)
    change(account, service, call).result(SOON)
    assert service.count(call) == 4


@pytest.mark.parametrize("call", ["create_pool", "resize_pool", "delete_pool"])
def test_but_not_for_ever(account, service, call):
    service.fail(call, PAUSE)
    with pytest.raises(ThrottledError):
        change(account, service, call).result(SOON)
    assert service.count(call) == 6


def change(account, service, call):
    if call == "create_pool":
        return account.create_pool(make_spec("p"))
    service.add_pool("p", nodes=2)
    return account.resize_pool("p", target_dedicated_nodes=1) if call == "resize_pool" else account.delete_pool("p")


# resizing and deleting


def test_resize(account, service):
    service.add_pool("p", nodes=1)
    assert account.resize_pool("p", target_dedicated_nodes=3).result(SOON).current_nodes == 3
    assert ("resize_pool", "p", 3, None) in service.calls


@pytest.mark.parametrize("targets", [{}, {"target_dedicated_nodes": -1}, {"target_low_priority_nodes": -1}])
def test_a_resize_that_makes_no_sense(account, service, targets):
    with pytest.raises(ValidationError):
        account.resize_pool("p", **targets)
    assert not service.calls


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_resize_whose_answer_is_lost(account, service, trouble):
    service.add_pool("p", nodes=1)
    service.fail("resize_pool", trouble, after=True)
    assert account.resize_pool("p", target_dedicated_nodes=3).result(SOON).current_nodes == 3
    assert service.count("resize_pool") == 1


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_resize_that_is_lost(account, service, trouble):
    service.add_pool("p", nodes=1)
    service.fail("resize_pool", trouble)
    with pytest.raises(type(trouble)) as caught:
        account.resize_pool("p", target_dedicated_nodes=3).result(SOON)
    assert caught.value is trouble
    assert service.count("resize_pool") == 1


def test_delete(account, service):
    service.add_pool("p", nodes=2)
    result, told = follow(account.delete_pool("p"))
    assert result is None
    assert not service.pools
    assert told[-1].message == "deleted"


def test_delete_what_is_not_there(account):
    with pytest.raises(NotFoundError):
        account.delete_pool("p").result(SOON)


def test_delete_what_is_being_deleted(account, service):
    service.add_pool("p", nodes=1, state="deleting").polls_until_gone = 1
    account.delete_pool("p").result(SOON)
    assert not service.pools


def test_delete_outlasts_a_short_trouble(account, service):
    service.add_pool("p")
    service.fail("get_pool", NEVER_SENT, times=4)
    account.delete_pool("p").result(SOON)


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_deletion_whose_answer_is_lost(account, service, trouble):
    service.add_pool("p")
    service.fail("delete_pool", trouble, after=True)
    account.delete_pool("p").result(SOON)
    assert service.count("delete_pool") == 1


@pytest.mark.parametrize("trouble", [LOST, UNCLEAR])
def test_a_deletion_that_is_lost(account, service, trouble):
    service.add_pool("p")
    service.fail("delete_pool", trouble)
    with pytest.raises(type(trouble)) as caught:
        account.delete_pool("p").result(SOON)
    assert caught.value is trouble
    assert "p" in service.pools
