"""The account's coroutines: the same names and parameters, on any loop."""

from __future__ import annotations

import asyncio
import inspect
import time

import pytest

from batch_widgets.account import BatchAccount
from batch_widgets.account.aio import AsyncAccount
from batch_widgets.errors import NotFoundError, ServiceError
from batch_widgets.images import node_agent_skus
from unit.accounts import KEY, SOON, outcomes, public
from unit.fakes import make_image, make_spec


def test_aio_has_the_names_that_ask_the_service():
    asking = {
        name
        for name in public(BatchAccount)
        if name.startswith(
            (
                *("list_", "get_", "create_", "resize_", "stop_", "delete_", "add_user", "check", "evaluate_"),
                *("reboot_", "reimage_", "deallocate_", "start_", "disable_", "enable_", "remove_", "upload_"),
            )
        )
        or name in {"ssh_config", "write_ssh_config", "rdp_files", "login_frame", "open_terminal", "run", "test_login"}
    }
    assert public(AsyncAccount) == asking
    assert all(inspect.iscoroutinefunction(getattr(AsyncAccount, name)) for name in asking)


@pytest.mark.parametrize("name", sorted(public(AsyncAccount)))
def test_aio_takes_what_the_account_takes(name):
    parameters = inspect.signature(getattr(AsyncAccount, name)).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = {key: value.kind for key, value in parameters.items() if value.kind is not value.VAR_KEYWORD}
    wanted = {key: value.kind for key, value in inspect.signature(getattr(BatchAccount, name)).parameters.items()}
    assert named.items() <= wanted.items()
    if not open_ended:
        assert named == wanted


def test_aio_on_a_loop_of_the_callers(account, service):
    service.images = [make_image()]
    service.add_pool("q", nodes=2)

    async def main():
        await account.aio.check()
        assert await account.aio.list_supported_images() == service.images
        assert await account.aio.list_node_agent_skus() == node_agent_skus(service.images)
        pools, nodes = await asyncio.gather(account.aio.list_pools(), account.aio.list_nodes("q"))
        assert [pool.id for pool in pools] == ["q"]
        assert len(nodes) == 2
        assert (await account.aio.get_pool("q")).id == "q"
        with pytest.raises(ServiceError):
            await account.aio.evaluate_auto_scale("q", "$TargetDedicatedNodes = 1")
        assert (await account.aio.create_pool(make_spec("p"))).current_nodes == 2
        assert (await account.aio.resize_pool("p", target_dedicated_nodes=1)).current_nodes == 1
        assert outcomes(await account.aio.add_user("p", "alice", ssh_public_key=KEY)) == {"tvm-0": "added"}
        assert len(await account.aio.list_remote_login_settings("p")) == 1
        assert outcomes(await account.aio.delete_user("p", "alice")) == {"tvm-0": "deleted"}
        await account.aio.delete_pool("p")
        with pytest.raises(NotFoundError):
            await account.aio.get_pool("p")

    asyncio.run(main())
    assert service.threads == {"batch-widgets-loop"}


def test_cancelling_who_awaits_a_change_leaves_it_running(account, service):
    async def main():
        service.hold("create_pool")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(account.aio.create_pool(make_spec("p")), 0.02)
        service.release("create_pool")

    asyncio.run(main())
    deadline = time.monotonic() + SOON
    while "p" not in service.pools and time.monotonic() < deadline:
        time.sleep(0.002)
    assert "p" in service.pools


def test_a_blocking_call_on_the_loop_thread_raises(account):
    async def work(operation):
        with pytest.raises(RuntimeError, match="Await it instead"):
            account.list_pools()
        return "raised"

    assert account.runner.submit("Ask", work).result(SOON) == "raised"
