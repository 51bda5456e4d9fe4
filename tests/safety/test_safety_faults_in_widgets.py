"""What the widgets show when the service fails, and that they work again once it does not."""

import ipywidgets
import pytest
from faulty_wire import AFTER, BEFORE, SILENT, THROTTLES
from faulty_world import NUMBERS, claim_of, ended, lie, world

import batch_widgets as bw

# The widgets


def shown(panel):
    """Give the words of a widget's message and of the parts that show operations."""
    return " ".join(str(widget.value) for widget in every(panel) if isinstance(widget, ipywidgets.HTML))


def every(widget):
    """Give a widget and all that is in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def try_again(panel):
    """Press the button that offers it; False where there is none."""
    found = [one for one in every(panel) if isinstance(one, ipywidgets.Button) and one.description == "Try again"]
    if found:
        found[0].click()
    return bool(found)


WIDGET_FAULTS = (*SILENT, *BEFORE, *(fault for fault in AFTER if "lost" in fault.name or "wrong" in fault.name))


@pytest.mark.timeout(600)
@pytest.mark.safety("Faults: the SKU browser, and 'Try again' once the fault is gone")
def test_the_sku_browser(monkeypatch, attempts):
    with world(monkeypatch, read_timeout_s=0.5) as w:
        whole = len(w.account.list_supported_images())
        for fault in WIDGET_FAULTS:
            unreadable = "no rows" in fault.name or "types" in fault.name or "UTF-8" in fault.name
            w.wire.spoil(fault, "list_supported_images")
            browser = bw.SkuBrowser(w.account)
            ended(w, lambda browser=browser: not browser._under_way)
            told = shown(browser)
            w.wire.mend()
            if unreadable:  # such rows are kept, and say so
                attempts.case(f"{fault.name}", got_through="read" not in told and told)
                browser.load().result(60)
            else:
                attempts.case(f"{fault.name}", got_through=("bw-msg-title" not in told or "Traceback" in told) and told)
                attempts.case(f"{fault.name}: a button", got_through=not try_again(browser))
            ended(w, lambda browser=browser: not browser._under_way)
            attempts.case(f"{fault.name}: afterwards", got_through=len(browser.frame) != whole and len(browser.frame))
            browser.close()


@pytest.mark.timeout(600)
@pytest.mark.safety("Faults: the node panel, and 'Try again' once the fault is gone")
def test_the_node_panel(monkeypatch, attempts):
    with world(monkeypatch, read_timeout_s=0.5) as w:
        for operation in ("get_pool", "list_nodes"):
            for fault in WIDGET_FAULTS:
                w.wire.spoil(fault, operation)
                panel = bw.NodePanel(w.account, w.pool_id)
                failed = claim_of(panel.refresh)
                w.account.runner.drain()
                told = shown(panel)
                w.wire.mend()
                what = f"{operation}, {fault.name}"
                attempts.case(what, got_through=("bw-msg-title" not in told or "Traceback" in told) and (failed, told))
                if operation == "list_nodes":
                    attempts.case(f"{what}: no nodes on show", got_through=panel._view.nodes)
                attempts.case(f"{what}: a button", got_through=not try_again(panel))
                ended(w, lambda panel=panel: len(panel._view.nodes) == 2)
                attempts.case(f"{what}: afterwards", got_through="bw-msg-title" in shown(panel) and shown(panel))
                panel.close()


@pytest.mark.timeout(600)
@pytest.mark.safety("Faults: the pool builder, and its button once the fault is gone")
def test_the_pool_builder(monkeypatch, attempts):
    """One pool and no second, whatever was lost; and the card of a pool that may be there offers to delete it."""
    with world(monkeypatch, read_timeout_s=0.5) as w:
        builder = bw.PoolBuilder(w.account, vm_size="Standard_D2s_v3", image=w.image, target_dedicated_nodes=1)
        for fault in (*THROTTLES[:2], *WIDGET_FAULTS):
            for followed in (False, True):
                builder.pool_id = pool_id = f"b{next(NUMBERS)}"
                w.wire.done.clear()
                w.wire.spoil(fault, meets=(lambda _: w.wire.done["create_pool"] > 0) if followed else of_pools)
                claim = claim_of(builder.create)
                w.account.runner.drain()
                told = shown(builder.card)
                w.wire.mend()
                what = f"{fault.name}, {followed=}"
                attempts.case(what, got_through=lie(claim, done=w.wire.done["create_pool"] > 0))
                attempts.case(f"{what}: told", got_through=claim.word != "done" and "bw-msg-title" not in told and told)
                is_there = w.wire.done["create_pool"] > 0
                bar = builder.card.delete_button.layout.display, builder.card._bar.layout.display
                attempts.case(f"{what}: may be deleted", got_through=is_there and "none" in bar and bar)
                again = claim_of(builder.create)
                wanted = "not done" if is_there else "done"
                attempts.case(f"{what}: afterwards", got_through=again.word != wanted and again)
                there = [pool.id for pool in w.aside.list_pools() if pool.id == pool_id]
                attempts.case(f"{what}: one pool", got_through=len(there) != 1 and there)
        builder.close()


def of_pools(operation):
    """Tell whether an operation is one that creates a pool or looks for one."""
    return operation == "create_pool"
