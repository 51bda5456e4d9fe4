"""A picture of every widget, light and dark; and what each must show before its picture is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook

CONNECT = "import batch_widgets as bw\naccount = bw.connect_demo(nodes=4, speed=10)"
BROWSER = "browser = bw.SkuBrowser(account)\nbrowser"
BUILDER = """builder = bw.PoolBuilder(
    account, pool_id="analysis", vm_size="Standard_D2s_v3", target_dedicated_nodes=4,
    image=bw.select_image(account.list_supported_images(), "ubuntu 22.04", latest=True),
    start_task_command_line="echo $AZ_BATCH_NODE_STARTUP_DIR > /tmp/dir", start_task_elevated=True,
    allow_ssh=True, ssh_sources=("203.0.113.7", "198.51.100.0/40"))
builder"""
ITEMS = """builder.metadata = {"team": "genomics"}
builder.application_package_references = [{"applicationId": "blender", "version": "4.2.1"}]
builder.inbound_nat_pools = [{"name": "web", "protocol": "tcp", "backendPort": 443,
    "frontendPortRangeStart": 42000, "frontendPortRangeEnd": 42100}]
builder.user_accounts = [{"name": "bob", "password": "s", "elevationLevel": "admin"}]
builder.mount_configuration = [{"nfsMountConfiguration": {"source": "10.0.0.4:/data", "relativeMountPath": "data"}}]"""
TROUBLED = """import batch_widgets as bw
from batch_widgets.demo import DemoService, Troubles
service = DemoService(nodes=24, speed=10, seed=3, troubles=Troubles(unusable_share=0.1))
service.start()
account = bw.connect(service.endpoint, account_name=service.account_name, account_key=service.account_key)
for node in account.list_nodes("demo")[7:19:6]:
    service.break_node("demo", node.id)"""
PANEL = 'panel = bw.NodePanel(account, "demo")\npanel'
WORKBENCH = "workbench = bw.Workbench(account)\nworkbench"


def both_themes(notebook: Notebook, output, name: str) -> None:
    if not notebook.takes_pictures:
        return
    for theme in ("light", "dark"):
        notebook.theme(theme)
        notebook.page.wait_for_timeout(300)
        notebook.screenshot(output, f"{name}-{theme}")


def test_screenshots_of_the_sku_browser(notebook: Notebook):
    notebook.page.set_viewport_size({"width": 1440, "height": 2000})
    notebook.open(CONNECT, BROWSER)
    notebook.run(0)
    output = notebook.run(1, ".bw [role=grid] [role=row][aria-rowindex='2']")
    notebook.python('browser.select("ubuntu 22.04", latest=True)')
    output.get_by_text("Picked", exact=True).wait_for()
    both_themes(notebook, output, "sku-browser")
    notebook.python('browser.search = "no such image"')
    output.get_by_text("No image is left").wait_for()
    both_themes(notebook, output, "sku-browser-empty")
    notebook.python("browser.clear_filters(); browser.verified_only = True; browser.by_node_agent = True")
    output.locator("[aria-expanded]").first.wait_for()
    both_themes(notebook, output, "sku-browser-groups")
    notebook.python("browser.by_node_agent = False; browser.affected_pools().result(10)")
    output.get_by_role("button", name="Use a gallery image").click()
    output.get_by_text("pools are on images", exact=False).wait_for()
    both_themes(notebook, output, "sku-browser-sections")


def test_screenshots_of_the_pool_builder(notebook: Notebook):
    notebook.page.set_viewport_size({"width": 1440, "height": 2000})
    notebook.open(CONNECT, BUILDER)
    notebook.run(0)
    output = notebook.run(1, "text=is not a range")
    both_themes(notebook, output, "pool-builder")
    notebook.python(ITEMS)
    for title in ("Tasks and metadata", "Network", "Users and mounts"):
        output.get_by_role("tab", name=title).or_(output.get_by_text(title, exact=True)).first.click()
        notebook.page.wait_for_timeout(500)
        both_themes(notebook, output, f"pool-builder-{title.split()[0].lower()}")
    notebook.python("builder.form.sections.accordion.selected_index = None")
    notebook.python('builder.ssh_sources = ("*",)')
    output.get_by_text("open to everyone").first.wait_for()
    output.get_by_role("button", name="Python", exact=True).click()
    output.get_by_text("BatchPoolCreateOptions").wait_for()
    both_themes(notebook, output, "pool-builder-python")
    output.get_by_role("button", name="Checks", exact=True).click()
    notebook.python("creation = builder.create()")
    output.get_by_text("Stop following").wait_for()
    notebook.page.wait_for_timeout(3000)
    both_themes(notebook, output, "pool-builder-creating")
    notebook.wait_python("creation.status", "done", 30)
    output.get_by_role("button", name="Delete pool…").click()
    output.get_by_text("cannot be undone").wait_for()
    both_themes(notebook, output, "pool-builder-delete")


def test_screenshots_of_the_node_panel(notebook: Notebook):
    notebook.page.set_viewport_size({"width": 1440, "height": 2000})
    notebook.open(TROUBLED, PANEL)
    notebook.run(0)
    output = notebook.run(1, "text=127.0.0.1:")
    notebook.python('panel.add_user("alice", ssh_public_key=bw.own_key().line, days=30).result(30)')
    output.get_by_text("added").first.wait_for()
    notebook.python("panel.selected = tuple(panel.frame.node_id[:3])")
    both_themes(notebook, output, "node-panel")
    output.get_by_role("button", name="Add user…").click()
    output.get_by_text("Administrator").wait_for()
    both_themes(notebook, output, "node-panel-drawer")
    output.get_by_role("button", name="Log in or run…").click()
    output.get_by_role("button", name="Test login").wait_for()
    output.get_by_role("button", name="Manage…").click()
    output.get_by_role("button", name="Users given").click()
    both_themes(notebook, output, "node-panel-login")
    output.get_by_role("button", name="Users given").click()
    output.get_by_role("button", name="Manage…").click()
    notebook.python("panel.close_drawer()")
    notebook.python("panel.run('uname -a; id').result(30)")
    notebook.python("panel.show_details(panel.selected[0])")
    notebook.python("panel.connect(panel.selected[1]).opening.result(30)")
    output.get_by_text("connected").wait_for()
    notebook.page.wait_for_timeout(1500)
    both_themes(notebook, output, "node-panel-below")
    notebook.python('panel.pool_id = "legacy-pool"')
    output.get_by_text("no port for SSH").first.wait_for()
    both_themes(notebook, output, "node-panel-no-ssh")


def test_screenshots_of_the_workbench(notebook: Notebook):
    notebook.page.set_viewport_size({"width": 1440, "height": 2000})
    notebook.open(CONNECT, WORKBENCH)
    notebook.run(0)
    output = notebook.run(1, ".bw [role=grid] [role=row][aria-rowindex='2']")
    notebook.python('workbench.browser.select("ubuntu 22.04", latest=True)')
    output.get_by_text("Picked", exact=True).wait_for()
    both_themes(notebook, output, "workbench-1")
    notebook.python("workbench.go_to(1)")
    output.get_by_role("button", name="Create pool").wait_for()
    both_themes(notebook, output, "workbench-2")
    notebook.python('workbench.panel.pool_id = "demo"; workbench.go_to(2)')
    notebook.python('workbench.panel.add_user("alice", ssh_public_key=bw.own_key().line, days=30).result(30)')
    output.get_by_text("4 added").wait_for()
    both_themes(notebook, output, "workbench-3")


def test_screenshots_of_troubles(notebook: Notebook):
    wrong_key = "bw.connect(account.endpoint, account_name='demo', account_key='d3Jvbmc=')"
    notebook.page.set_viewport_size({"width": 1440, "height": 2000})
    notebook.open(CONNECT, f"refused = bw.SkuBrowser({wrong_key})\nrefused", WORKBENCH)
    notebook.run(0)
    refused = notebook.run(1, "text=refused the key")
    refused.get_by_text("Details").click()
    refused.get_by_text("AuthenticationFailed").wait_for()
    both_themes(notebook, refused, "trouble-refused")
    output = notebook.run(2, ".bw [role=grid] [role=row][aria-rowindex='2']")
    notebook.page.set_viewport_size({"width": 1000, "height": 1400})
    both_themes(notebook, output, "narrow-1")
    notebook.python("workbench.go_to(1)")
    output.get_by_role("button", name="Create pool").wait_for()
    both_themes(notebook, output, "narrow-2")
    output.get_by_role("button", name="Disconnect").click()
    output.get_by_text("The account was closed.").first.wait_for()
    both_themes(notebook, output, "trouble-disconnected")
