"""Users for the nodes of a panel, by mouse and keyboard in JupyterLab: by every way in, again, anew, and taken away."""

from __future__ import annotations

import ast
import subprocess
from typing import TYPE_CHECKING

import pytest
from node_panels import NodePanels, add, panels, row, terminal_has

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Notebook

__all__ = ["panels"]

KINDS = {"ed25519": ("ed25519", "batch_widgets_ed25519"), "rsa": ("RSA 3072", "batch_widgets_rsa")}


def ssh_keygen(*options: object) -> str:
    return subprocess.run(
        ["ssh-keygen", *map(str, options)], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout


def modes(home: Path, *names: str) -> list[str]:
    return [oct((home / ".ssh" / name).stat().st_mode & 0o777) for name in names]


def test_a_generated_password_is_shown_once_and_opens_a_terminal(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    add(panel, "alice", "Password, generated")
    shown = panel.locator(".bw-host-once code")
    password = shown.inner_text()
    assert len(password) == 20
    notebook.save_widget_state()
    saved = notebook.save()
    assert "SSH command" in str(saved["metadata"]["widgets"])
    assert password not in str(saved), "on screen, and not in the file"
    panel.get_by_role("button", name="Hide").click()
    shown.wait_for(state="detached")
    panel.get_by_role("button", name="Open terminal").first.click()
    panel.get_by_role("button", name="Test login").wait_for()
    assert panel.get_by_placeholder("alice").last.input_value() == "alice"
    panel.get_by_placeholder("Password").last.fill(password)
    panel.get_by_role("button", name="Open terminal", exact=True).last.click()
    panel.get_by_text("leaves the terminal").wait_for()
    notebook.page.keyboard.type("whoami\n")
    terminal_has(notebook, "\nalice")
    notebook.screenshot(panel, "node-panel-terminal")
    assert password not in str(notebook.save()), "nor once it was typed"
    sent = [frame if isinstance(frame, bytes) else frame.encode() for frame in notebook.traffic.sent]
    assert sum(password.encode() in frame for frame in sent) == 1, "it reaches the kernel as one message"


def test_a_key_that_is_found(notebook: Notebook, panels: NodePanels):
    (panels.home / ".ssh").mkdir(mode=0o700)
    key = panels.home / ".ssh" / "id_ed25519"
    ssh_keygen("-q", "-t", "ed25519", "-N", "", "-C", "me@here", "-f", key)
    panel = panels.open()
    panel.get_by_role("button", name="Add user…").click()
    assert panel.get_by_label("Key found on this kernel’s machine").is_checked()
    panel.get_by_text("~/.ssh/id_ed25519.pub").wait_for(state="attached")
    panel.get_by_text(ssh_keygen("-l", "-f", f"{key}.pub").split()[1], exact=True).wait_for()
    add(panel, "alice", "Key found on this kernel’s machine")
    assert ast.literal_eval(notebook.python("print(public_keys())")) == {key.with_suffix(".pub").read_text().strip()}
    panel.get_by_role("button", name="Open terminal").first.click()
    panel.get_by_text("connected").wait_for()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_key(notebook: Notebook, panels: NodePanels, kind: str):
    label, name = KINDS[kind]
    panel = panels.open()
    panel.get_by_role("button", name="Add user…").click()
    panel.get_by_role("button", name=label, exact=True).click()
    panel.get_by_text(f"~/.ssh/{name}").wait_for()
    add(panel, "alice", "New key")
    assert modes(panels.home, ".", name, f"{name}.pub") == ["0o700", "0o600", "0o644"]
    public = (panels.home / ".ssh" / f"{name}.pub").read_text().strip()
    derived = ssh_keygen("-y", "-f", panels.home / ".ssh" / name)
    assert derived.split()[:2] == public.split()[:2]
    assert ast.literal_eval(notebook.python("print(public_keys())")) == {public}
    panel.get_by_role("button", name="Open terminal").last.click()
    panel.get_by_text("connected").wait_for()


def test_what_failed_is_tried_again(notebook: Notebook, panels: NodePanels):
    panel = panels.open(nodes=3)
    notebook.python("service.faults.add(Fault('error', operation='create_node_user', skip=1))")
    add(panel, "alice", "New key", outcome="2 failed")
    panel.get_by_text("1 added").wait_for()
    panel.get_by_text("No clear answer in 8 tries").first.wait_for()
    assert sorted(ast.literal_eval(notebook.python("print(users())"))) == [[], [], ["alice"]]
    notebook.screenshot(panel, "node-panel-failed")
    notebook.python("service.faults.clear()")
    panel.get_by_role("button", name="Retry 2 nodes").click()
    panel.get_by_text("2 added").wait_for()
    assert ast.literal_eval(notebook.python("print(users())")) == [["alice"]] * 3
    assert panel.get_by_role("button", name="Retry").count() == 0


def test_a_user_who_is_there_is_replaced_after_a_question(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    add(panel, "alice", "Password, generated")
    add(panel, "alice", "New key", outcome="2 exists")
    assert notebook.python("print(public_keys())") == "{None}", "nobody is replaced without a word"
    panel.get_by_role("button", name="Replace on 2 nodes…").click()
    panel.get_by_text("Replace alice on 2 nodes?").wait_for()
    panel.get_by_text("The password and the key that it has there are wiped").wait_for()
    notebook.page.wait_for_function("() => document.activeElement.textContent === 'Keep the user'")
    notebook.screenshot(panel, "node-panel-replace")
    notebook.page.keyboard.press("Enter")
    panel.get_by_text("Replace alice on 2 nodes?").wait_for(state="hidden")
    assert notebook.python("print(public_keys())") == "{None}"
    panel.get_by_role("button", name="Replace on 2 nodes…").click()
    panel.get_by_role("button", name="Replace the user").click()
    panel.get_by_text("2 updated").wait_for()
    own = (panels.home / ".ssh" / "batch_widgets_ed25519.pub").read_text().strip()
    assert ast.literal_eval(notebook.python("print(public_keys())")) == {own}


def test_a_user_is_deleted_from_one_node_and_then_from_all(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    add(panel, "alice", "New key")
    panel.get_by_label(f"Select node {notebook.python('print(first.id)')}").check()
    panel.get_by_role("button", name="Delete user…").click()
    assert panel.get_by_placeholder("Name of a user").input_value() == "alice", "there is no other"
    panel.get_by_role("button", name="Delete alice from 1 node", exact=True).click()
    panel.get_by_text("1 deleted").wait_for()
    assert sorted(ast.literal_eval(notebook.python("print(users())"))) == [[], ["alice"]]
    panel.get_by_role("button", name="Clear selection").click()
    panel.get_by_role("button", name="Delete user…").click()
    panel.get_by_role("button", name="Delete alice from 2 nodes", exact=True).click()
    panel.get_by_text("1 deleted").wait_for()
    panel.get_by_text("1 absent").wait_for()
    assert ast.literal_eval(notebook.python("print(users())")) == [[], []]
    assert panel.get_by_role("button", name="Open terminal").count() == 0


def test_each_node_gets_it_as_soon_as_it_is_usable(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    late = notebook.python("print(first.id)")
    notebook.python("account.reboot_nodes('demo', [first.id]).result(30); panel.refresh().result(30)")
    row(panel, late).get_by_text("rebooting").wait_for()
    panel.get_by_role("button", name="Add user…").click()
    panel.get_by_placeholder("alice").first.fill("alice")
    panel.get_by_label("All nodes, each as soon as it is usable").check()
    panel.get_by_role("button", name="Add user until all have it").click()
    panel.get_by_text("1 added").wait_for()
    panel.get_by_text("waiting for 1 node").wait_for()
    assert sorted(ast.literal_eval(notebook.python("print(users())"))) == [[], ["alice"]]
    notebook.python("clock.advance(600)")
    panel.get_by_text("2 added").wait_for()
    assert ast.literal_eval(notebook.python("print(users())")) == [["alice"], ["alice"]]
    row(panel, late).get_by_role("button", name="Open terminal").wait_for()


def test_escape_closes_a_drawer_and_gives_the_focus_back(notebook: Notebook, panels: NodePanels):
    panel = panels.open()
    for opens, inside in (("Add user…", "alice"), ("Delete user…", "Name of a user"), ("Log in or run…", "alice")):
        button = panel.get_by_role("button", name=opens)
        button.focus()
        notebook.page.keyboard.press("Enter")
        field = panel.locator(".bw-drawer:visible").get_by_placeholder(inside)
        field.wait_for()
        notebook.page.wait_for_function("text => document.activeElement.placeholder === text", arg=inside)
        notebook.page.keyboard.press("Escape")
        field.wait_for(state="hidden")
        notebook.page.wait_for_function("text => document.activeElement.textContent.trim() === text", arg=opens)
