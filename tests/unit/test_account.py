"""BatchAccount on a scripted service: reading, and its life."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import time
from dataclasses import replace

import pytest

from batch_widgets.errors import ClosedError, NotFoundError, ServiceUnreachableError
from batch_widgets.images import node_agent_skus
from unit.accounts import SOON, public
from unit.fakes import SSH_BODY, FakeService, make_account, make_image, make_pool, make_spec

# reading


def test_reading(account, service):
    service.images = [make_image(), make_image(verified=False)]
    service.add_pool("p", nodes=2)
    account.check()
    assert account.list_supported_images() == service.images
    assert account.known_images == tuple(service.images)
    assert account.list_node_agent_skus() == node_agent_skus(service.images)
    assert [pool.id for pool in account.list_pools()] == ["p"]
    assert account.get_pool("P").id == "p"
    assert [node.id for node in account.list_nodes("p")] == ["tvm-0", "tvm-1"]
    with pytest.raises(NotFoundError):
        account.get_pool("q")
    assert service.threads == {"batch-widgets-loop"}


def test_a_read_is_bounded(account, service, monkeypatch):
    monkeypatch.setattr("batch_widgets.account.account._WAIT_S", 0.02)
    service.hold("list_pools")
    with pytest.raises(ServiceUnreachableError, match=r"no complete answer within 0\.02 s"):
        account.list_pools()


# life


def test_close(service):
    ended = []
    account = make_account(service, on_close=lambda: ended.append(service.closed))
    service.hold("get_pool")
    account.check()
    operation = account.create_pool(make_spec("p"))
    while not service.count("get_pool"):
        time.sleep(0.002)
    account.close()
    account.close()
    assert operation.cancelled()
    assert ended == [1]
    assert account.closed
    assert service.in_flight == 0
    for call in (
        account.check,
        account.list_pools,
        lambda: account.create_pool(make_spec("p")),
        lambda: account.delete_pool("p"),
    ):
        with pytest.raises(ClosedError):
            call()
    with pytest.raises(ClosedError):
        asyncio.run(account.aio.check())


def test_close_without_any_call(service):
    account = make_account(service)
    account.close()
    assert service.closed == 0
    assert account.closed


def test_concurrent_close_ends_it_once(service):
    ended = []
    account = make_account(service, on_close=lambda: ended.append(1))
    account.check()
    threads = [threading.Thread(target=account.close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
    assert (ended, service.closed) == ([1], 1)


def test_a_service_that_fails_to_close_keeps_nothing_alive(service, caplog):
    class Bad(FakeService):
        async def close(self):
            raise OSError("It broke.")

    ended = []
    account = make_account(Bad(), on_close=lambda: ended.append(1))
    account.check()
    account.close()
    assert ended == [1]
    assert "Not everything ended well" in caplog.text


def test_a_caller_that_waits_while_it_closes(service):
    account = make_account(service)
    service.hold("list_pools")
    errors = []

    def wait():
        try:
            account.list_pools()
        except ClosedError as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not service.in_flight:
        time.sleep(0.002)
    account.close()
    thread.join(SOON)
    assert len(errors) == 1


class Listener:
    def __init__(self, account):
        self.account = account
        self.heard = []

    def on_close(self):
        self.heard.append((self.account.closed, threading.current_thread().name))


def test_close_callbacks_see_a_closed_account(service):
    account = make_account(service)
    listener, gone = Listener(account), Listener(account)
    heard_by_gone = gone.heard
    account.add_close_callback(listener.on_close)
    account.add_close_callback(gone.on_close)
    del gone
    gc.collect()
    account.close()
    account.close()
    assert listener.heard == [(True, "batch-widgets-notifier")]
    assert not heard_by_gone


def test_a_context_manager(service):
    with make_account(service) as account:
        account.check()
    assert account.closed
    assert service.closed == 1


def test_repr(service):
    with make_account(service, is_demo=True) as account:
        assert repr(account) == "<BatchAccount fake, https://fake.eastus.batch.azure.com, demo>"


def test_the_fake_keeps_the_services_interface():
    from batch_widgets.service import BatchService

    for name in public(BatchService):
        ours = inspect.signature(getattr(FakeService, name)).parameters
        theirs = inspect.signature(getattr(BatchService, name)).parameters
        assert {key: value.kind for key, value in ours.items()} == {key: value.kind for key, value in theirs.items()}
    assert replace(make_pool(), body=SSH_BODY).maps_ssh
