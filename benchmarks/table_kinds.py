"""The tables that are compared, each as its own documentation shows a frame, and the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

OURS, ITABLES, IPYDATAGRID = "ours", "itables", "ipydatagrid"

# Ten columns of text, dates and numbers, as the frame of images has them.
FRAME = """
import time
import pandas as pd

def make_frame(rows):
    number = pd.Series(range(rows))
    def pick(*words, each=1):
        return (number // each % len(words)).map(dict(enumerate(words)))
    return pd.DataFrame({
        "publisher": pick("canonical", "microsoft-dsvm", "almalinux", "microsoftwindowsserver", each=7),
        "offer": pick("0001-com-ubuntu-server-jammy", "ubuntu-hpc", "almalinux-hpc", "windowsserver", each=7),
        "sku": "22_04-lts-" + number.astype(str),
        "node_agent": pick("batch.node.ubuntu 22.04", "batch.node.el 9", "batch.node.windows amd64", each=3),
        "os_type": pick("linux", "linux", "windows"),
        "verification": pick("verified", "unverified", each=2),
        "features": pick("", "DockerCompatible, NvidiaTeslaDriverInstalled", "SupportsRDMAOnly", each=5),
        "end_of_support": pd.Timestamp("2027-04-30") + pd.to_timedelta(number % 900, unit="D"),
        "days_left": number % 900 - 30,
        "size_gb": (number % 64) * 0.5 + 30.25,
    })

def change(frame, round_):
    # 1 % of the rows, the first among them: a text and a number in each
    changed = frame.copy()
    rows = changed.index[::100]
    changed.loc[rows, "verification"] = f"new {round_}"
    changed.loc[rows, "days_left"] = 1000 + round_
    return changed

def records(frame):
    frame = frame.reset_index()
    names = list(frame)
    return [dict(zip(names, values)) for values in zip(*(frame[name].tolist() for name in names))]

frame = make_frame({rows})
pressed = []
"""
CHANGED_COLUMN = 5


@dataclass(frozen=True)
class Kind:
    """One table.

    Attributes
    ----------
    name
        In the results.
    imports
        Run beforehand.
    show
        The cell: shows `frame`.
    refresh
        Shows `changed`.
    watch
        Puts the time into `pressed` when the trait of the selection changes.
    rows
        Selector of the rows of the body, or empty where a canvas is drawn on.
    canvas
        Selector of that canvas.
    prefix
        In the address of the code that its extension of JupyterLab has; empty without an extension.
    acts_on
        The event of the mouse by which it selects.
    """

    name: str
    imports: str
    show: str
    refresh: str
    watch: str
    rows: str = ""
    canvas: str = ""
    prefix: str = ""
    acts_on: str = "click"

    def setup(self, rows: int) -> str:
        """Return what runs before the cell."""
        return FRAME.replace("{rows}", str(rows)) + self.imports

    def where(self, text: str = "", column: int = 2) -> dict[str, Any]:
        """Say where to look for a text of the first row, and in which column it is."""
        if self.canvas:  # below a header of 20 px, beside an index of 64 px, in columns of 64 px; without the lines
            return {"canvas": self.canvas, "cell": [64 * (column + 1) + 2, 23, 60, 14]}
        return {"row": self.rows, "text": text}

    def place(self, page: Page, row: int) -> tuple[float, float]:
        """Return where in the page a cell of a row is."""
        found = page.locator(self.canvas).first if self.canvas else page.locator(self.rows).nth(row)
        box = found.bounding_box()
        assert box is not None
        if self.canvas:
            return box["x"] + 64 * 3 + 32, box["y"] + 20 * (row + 1) + 10
        return box["x"] + 200, box["y"] + box["height"] / 2


KINDS = (
    Kind(
        OURS,
        "from batch_widgets.widgets.grid import Column, Grid\n",
        'table = Grid([Column("index", "")] + [\n'
        '    Column(name, name, "number" if frame[name].dtype.kind in "if" else "text") for name in frame\n'
        "])\n"
        'table.set_rows(records(frame), key="index")\n'
        "table",
        'table.set_rows(records(changed), key="index")',
        "table.observe(lambda _: pressed.append(time.time()), 'selected')",
        rows=".bw-grid [data-key]",
    ),
    Kind(
        ITABLES,
        "from itables.widget import ITable\n",
        "table = ITable(frame, maxBytes=0, select=True)\ntable",
        "table.update(changed, maxBytes=0, select=True)",
        "table.observe(lambda _: pressed.append(time.time()), 'selected_rows')",
        rows="table.dataTable tbody tr",
    ),
    Kind(
        IPYDATAGRID,
        "from ipydatagrid import DataGrid\n",
        'table = DataGrid(frame, selection_mode="row")\ntable',
        "table.data = changed",
        "table.observe(lambda _: pressed.append(time.time()), 'selections')",
        canvas=".lm-DataGrid-viewport canvas",
        prefix="/lab/extensions/ipydatagrid/",
        acts_on="pointerdown",
    ),
)
