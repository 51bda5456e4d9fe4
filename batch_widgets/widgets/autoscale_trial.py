"""What a formula gives on a pool of the account, without applying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_widgets.texts import choice
from batch_widgets.widgets import lean, markup
from batch_widgets.widgets.controls import button, html, row, styled
from batch_widgets.widgets.grid import Column, Grid
from batch_widgets.widgets.lean import show

if TYPE_CHECKING:
    from batch_widgets.autoscale import AutoScaleEvaluation
    from batch_widgets.pools import Pool
    from batch_widgets.runner import Operation

_COLUMNS = (
    Column("name", "Variable", kind="mono", width=220, grow=True),
    Column("value", "Value", kind="mono", width=260, grow=True),
)
_HEAD_PX, _ROW_PX, _MOST_ROWS = 28, 24, 12
_NOBODY = (
    "No pool of this account scales by a formula, and the service evaluates none on others. A pool with the formula "
    "$TargetDedicatedNodes = 0 costs nothing and will do."
)


class AutoscaleTrial(lean.VBox):
    """The choice of a pool that scales by a formula, and what the builder's formula gives there.

    Parameters
    ----------
    builder : PoolBuilder
        Whose ``auto_scale_formula`` is evaluated, and which shows what goes wrong.
    """

    def __init__(self, builder: Any) -> None:
        self._builder = builder
        self.open_button = button("Evaluate on a pool…")
        self.pool = styled(lean.Dropdown(description="Pool"), "bw-select")
        self.run_button = button("Evaluate formula")
        self.close_button = button("Close", "bw-link")
        self.said = html("", "bw-field-problem")
        self.grid: Grid | None = None
        self._opener = row("bw-row", html("", "bw-lab"), self.open_button)
        self._chooser = row("bw-row", html("", "bw-lab"), self.pool, self.run_button, self.close_button)
        super().__init__((self._opener, self._chooser, self.said))
        builder.on_click(self.open_button, self.offer_pools)
        builder.on_click(self.close_button, self._fold)
        self.run_button.on_click(builder.settled(self.evaluate))
        self._fold()

    def offer_pools(self) -> Operation[list[Pool]]:
        """Ask the account for the pools that scale by a formula, and offer them."""
        builder = self._builder

        async def find(_: object) -> list[Pool]:
            return [pool for pool in await builder.account.aio.list_pools() if pool.body.get("enableAutoScale")]

        self.open_button.disabled = True
        self._say(f"Asking {builder.account.name} for its pools.")
        operation: Operation[list[Pool]] = builder.account.runner.submit("List pools that scale by a formula", find)
        builder.follow(
            operation,
            self._offer,
            failed=lambda error: self._fail(error, self.offer_pools),
            cancelled=self._fold,
            superseded=False,
        )
        return operation

    def _offer(self, pools: list[Pool]) -> None:
        self.open_button.disabled = False
        if not pools:
            self._say(_NOBODY)
            return
        self.pool.options = [(choice(pool.id), pool.id) for pool in pools]
        self.pool.value = pools[0].id
        show(self._opener, visible=False)
        show(self._chooser, visible=True)
        self._say("The formula is not applied; the pool stays as it is.")

    def evaluate(self) -> Operation[AutoScaleEvaluation]:
        """Evaluate the builder's formula on the chosen pool."""
        builder, pool_id, formula = self._builder, self.pool.value, self._builder.auto_scale_formula

        async def ask(_: object) -> AutoScaleEvaluation:
            done: AutoScaleEvaluation = await builder.account.aio.evaluate_auto_scale(pool_id, formula)
            return done

        self.run_button.disabled = True
        operation: Operation[AutoScaleEvaluation] = builder.account.runner.submit(
            f"Evaluate a formula on pool {pool_id}", ask
        )
        builder.follow(
            operation,
            self._show_result,
            failed=lambda error: self._fail(error, self.evaluate),
            cancelled=self._ready,
            superseded=False,
        )
        return operation

    def _show_result(self, done: AutoScaleEvaluation) -> None:
        self._ready()
        if done.error is not None:
            title = f"The formula could not be evaluated on pool {done.pool_id}."
            reasons = "; ".join(value for _, value in done.error.values)
            text = f"{done.error.message} ({reasons})" if reasons else done.error.message
            self._builder.message.show("err", title, text, {"Code": done.error.code})
            self._builder.announce(title)
        else:
            self._builder.message.clear()
        if self.grid is None:
            self.grid = Grid(_COLUMNS, row_label="variable", selection="none", height=180, empty_text="No variable.")
            self.children = (self._opener, self._chooser, self.said, self.grid)
        self.grid.set_rows([{"key": name, "name": name, "value": value} for name, value in done.variables])
        self.grid.height = _HEAD_PX + _ROW_PX * min(_MOST_ROWS, len(done.variables))
        show(self.grid, visible=bool(done.variables))
        self._say(_words(done))

    def _fail(self, error: BaseException, retry: Any) -> None:
        self._ready()
        self._say("")
        self._builder.show_error(error, retry=retry)

    def _ready(self) -> None:
        self.open_button.disabled = False
        self.run_button.disabled = False

    def _fold(self) -> None:
        self._ready()
        self._say("")
        show(self._opener, visible=True)
        show(self._chooser, visible=False)
        if self.grid is not None:
            show(self.grid, visible=False)

    def _say(self, text: str) -> None:
        self.said.value = markup.muted(text) if text else ""
        show(self.said, visible=bool(text))


def _words(done: AutoScaleEvaluation) -> str:
    """Say in a sentence what came out."""
    if done.error is not None:
        return "These variables were set before it failed." if done.variables else ""
    targets = [
        f"{number:,} {word}"
        for number, word in ((done.target_dedicated_nodes, "dedicated"), (done.target_low_priority_nodes, "Spot"))
        if number is not None
    ]
    if not targets:
        return f"Pool {done.pool_id} would keep its size: the formula set no target."
    when = f" at {done.time:%H:%M:%S} UTC" if done.time is not None else ""
    return f"Pool {done.pool_id} would get {' and '.join(targets)} nodes{when}. Nothing was changed."
