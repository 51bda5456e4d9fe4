"""Login settings of many nodes: handed out as they come, and asked for again where a fault may pass."""

from __future__ import annotations

import asyncio
import functools
import time

import pytest

from batch_widgets.account import attempts, login_settings
from batch_widgets.errors import NotFoundError, ServiceError, ServiceUnreachableError
from batch_widgets.runner import Merger
from unit.fakes import NEVER_SENT
from unit.test_merging import Timers

SOON = 5.0


def until(condition):
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "waited for too long"
        time.sleep(0.002)


@pytest.mark.parametrize("each_s", [0.0, 1 / 1024, 1.0])
def test_they_are_handed_out_ten_times_a_second_at_most(account, service, monkeypatch, each_s):
    timers = Timers()
    monkeypatch.setattr(login_settings, "Merger", functools.partial(Merger, timers=timers))
    get = service.get_remote_login_settings

    async def get_remote_login_settings(*arguments):
        answer = await get(*arguments)
        timers.advance(each_s)
        return answer

    service.get_remote_login_settings = get_remote_login_settings
    service.add_pool("p", nodes=1_000)
    batches = []
    settings = account.list_remote_login_settings("p", on_some=batches.append)
    account.runner.drain()
    assert [one.node_id for one in settings] == [f"tvm-{number}" for number in range(1_000)]
    told = [one for batch in batches for one in batch]
    assert sorted(told, key=lambda one: one.port) == settings
    assert all(batches)
    # The first alone, ten times what came in a tenth of a second, and what was left at the end.
    assert len(batches) == {0.0: 2, 1 / 1024: 11, 1.0: 1_000}[each_s]


def test_the_first_come_while_the_rest_is_asked_for(account, service):
    service.add_pool("p", nodes=200)
    waits = service.get_remote_login_settings

    async def get_remote_login_settings(pool_id, node_id):
        while node_id == "tvm-150" and not released:  # noqa: ASYNC110 (another thread releases it)
            await asyncio.sleep(0.002)
        return await waits(pool_id, node_id)

    released, told = [], []
    service.get_remote_login_settings = get_remote_login_settings
    operation = account.runner.submit(
        "Read", lambda _: account.aio.list_remote_login_settings("p", on_some=told.extend)
    )
    until(lambda: len(told) == 199)
    assert not operation.done()
    released.append(True)
    assert len(operation.result(SOON)) == 200
    account.runner.drain()
    assert len(told) == 200


def test_who_stops_reading_hears_no_more(account, service):
    service.add_pool("p", nodes=2)
    service.hold("get_remote_login_settings")
    told = []
    operation = account.runner.submit(
        "Read", lambda _: account.aio.list_remote_login_settings("p", on_some=told.extend)
    )
    until(lambda: service.in_flight == 2)
    operation.cancel()
    until(operation.done)
    service.release("get_remote_login_settings")
    until(lambda: not service.in_flight)
    account.runner.drain()
    assert not told


def test_an_observer_that_breaks_stops_nothing(account, service, caplog):
    def broken(_):
        raise ValueError("Mine.")

    service.add_pool("p", nodes=3)
    assert len(account.list_remote_login_settings("p", on_some=broken)) == 3
    account.runner.drain()
    assert "A callback failed" in caplog.text


def test_a_pool_without_a_mapping_is_told_in_one_batch_or_two(account, service):
    service.add_pool("p", nodes=50, body={})
    told = []
    account.list_remote_login_settings("p", on_some=told.append)
    account.runner.drain()
    assert [len(batch) for batch in told] == [1, 49]


def test_nodes_that_are_named_need_no_list(account, service):
    service.add_pool("p", nodes=3)
    assert [one.reachable for one in account.list_remote_login_settings("p", ["tvm-2", "none"])] == [True, False]
    assert service.count("list_nodes") == 0
    assert service.count("get_remote_login_settings") == 2


@pytest.mark.usefixtures("breathless")
@pytest.mark.parametrize("error", [NEVER_SENT, ServiceError("Internal.", code="InternalError", status=500)])
def test_a_reason_is_no_passing_fault(account, service, error):
    service.add_pool("p", nodes=3)
    service.fail("get_remote_login_settings", error, times=attempts.TRIES - 1, when=lambda _, node: node == "tvm-1")
    assert all(one.reachable for one in account.list_remote_login_settings("p"))
    service.fail("get_remote_login_settings", error, when=lambda _, node: node == "tvm-1")
    _, second, _ = account.list_remote_login_settings("p")
    assert second.reason == f"{error.message} No clear answer in 8 tries. Retry later."


@pytest.mark.usefixtures("breathless")
def test_a_pool_that_cannot_be_read_is_an_error(account, service):
    with pytest.raises(NotFoundError):
        account.list_remote_login_settings("p")
    service.add_pool("p", nodes=1)
    service.fail("get_pool", NEVER_SENT)
    with pytest.raises(ServiceUnreachableError):
        account.list_remote_login_settings("p")
