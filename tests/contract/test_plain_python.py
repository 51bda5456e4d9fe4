"""The whole flow in plain Python, without kernel or browser, with OpenSSH's client on each node."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import subprocess
import batch_widgets as bw

with bw.connect_demo(nodes=0, speed=50) as account:
    browser = bw.SkuBrowser(account)
    image = browser.select("ubuntu 22.04", latest=True)
    print(len(account.list_node_agent_skus()) > 3, len(browser.frame) > len(browser.visible_frame) > 0)
    builder = bw.PoolBuilder(account, image=image, pool_id="analysis", vm_size="Standard_D2s_v3", allow_ssh=True)
    builder.ssh_sources, builder.target_dedicated_nodes = ("127.0.0.1",), 2
    builder.start_task_command_line = "/bin/bash -c 'printenv AZ_BATCH_NODE_STARTUP_DIR'"
    print(builder.create().result(timeout=60).current_nodes)
    panel = bw.NodePanel(account, "analysis")
    adding = panel.add_user("alice", ssh_public_key=bw.own_key().line, is_admin=True, days=30)
    print(*adding.result(timeout=60)["outcome"])
    for command in panel.frame["ssh_command"]:
        print(subprocess.check_output(f"{command} 'whoami; sudo whoami'", shell=True, text=True).split())
    account.delete_pool("analysis").result(timeout=60)
    print([pool.id for pool in account.list_pools() if pool.id == "analysis"])
"""


def test_the_flow_in_under_30_lines(tmp_path):
    assert SCRIPT.count("\n") < 30
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "True True",
        "2",
        "added added",
        "['alice', 'root']",
        "['alice', 'root']",
        "[]",
    ]
