"""Panel: what every widget has: whose it is, errors in one place, a clean end."""

from __future__ import annotations

import asyncio
import time

import ipywidgets
import pytest

import batch_widgets as bw
from batch_widgets.errors import ClosedError, ServiceError
from batch_widgets.widgets.panel import Panel
from unit.fakes import FakeService, make_account, make_image

WIDGETS = {
    "browser": bw.SkuBrowser,
    "builder": bw.PoolBuilder,
    "panel": lambda account, **options: bw.NodePanel(account, **{"pool_id": "analysis", **options}),
    "workbench": bw.Workbench,
}
PATIENCE_S = 5.0
TROUBLE = ServiceError("No <i>such</i> thing.", hint="Try <b>.", code="C<d>", request_id="r-1", status=400)


def wait_until(condition):
    """Wait until a condition holds; fail if it does not within a few seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.003)


def settle(widget):
    """Wait until all that a panel has asked for has been shown."""
    wait_until(lambda: not widget._under_way)
    widget.account.runner.drain()  # the last of it may just be drawn


def shown(widget):
    """Tell whether a widget is not hidden by itself."""
    return widget.layout.display != "none"


def tree(widget):
    """Give a widget with all below it."""
    return [widget, *(below for child in getattr(widget, "children", ()) for below in tree(child))]


def open_widgets():
    """Give the widgets that are open, their layouts and styles among them."""
    return set(ipywidgets.widgets.widget._instances.values())


@pytest.fixture
def service():
    service = FakeService([make_image()])
    service.add_pool("analysis", 2)
    return service


class Sample(Panel):
    """A panel with a button and a field."""

    def __init__(self, account):
        super().__init__(account, "A <sample>")
        self.button = ipywidgets.Button(description="Go")
        self.field = ipywidgets.Text()
        self.lay_out(ipywidgets.VBox([self.button, self.field]))


@pytest.fixture
def panel(account):
    panel = Sample(account)
    yield panel
    panel.close()


# arguments


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_an_unknown_argument_is_refused_with_help(account, make):
    before = open_widgets()
    with pytest.raises(TypeError, match=r"has no argument 'colour'\. It takes ."):
        make(account, colour="red")
    assert open_widgets() <= before


@pytest.mark.parametrize(
    ("make", "wrong", "right"),
    [
        (bw.SkuBrowser, "serach", "search"),
        (bw.PoolBuilder, "vmsize", "vm_size"),
        (bw.NodePanel, "pool", "pool_id"),
    ],
)
def test_a_misspelt_argument_is_refused_with_the_right_one(account, make, wrong, right):
    with pytest.raises(TypeError, match=f"'{wrong}'.* Did you mean '{right}'"):
        make(account, **{wrong: "x"})


@pytest.mark.parametrize("make", [bw.SkuBrowser, bw.NodePanel, bw.Workbench])
def test_a_widget_on_a_closed_account_leaves_nothing_behind(account, make):
    account.close()
    before = open_widgets()
    with pytest.raises(ClosedError):
        make(account)
    assert open_widgets() <= before


# whose it is


def test_says_the_name_of_the_account(panel):
    assert "fake" in panel._whose.value
    assert "demo" not in panel._whose.value


def test_says_demo_on_the_demo_only(service):
    with make_account(service, is_demo=True) as account:
        panel = Sample(account)
        assert "demo" in panel._whose.value
        assert "Nothing is charged" in panel._whose.value
        panel.close()


def test_the_title_is_escaped(panel):
    assert "A &lt;sample&gt;" in panel._title.value


# errors


def check_shown(panel):
    text = panel.message.text
    assert panel.message.visible
    assert "No &lt;i&gt;such&lt;/i&gt; thing." in text
    assert "Try &lt;b&gt;." in text
    assert "<details><summary>" in text
    assert "C&lt;d&gt;" in text
    assert "400" in text
    assert "r-1" in text
    assert "Traceback" not in text
    assert panel.frame_piece.announcement == TROUBLE.message


def test_the_error_of_a_handler_shows(panel):
    def handler():
        raise TROUBLE

    panel.on_click(panel.button, handler)
    panel.button.click()
    check_shown(panel)


def test_the_error_of_an_operation_shows(panel, account):
    async def work(_operation):
        raise TROUBLE

    panel.follow(account.runner.submit("Work", work), lambda _: None)
    wait_until(lambda: panel.message.visible)
    check_shown(panel)


def test_the_error_of_what_follows_an_operation_shows(panel, account):
    async def work(_operation):
        return 1

    def done(_result):
        raise TROUBLE

    panel.follow(account.runner.submit("Work", work), done)
    wait_until(lambda: panel.message.visible)
    check_shown(panel)


def test_an_unexpected_error_is_named_and_logged_but_not_quoted(panel, caplog):
    panel.guarded(lambda: {}["secret <key>"])
    assert "KeyError" in panel.message.text
    assert "secret" not in panel.message.text
    assert "Traceback" not in panel.message.text
    assert caplog.records[-1].exc_info is not None


def test_try_again_calls_anew_and_takes_the_message_away(panel):
    seen = []
    panel.show_error(TROUBLE, retry=lambda: seen.append(1))
    again = panel.message.buttons[0]
    assert again.description == "Try again"
    again.click()
    assert seen == [1]
    assert not panel.message.visible


def test_characters_that_turn_the_text_are_replaced(panel):
    panel.show_error(ServiceError("Pool \u202egpj\x1b exists."))
    assert "Pool \ufffdgpj\ufffd exists." in panel.message.text


# operations


class Steps:
    """Operations that end in the order that a test wants."""

    def __init__(self, account):
        self._account = account
        self.ended = set()

    def start(self, result):
        async def work(_operation):
            while result not in self.ended:  # noqa: ASYNC110 -- set on another thread
                await asyncio.sleep(0.002)
            return result

        return self._account.runner.submit(str(result), work)


def test_the_line_moves_while_operations_run(panel, account):
    steps, seen = Steps(account), []
    panel.follow(steps.start("a"), seen.append)
    panel.follow(steps.start("b"), seen.append, superseded=False)
    assert "bw-indeterminate" in panel._line.value
    steps.ended.add("a")
    steps.ended.add("b")
    wait_until(lambda: "bw-indeterminate" not in panel._line.value)


def test_the_newest_of_operations_that_supersede_counts(panel, account):
    steps, seen = Steps(account), []
    first = panel.follow(steps.start("first"), seen.append)
    panel.follow(steps.start("second"), seen.append)
    steps.ended.add("second")
    wait_until(lambda: seen)
    steps.ended.add("first")
    first.result(5)
    settle(panel)
    assert seen == ["second"]


def test_an_operation_that_must_be_told_is_told_though_a_newer_one_came(panel, account):
    steps, seen = Steps(account), []
    panel.follow(steps.start("users"), seen.append, superseded=False)
    panel.follow(steps.start("nodes"), seen.append)
    steps.ended |= {"users", "nodes"}
    wait_until(lambda: sorted(seen) == ["nodes", "users"])


def test_a_cancelled_operation_is_neither_result_nor_error(panel, account):
    seen, stopped = [], []
    operation = panel.follow(Steps(account).start("x"), seen.append, cancelled=lambda: stopped.append(1))
    operation.cancel()
    wait_until(lambda: stopped)
    assert seen == []
    assert not panel.message.visible


def test_an_operation_that_ends_after_close_tells_nobody(account):
    panel, steps, seen = Sample(account), Steps(account), []
    operation = panel.follow(steps.start("x"), seen.append)
    panel.close()
    steps.ended.add("x")
    operation.result(5)
    settle(panel)
    assert seen == []


# the end


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_a_closed_account_disconnects_the_widget(account, service, make):
    widget = make(account)
    wait_until(lambda: service.in_flight == 0)
    account.close()
    assert "disconnected" in widget._whose.value
    assert widget.message.visible
    assert "account was closed" in widget.message.text
    assert widget._online
    assert all(control.disabled for control in widget._online)
    assert "bw-indeterminate" not in widget._line.value
    widget.close()


def test_rows_stay_when_the_account_closes(account, service):
    browser, panel = bw.SkuBrowser(account), bw.NodePanel(account, "analysis")
    settle(browser)
    settle(panel)
    account.close()
    assert len(browser.grid.rows) == 1
    assert len(panel.grid.rows) == 2
    assert len(browser.frame) == 1
    assert len(panel.frame) == 2
    browser.close()
    panel.close()


def test_what_needs_no_account_goes_on_after_the_end(account):
    workbench = bw.Workbench(account)
    browser, builder, panel = workbench.browser, workbench.builder, workbench.panel
    panel.pool_id = "analysis"
    for widget in (browser, panel):
        settle(widget)
    account.close()
    browser.filter_bar.clear.click()
    browser.filter_bar.search.value = "nothing like it"
    assert browser.visible_frame.empty
    browser.select("ubuntu")
    assert not browser._copy.disabled
    assert not browser.use_button.disabled
    browser.use_button.click()
    assert workbench.stack.selected_index == 1
    builder.pool_id, builder.vm_size = "p", "Standard_D2s_v3"
    assert builder.spec.pool_id == "p"
    assert [problem.severity for problem in builder.problems] == ["warning"]
    assert builder.create_button.disabled
    panel.selected = ("tvm-0",)
    assert panel.add_button.disabled
    assert panel.users.form.add_button.disabled
    assert not panel._clear.disabled
    workbench.close()


def test_a_click_after_the_end_says_that_it_is_the_end(account, service):
    browser = bw.SkuBrowser(account)
    settle(browser)
    account.close()
    browser._refresh.click()
    assert "account was closed" in browser.message.text
    assert not browser.grid.busy
    browser.close()


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_close_closes_all_that_it_is_made_of(account, service, make):
    before = open_widgets()
    widget = make(account)
    assert not any(isinstance(one, Panel) for one in open_widgets() - before)  # nobody has seen it
    _ = widget.model_id  # as if shown
    wait_until(lambda: service.in_flight == 0)
    account.runner.drain()
    assert len(open_widgets() - before) > 20
    widget.close()
    account.runner.drain()
    assert open_widgets() <= before
    widget.close()  # harmless
    account.close()  # finds no widget any more
    assert open_widgets() <= before


def test_an_account_keeps_no_closed_widget_alive(panel, account):
    import gc
    import weakref

    other = Sample(account)
    reference = weakref.ref(other)
    other.close()
    del other
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("make", WIDGETS.values(), ids=WIDGETS)
def test_the_text_form_names_the_account(account, make):
    widget = make(account)
    assert "fake" in repr(widget) or "tvm-0" in repr(widget)
    widget.close()


def test_all_widgets_say_demo():
    with bw.connect_demo(nodes=0, speed=1000) as account:
        workbench = bw.Workbench(account)
        for widget in (workbench, workbench.browser, workbench.builder, workbench.panel):
            assert "demo" in widget._whose.value
        workbench.close()
