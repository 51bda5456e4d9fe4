"""SizePicker: loads, filters, picks for the builder, shows prices where that is allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import batch_widgets as bw
from batch_widgets.account.surroundings import Surroundings
from batch_widgets.cost import PriceItem
from batch_widgets.errors import AuthenticationError
from batch_widgets.sizes import VmSize, recorded_vm_sizes
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.size_picker import SizePicker
from unit.fake_azure import FakeAzure
from unit.fakes import FakeService, make_account, make_image
from unit.test_panel import settle, wait_until

GEN2 = make_image(capabilities=("Generation2VMImage",))


def size_of(name, cores=2, end=None, **more):
    told = {"vCPUs": str(cores), "MemoryGB": "8", "HyperVGenerations": "V1,V2", "CpuArchitectureType": "x64", **more}
    return VmSize(name, "fam", tuple(told.items()), end)


SIZES = [
    size_of("Standard_D2s_v3", LowPriorityCapable="True", RdmaEnabled="False"),
    size_of("Standard_D16s_v3", 16, LowPriorityCapable="False", vCPUsAvailable="8"),
    size_of("Standard_NC6", 6, GPUs="1"),
    size_of("Standard_HB120", 120, RdmaEnabled="True", HyperVGenerations="V2"),
    size_of("Standard_Old1", 1, datetime(2024, 8, 31, tzinfo=UTC), HyperVGenerations="V1"),
    size_of("Standard_Gen1", 2, HyperVGenerations="V1"),
]
PRICES = [
    PriceItem("Standard_D2s_v3", "eastus", "USD", 0.0961, sku_name="D2s v3", product_name="x (made-up price)"),
    PriceItem("Standard_D2s_v3", "eastus", "USD", 0.02, sku_name="D2s v3 Spot", product_name="x (made-up price)"),
    PriceItem("Standard_D2s_v3", "eastus", "USD", 0.188, sku_name="D2s v3", product_name="Windows (made-up price)"),
    PriceItem("Standard_HB120", "eastus", "USD", 3.6, sku_name="HB120", product_name="x (made-up price)"),
]


@pytest.fixture
def azure():
    azure = FakeAzure()
    azure.sizes, azure.prices = list(SIZES), list(PRICES)
    return azure


@pytest.fixture
def account(azure):
    surroundings = Surroundings(make_management=lambda: azure, make_prices=lambda: azure, location="eastus")
    account = make_account(FakeService([GEN2]), surroundings=surroundings)
    yield account
    account.close()


@pytest.fixture
def builder(account):
    builder = bw.PoolBuilder(account)
    yield builder
    builder.close()


@pytest.fixture
def make_picker(builder, account):
    made = []
    account.learn_sizes().result(5)

    def make(**options):
        made.append(SizePicker(builder, **options))
        return made[-1]

    yield make
    for picker in made:
        close_tree(picker)


@pytest.fixture
def picker(make_picker, builder):
    picker = make_picker()
    settle(builder)
    return picker


def names(picker):
    return list(picker.visible_frame.index)


def row_of(picker, name):
    return next(row for row in picker.grid.rows if row["key"] == name.casefold())


# loading


def test_it_asks_by_itself_and_says_where_the_list_is_from(picker, azure):
    assert [call for call in azure.calls if call[0] == "list_vm_sizes"] == [("list_vm_sizes",)]
    assert len(picker.frame) == 6
    assert not picker.grid.busy
    assert "5 of 6 sizes" in picker._said.value
    assert "as Batch offers them in eastus" in picker._said.value


def test_the_recorded_list_names_its_day():
    with make_account(FakeService()) as account:
        builder = bw.PoolBuilder(account)
        picker = SizePicker(builder)
        try:
            settle(builder)
            assert len(picker.frame) == len(recorded_vm_sizes())
            assert "24 Jun 2024" in picker._said.value
        finally:
            close_tree(picker)
            builder.close()


def test_refresh_asks_anew_and_shows_what_goes_wrong(picker, builder, azure):
    azure.sizes = SIZES[:1]
    picker.refresh_button.click()
    settle(builder)
    assert len(picker.frame) == 1
    azure.error = AuthenticationError("May not be read.")
    picker.load()
    settle(builder)
    assert "May not be read." in builder.message.text
    assert len(picker.frame) == 1
    azure.error = None


def test_a_second_picker_asks_nothing(picker, make_picker, builder, azure):
    before = list(azure.calls)
    second = make_picker()
    settle(builder)
    assert len(second.frame) == 6
    assert azure.calls == before


# rows


def test_a_row_tells_what_is_known(picker):
    row = row_of(picker, "Standard_D2s_v3")
    assert (row["size"]["text"], row["cores"], row["memory"], row["gpus"]) == ("Standard_D2s_v3", 2, 8.0, None)
    assert (row["generations"], row["architecture"], row["spot"]) == (["Gen 1", "Gen 2"], "x64", "yes")
    assert row["rdma"] == {"text": "no", "muted": True}
    assert row["support"] == {"text": "no date", "muted": True, "sort": ""}
    assert row["price"] is row["spot_price"] is None
    assert row_of(picker, "Standard_NC6")["gpus"] == {"text": "1 NVIDIA", "sort": 1}
    assert row_of(picker, "Standard_NC6")["spot"] is None
    assert row_of(picker, "Standard_D16s_v3")["cores"] == {
        "text": "16",
        "sort": 16,
        "title": "8 of them can be used; all count against the quota",
    }


def test_the_end_of_support_is_told(picker):
    picker.supported_today = False
    support = row_of(picker, "Standard_Old1")["support"]
    assert (support["text"], support["hue"], support["note"]) == ("ended", "err", "31 Aug 2024")


# filters


@pytest.mark.parametrize(
    ("traits", "left"),
    [
        ({}, ["Standard_D2s_v3", "Standard_D16s_v3", "Standard_NC6", "Standard_HB120", "Standard_Gen1"]),
        ({"supported_today": False, "least_cores": 1}, [size.name for size in SIZES]),
        ({"least_cores": 16}, ["Standard_D16s_v3", "Standard_HB120"]),
        ({"gpu": True}, ["Standard_NC6"]),
        ({"rdma": True}, ["Standard_HB120"]),
        ({"spot_capable": True}, ["Standard_D2s_v3"]),
        ({"search": "d16 X64"}, ["Standard_D16s_v3"]),
        ({"search": "nothing of that name"}, []),
    ],
)
def test_filters(picker, traits, left):
    for name, value in traits.items():
        setattr(picker, name, value)
    assert names(picker) == left


def test_only_sizes_that_fit_the_image_unless_told_otherwise(picker, builder):
    assert picker.toggles["fits_image"].disabled
    builder.image = GEN2
    assert "Standard_Gen1" not in names(picker)
    assert not picker.toggles["fits_image"].disabled
    picker.toggles["fits_image"].value = False
    assert "Standard_Gen1" in names(picker)
    picker.fits_image = True
    builder.image = None
    assert "Standard_Gen1" in names(picker)


def test_controls_and_traits_are_in_step(picker):
    picker.search_box.value = "nc6"
    picker.cores_box.value = 3
    picker.toggles["gpu"].value = True
    assert (picker.search, picker.least_cores, picker.gpu) == ("nc6", 3, True)
    assert names(picker) == ["Standard_NC6"]
    picker.search = "zzz"
    assert picker.search_box.value == "zzz"
    assert picker.grid.empty_text == "No size is left. Clear the filters."
    picker.clear_button.click()
    assert len(names(picker)) == 6
    assert (picker.search_box.value, picker.cores_box.value, picker.toggles["supported_today"].value) == ("", 0, False)


# picking


def test_selecting_a_row_sets_the_builders_size(picker, builder):
    picker.grid.selected = ("standard_nc6",)
    assert builder.vm_size == "Standard_NC6"
    picker.grid.selected = ()
    assert builder.vm_size == "Standard_NC6"


def test_the_builders_size_is_the_row_that_is_selected(picker, builder):
    builder.vm_size = "STANDARD_D2S_V3"
    assert picker.grid.selected == ("standard_d2s_v3",)
    builder.vm_size = "Standard_Unheard"
    assert picker.grid.selected == ()
    assert builder.vm_size == "Standard_Unheard"


def test_a_filter_that_hides_the_pick_leaves_it(picker, builder):
    builder.vm_size = "Standard_NC6"
    picker.rdma = True
    assert (picker.grid.selected, builder.vm_size) == ((), "Standard_NC6")
    picker.rdma = False
    assert picker.grid.selected == ("standard_nc6",)


def test_enter_picks_and_ends(make_picker, builder):
    ended = []
    picker = make_picker(on_close=lambda: ended.append(builder.vm_size))
    settle(builder)
    picker.grid._on_pick({"key": "standard_hb120"})
    assert ended == ["Standard_HB120"]
    picker.close_button.click()
    assert len(ended) == 2


# prices


def test_no_price_is_asked_for_without_consent(picker, azure):
    assert not [call for call in azure.calls if call[0] == "list_prices"]
    assert picker.prices_button.layout.display is None
    assert "prices.azure.com" in picker.prices_button.tooltip


def test_prices_are_shown_once_they_are_allowed(picker, builder, azure, account):
    picker.prices_button.click()
    settle(builder)
    assert account.prices_allowed
    assert [call for call in azure.calls if call[0] == "list_prices"] == [("list_prices", "eastus", "", "USD")]
    assert row_of(picker, "Standard_D2s_v3")["price"] == {"text": "0.0961", "sort": 0.0961}
    assert row_of(picker, "Standard_D2s_v3")["spot_price"] == {"text": "0.0200", "sort": 0.02}
    assert row_of(picker, "Standard_HB120")["price"] == {"text": "3.6000", "sort": 3.6}
    assert row_of(picker, "Standard_NC6")["price"] is None
    assert "made-up prices in USD" in picker._said.value
    assert picker.prices_button.layout.display == "none"
    assert picker.frame.loc["Standard_D2s_v3", "price_hour"] == 0.0961
    picker.currency = "EUR"
    settle(builder)
    assert azure.calls[-1] == ("list_prices", "eastus", "", "EUR")
    picker.currency = "USD"
    settle(builder)
    assert azure.calls[-1] == ("list_prices", "eastus", "", "EUR")


def test_windows_has_prices_of_its_own(picker, builder):
    picker.allow_prices()
    settle(builder)
    builder.image = make_image(os_type="windows", node_agent_sku_id="batch.node.windows amd64")
    assert row_of(picker, "Standard_D2s_v3")["price"]["sort"] == 0.188


def test_prices_that_cannot_be_had_are_told(picker, builder, azure):
    azure.error = AuthenticationError("The list is shut.")
    picker.allow_prices()
    settle(builder)
    assert "The list is shut." in builder.message.text
    assert len(names(picker)) == 5


def test_a_picker_that_is_closed_follows_nobody(make_picker, builder):
    picker = make_picker()
    settle(builder)
    close_tree(picker)
    builder.vm_size = "Standard_NC6"
    builder.image = GEN2
    assert picker.grid.selected == ()
    wait_until(lambda: not builder._under_way)


def test_an_end_that_is_near_is_a_warning(make_picker, builder, azure):
    azure.sizes = [size_of("Standard_Soon", end=datetime.now(UTC) + timedelta(days=30, hours=1))]
    picker = make_picker()
    picker.load()
    settle(builder)
    assert row_of(picker, "Standard_Soon")["support"]["text"] == "30 days"
