"""The node panel asks the service only while somebody can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook

CONNECT = """
import batch_widgets as bw
from batch_widgets.demo import DemoService
service = DemoService(nodes=2)
service.start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
from batch_widgets.widgets import node_watch
node_watch._STEADY_S = node_watch._CHANGING_S = 0.2
"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
FAR_AWAY = "from IPython.display import HTML\nHTML('<div style=\"height: 4000px\">far away</div>')"
COUNT = "print(service.requests['GET', 'list_nodes'])"


def requests_in(notebook: Notebook, milliseconds: int) -> int:
    before = int(notebook.python(COUNT))
    notebook.page.wait_for_timeout(milliseconds)
    return int(notebook.python(COUNT)) - before


def test_it_refreshes_only_while_it_is_seen(notebook: Notebook):
    notebook.open(CONNECT, PANEL, FAR_AWAY)
    notebook.run(0)
    output = notebook.run(1, "text=127.0.0.1:")
    far = notebook.run(2, "text=far away")
    output.scroll_into_view_if_needed()
    notebook.wait_python("panel.frame_piece.displayed", expected=True)
    assert requests_in(notebook, 1500) >= 3

    far.get_by_text("far away").evaluate("element => element.scrollIntoView({ block: 'end' })")
    notebook.wait_python("panel.frame_piece.displayed", expected=False)
    assert requests_in(notebook, 1500) <= 1  # one may have been under way

    output.evaluate("element => element.scrollIntoView({ block: 'start' })")
    notebook.wait_python("panel.frame_piece.displayed", expected=True)
    assert requests_in(notebook, 1500) >= 3

    notebook.python("panel.close()")
    assert requests_in(notebook, 1500) <= 1
    notebook.python("account.close(); service.stop()")


def test_paused_asks_nothing_until_it_is_live_again(notebook: Notebook):
    notebook.open(CONNECT, PANEL)
    notebook.run(0)
    output = notebook.run(1, "text=127.0.0.1:")
    output.scroll_into_view_if_needed()
    notebook.wait_python("panel.frame_piece.displayed", expected=True)
    output.get_by_role("button", name="Paused").click()
    notebook.wait_python("panel.live", expected=False)
    assert requests_in(notebook, 1500) <= 1  # one may have been under way
    before = int(notebook.python(COUNT))
    output.get_by_role("button", name="Refresh").click()
    notebook.wait_python("service.requests['GET', 'list_nodes']", before + 1)
    output.get_by_role("button", name="Live").click()
    notebook.wait_python("panel.live", expected=True)
    assert requests_in(notebook, 1500) >= 3
    notebook.python("panel.close(); account.close(); service.stop()")
