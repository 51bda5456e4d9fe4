"""The files of a node in NodeDetails: listed, looked into, saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batch_widgets.errors import ServiceUnreachableError
from batch_widgets.widgets.download import MOST_BYTES
from batch_widgets.widgets.node_details import FILES, LOGS
from unit.node_on_show import (  # noqa: F401 (fixtures)
    REFUSED,
    details_fixture,
    files_fixture,
    open_section,
    settled,
    show_node,
    shown,
)

pytestmark = pytest.mark.usefixtures("breathless")


def test_files_are_listed_when_first_wanted(details, account, service):
    show_node(details, account)
    assert service.count("list_node_files") == 0
    assert not shown(details.files)
    open_section(details, account, FILES)
    assert shown(details.files)
    assert not shown(details.start_task)
    assert [row["path"] for row in details.files.grid.rows] == [
        "startup/stdout.txt",
        "startup/stderr.txt",
        "startup/wd/blob",
    ]
    assert details.files.grid.rows[0]["size"] == {"text": "14 bytes", "sort": 14}
    open_section(details, account, LOGS)
    open_section(details, account, FILES)
    assert service.count("list_node_files") == 1
    assert details.files.download.disabled


def select(details, account, path):
    details.files.grid.selected = (path,)
    settled(account)


def test_the_end_of_the_selected_file(details, account):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    assert "trying &lt;hard&gt;" in details.files.preview.value
    assert "startup/stdout.txt" in details.files.picked.value
    assert not details.files.download.disabled
    select(details, account, "startup/wd/blob")
    assert "3 bytes, not a text" in details.files.picked.value
    assert details.files.preview.value == ""
    details.files.grid.selected = ()
    assert details.files.preview.value == ""
    assert details.files.download.disabled
    assert details.files.load_preview() is None
    assert details.files.save() is None


def test_no_file_shows_under_the_name_of_another(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    service.hold("get_node_file_properties")
    details.files.grid.selected = ("startup/wd/blob",)
    assert details.files.preview.value == ""
    assert "startup/wd/blob" in details.files.picked.value
    service.release("get_node_file_properties")
    settled(account)


def test_a_file_that_cannot_be_read(details, account, service, files):
    show_node(details, account)
    open_section(details, account, FILES)
    del files["startup/stdout.txt"]
    select(details, account, "startup/stdout.txt")
    assert "does not exist" in details.message.text
    assert details.files.preview.value == ""


def test_files_that_cannot_be_listed(details, account, service):
    service.fail("list_node_files", REFUSED, times=1)
    show_node(details, account)
    open_section(details, account, FILES)
    assert details.files.grid.empty_text == "The files could not be listed."
    assert not details.files.grid.busy
    details.message.buttons[0].click()
    settled(account)
    assert len(details.files.grid.rows) == 3


def test_a_list_read_anew_keeps_the_selection(details, account, service, files):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    files["startup/stdout.txt"] = b"more\n"
    details.refresh_button.click()
    settled(account)
    assert details.files.grid.selected == ("startup/stdout.txt",)
    assert "more" in details.files.preview.value


def test_a_file_is_saved(details, account, service, files, monkeypatch):
    offered = []
    monkeypatch.setattr(details.files.download, "offer", lambda name, data: offered.append((name, data)))
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    files["startup/stdout.txt"] += b"and it grows"
    details.files.download._handlers["click"]({"page": "1"})
    settled(account)
    assert offered == [("startup/stdout.txt", b"trying <hard>\n")]
    assert not details.files.download.busy
    select(details, account, "startup/stderr.txt")
    details.files.save()
    settled(account)
    assert offered[1] == ("startup/stderr.txt", b"")


def test_a_file_that_cannot_be_saved(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    select(details, account, "startup/stdout.txt")
    service.fail("get_node_file", ServiceUnreachableError("Cannot reach it."))
    details.files.save()
    settled(account)
    assert "Cannot reach it." in details.message.text
    assert not details.files.download.busy


def test_a_file_that_is_too_large_for_a_browser(details, account, service):
    show_node(details, account)
    open_section(details, account, FILES)
    large = replace(details.files._files["startup/stdout.txt"], size=MOST_BYTES + 1)
    details.files._files["startup/stdout.txt"] = large
    select(details, account, "startup/stdout.txt")
    before = service.count("get_node_file")
    assert details.files.save() is None
    assert "a browser is sent 50.0 MB at most" in details.message.text
    assert "account.get_node_file(&#x27;p&#x27;, &#x27;n&#x27;" in details.message.text
    assert service.count("get_node_file") == before


def test_a_file_whose_size_is_not_known_is_saved_whole(details, account, service, files, monkeypatch):
    list_files = service.list_node_files

    async def without_sizes(*arguments, **options):
        return [replace(file, size=None) for file in await list_files(*arguments, **options)]

    monkeypatch.setattr(service, "list_node_files", without_sizes)
    files["big"] = b"x" * (MOST_BYTES + 1)
    show_node(details, account)
    open_section(details, account, FILES)
    offered, offer = [], details.files.download.offer
    details.files.download.offer = lambda name, data: offered.append((name, data)) or offer(name, data)
    details.files.grid.selected = ("startup/stdout.txt",)
    details.files.save()
    settled(account)
    assert ("startup/stdout.txt", b"trying <hard>\n") in offered
    details.files.grid.selected = ("big",)
    details.files.save()
    settled(account)
    assert "50 MB at most" in details.message.text, "what cannot be saved is said"
    assert not details.files.download.busy
