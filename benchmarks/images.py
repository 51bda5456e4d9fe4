"""What it takes to load 5,000 images into a frame, ours against a loop written by hand.

The loop is what the SDK's documentation leads to: `list_supported_images` of the sync client, a dict for each image
with what the frame of ours has of the answer, and a DataFrame of them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pandas as pd
from azure.batch import BatchClient
from azure.core.credentials import AzureNamedKeyCredential
from results import Row, alternating, main, median, spread
from services import ACCOUNT, Service, service

import batch_widgets as bw

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = 5_000
RUNS = 7


def rows() -> Iterator[Row]:
    """Measure row 3."""
    with service(images=IMAGES) as served, connected(served) as account:
        account.check()
        client = BatchClient(served.endpoint, AzureNamedKeyCredential(ACCOUNT, served.key))
        with client:
            next(iter(client.list_pools(max_results=1, select=["id"])))
            ours(account), by_hand(client)  # loads what is loaded when first needed
            found = alternating(
                RUNS, ours=lambda: ours(account), loop=lambda: by_hand(client), values=lambda: values(account)
            )
    ratio = median(found["ours"]) / median(found["loop"])
    yield Row(
        3,
        f"load {IMAGES:,} images to a `frame`",
        "a hand-written loop over `list_supported_images` into a DataFrame",
        "no slower",
        f"{spread(found['ours'])} s against {spread(found['loop'])} s",
        ratio,
        ratio <= 1,
        {
            "`SkuBrowser(account).frame`, s": found["ours"],
            "the loop, s": found["loop"],
            "`account.list_supported_images()`, without a frame, s": found["values"],
        },
        "Ours makes a new browser each time, up to its frame: beyond the loop's columns it has names and versions of "
        "distributions and what support means, and the table for the page is made too. No latency, five pages. The "
        "images are copies of recorded ones under other names.",
    )


def connected(served: Service) -> bw.BatchAccount:
    """Connect to it."""
    return bw.connect(served.endpoint, account_name=ACCOUNT, account_key=served.key)


def ours(account: bw.BatchAccount) -> float:
    """Load by a browser; return the seconds."""
    began = time.perf_counter()
    browser = bw.SkuBrowser(account)
    rows = len(browser.frame)  # waits for the load that it began with
    seconds = time.perf_counter() - began
    browser.close()
    account.runner.drain()
    assert rows == IMAGES
    return seconds


def values(account: bw.BatchAccount) -> float:
    """Load by the account alone; return the seconds."""
    began = time.perf_counter()
    assert len(account.list_supported_images()) == IMAGES
    return time.perf_counter() - began


def by_hand(client: BatchClient) -> float:
    """Load by a loop; return the seconds."""
    began = time.perf_counter()
    table: list[dict[str, Any]] = []
    for image in client.list_supported_images():
        reference = image.image_reference
        table.append(
            {
                "node_agent_sku_id": image.node_agent_sku_id,
                "publisher": reference.publisher,
                "offer": reference.offer,
                "sku": reference.sku,
                "version": reference.version,
                "os_type": image.os_type,
                "verification_type": image.verification_type,
                "capabilities": image.capabilities,
                "batch_support_end_of_life": image.batch_support_end_of_life,
            }
        )
    frame = pd.DataFrame(table)
    seconds = time.perf_counter() - began
    assert len(frame) == IMAGES
    return seconds


if __name__ == "__main__":
    main(rows)
