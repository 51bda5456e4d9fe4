"""Pool builders with a good pool in their form, and what their tests look at."""

from __future__ import annotations

import pytest

import batch_widgets as bw
from batch_widgets.pools import PoolSpec
from unit.fakes import FakeService, make_account, make_image
from unit.test_panel import shown

IMAGE = make_image()
GOOD = {"pool_id": "analysis", "vm_size": "Standard_D2s_v3", "image": IMAGE, "target_dedicated_nodes": 2}


@pytest.fixture(name="make_builder")
def make_builder_fixture(account):
    made = []

    def make(**traits):
        made.append(bw.PoolBuilder(account, **traits))
        return made[-1]

    yield make
    for builder in made:
        builder.close()


@pytest.fixture(name="shared_builder", scope="module")
def shared_builder_fixture():
    """A builder takes its time to be made; one does for all that only look at its form."""
    with make_account(FakeService()) as account:
        account.check()
        account.runner.notify(lambda: None)  # its threads run from now on
        builder = bw.PoolBuilder(account)
        account.learn_sizes().result(5)
        account.runner.drain()
        assert builder.form.formula.value == ""  # what is built late belongs to it, not to the test that wants it first
        yield builder
        builder.close()


@pytest.fixture(name="builder")
def builder_fixture(shared_builder):
    """A form that describes a good pool, all of it touched."""
    for name, value in PoolSpec.__dataclass_fields__.items():
        if name not in {"node_agent_sku_id", "loaded"}:
            setattr(shared_builder, name, GOOD.get(name, value.default))
    shared_builder.node_agent_sku_id = IMAGE.node_agent_sku_id
    shared_builder._untouched = frozenset()
    shared_builder._check()
    return shared_builder


@pytest.fixture(name="own_builder")
def own_builder_fixture(make_builder):
    """A builder for tests that make pools."""
    return make_builder(**GOOD)


def fields(builder):
    return {field.name: field for field in (*builder.form.fields, *builder.form.image_part.fields)}


def beside(builder, name):
    """Give what stands beside a field."""
    problem = fields(builder)[name]._problem
    return problem.value if shown(problem) else ""


def problem_fields(builder, severity="error"):
    return [problem.field for problem in builder.problems if problem.severity == severity]


def place(builder):
    """Give what the card says of the work under way."""
    view = builder.card.view
    return f"{view._state.value} {view._text.value} {view._message.text}"
