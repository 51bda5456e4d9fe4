"""The rules of a pool, each at its limits; sources, and command lines that need a shell."""

from __future__ import annotations

import json
import shlex
import string
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_widgets.images import ImageReference
from batch_widgets.pools import PoolSpec, check, is_open_to_everyone
from batch_widgets.pools.rules import wrap_in_shell
from batch_widgets.pools.rules.remote_access import source_trouble
from unit.fakes import make_image, make_spec

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def found(spec, *images, **options):
    """Give (field, severity) of each problem."""
    return [(problem.field, problem.severity) for problem in check(spec, images, now=NOW, **options)]


@pytest.mark.parametrize("pool_id", ["a", "A-b_9", "x" * 64, "-"])
def test_pool_id_accepted(pool_id):
    assert found(make_spec(pool_id)) == []


@pytest.mark.parametrize(
    ("pool_id", "says"),
    [
        ("", "needs an id"),
        ("x" * 65, "this has 65"),
        ("a b", "a blank"),
        ("a.b", "Remove ."),
        ("ä", "Remove ä"),
        ("a\u200bb", "Remove U+200B"),
        ("analysis\n", "a blank"),
    ],
)
def test_pool_id_refused(pool_id, says):
    (problem,) = check(make_spec(pool_id), now=NOW)
    assert (problem.field, problem.severity) == ("pool_id", "error")
    assert says in problem.message


def test_pool_id_taken_without_regard_to_case():
    assert found(make_spec("Analysis"), taken_ids=["aNALYSIS"]) == [("pool_id", "error")]
    assert found(make_spec("Analysis"), taken_ids=["analysis2"]) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"display_name": "x" * 1024}, []),
        ({"display_name": "x" * 1025}, [("display_name", "error")]),
        ({"vm_size": "STANDARD_A1"}, []),
        ({"vm_size": ""}, [("vm_size", "error")]),
        ({"vm_size": "Standard D2"}, [("vm_size", "error")]),
        ({"image": None}, [("image", "error")]),
        ({"image": ImageReference("p", "o", "")}, [("image", "error")]),
        ({"image": ImageReference("", "", "", "")}, [("image", "error")]),
        ({"image": ImageReference("p", "o", "s"), "node_agent_sku_id": ""}, [("node_agent_sku_id", "error")]),
        ({"image": ImageReference("p", "o", "s"), "node_agent_sku_id": "batch.node.el 9"}, []),
        ({"target_dedicated_nodes": -1}, [("target_dedicated_nodes", "error")]),
        ({"target_low_priority_nodes": -1}, [("target_low_priority_nodes", "error")]),
        ({"target_dedicated_nodes": 0}, [("target_dedicated_nodes", "warning")]),
        ({"target_dedicated_nodes": 0, "target_low_priority_nodes": 1}, []),
        ({"resize_timeout": timedelta(minutes=5)}, []),
        ({"resize_timeout": timedelta(minutes=5, microseconds=-1)}, [("resize_timeout", "error")]),
        ({"start_task_command_line": "   "}, [("start_task_command_line", "error")]),
        ({"start_task_command_line": "printenv HOME"}, []),
        ({"allow_ssh": True}, [("ssh_sources", "error")]),
        ({"allow_ssh": True, "ssh_sources": ("203.0.113.7",)}, []),
        ({"allow_ssh": True, "ssh_sources": ("*",)}, [("ssh_sources", "warning")]),
        ({"allow_ssh": True, "ssh_sources": ("203.0.113.7", "203.0.113.7")}, [("ssh_sources", "error")]),
        ({"allow_ssh": True, "ssh_sources": tuple(f"10.0.0.{n}" for n in range(24))}, []),
        ({"allow_ssh": True, "ssh_sources": tuple(f"10.0.0.{n}" for n in range(25))}, [("ssh_sources", "error")]),
        ({"allow_ssh": True, "ssh_sources": ("10.0.0.1",), "target_dedicated_nodes": 10_000}, []),
        (
            {"allow_ssh": True, "ssh_sources": ("10.0.0.1",), "target_dedicated_nodes": 10_001},
            [("allow_ssh", "error")],
        ),
        ({"allow_ssh": False, "ssh_sources": ("nonsense",)}, []),
        ({"allow_ssh": True, "image": make_image(os_type="windows")}, [("allow_ssh", "error")]),
    ],
)
def test_rule(changes, expected):
    assert found(replace(make_spec(), **changes)) == expected


def test_images_name_what_is_missing():
    (problem,) = check(make_spec(image=ImageReference("p", "", "")), now=NOW)
    assert "offer and sku" in problem.message


@pytest.mark.parametrize(
    ("image", "known", "expected"),
    [
        (make_image(), [make_image()], []),
        (make_image(), [make_image("other")], [("image", "warning")]),
        (ImageReference("p", "o", "s"), [make_image()], [("image", "warning")]),
        (ImageReference("CANONICAL", "0001-com-ubuntu-server-jammy", "22_04-LTS"), [make_image()], []),
        (make_image(verified=False), [], [("image", "warning")]),
        (make_image(), [make_image(verified=False)], [("image", "warning")]),
        (make_image(), [make_image(node_agent_sku_id="batch.node.ubuntu 20.04")], [("node_agent_sku_id", "error")]),
        (
            make_image(),
            [
                make_image(node_agent_sku_id="batch.node.ubuntu 20.04"),
                make_image(node_agent_sku_id="BATCH.NODE.UBUNTU 22.04"),
            ],
            [],
        ),
        (make_image(batch_support_end_of_life=NOW), [], [("image", "warning")]),
        (make_image(batch_support_end_of_life=NOW + timedelta(days=90)), [], [("image", "warning")]),
        (make_image(batch_support_end_of_life=NOW + timedelta(days=91)), [], []),
    ],
)
def test_image_against_what_is_known(image, known, expected):
    assert found(make_spec(image=image, node_agent_sku_id="batch.node.ubuntu 22.04"), *known) == expected


def test_support_says_ended_or_ends():
    ended, ends = (
        check(make_spec(image=make_image(batch_support_end_of_life=NOW + days)), now=NOW)[0].message
        for days in (timedelta(0), timedelta(days=1))
    )
    assert "ended on 01 Jan 2026" in ended
    assert "ends on 02 Jan 2026" in ends


def test_the_wrong_agent_is_told_the_right_ones():
    known = [make_image(node_agent_sku_id=f"agent {letter}") for letter in "ab"]
    (problem,) = check(make_spec(), known, now=NOW)
    assert "agent a or agent b" in problem.message


@pytest.mark.parametrize(
    "source",
    ["*", "203.0.113.7", "203.0.113.0/24", "0.0.0.0/32", "::1", "2001:db8::/128", "Internet", "Storage.WestEurope"],
)
def test_source_accepted(source):
    assert source_trouble(source) == ""


@pytest.mark.parametrize(
    "source",
    [
        "",
        " ",
        "203.0.113",
        "203.0.113.256",
        "203.0.113.0/33",
        "203.0.113.0/",
        "203.0.113.0/-1",
        "::/129",
        "::/x",
        "203.0.113.7 ",
        "a b",
        "everyone",
        "10.0.0.1-10.0.0.9",
        "203.0.113.0/٣",
    ],
)
def test_source_refused(source):
    assert source_trouble(source)


@pytest.mark.parametrize(
    "sources",
    [
        ("*",),
        ("0.0.0.0/0",),
        ("203.0.113.7/0",),
        ("::/0",),
        ("0:0:0:0:0:0:0:0/0",),
        ("Internet",),
        ("203.0.113.7", "*"),
        ("0.0.0.0/1", "128.0.0.0/1"),
    ],
)
def test_open_to_everyone_is_said(sources):
    assert is_open_to_everyone(PoolSpec(allow_ssh=True, ssh_sources=sources))
    assert not is_open_to_everyone(PoolSpec(allow_ssh=False, ssh_sources=sources))
    warnings = check(make_spec(allow_ssh=True, ssh_sources=sources), now=NOW)
    assert any("open to everyone" in problem.message for problem in warnings)


@pytest.mark.parametrize("sources", [(), ("203.0.113.7",), ("0.0.0.0/1",), ("::/1", "0.0.0.0/1"), ("Storage",)])
def test_not_open_to_everyone(sources):
    assert not is_open_to_everyone(PoolSpec(allow_ssh=True, ssh_sources=sources))


@pytest.mark.parametrize(
    "line",
    [
        "echo $HOME",
        "a | b",
        "a && b",
        "a > b",
        "a; b",
        "echo *",
        "echo `date`",
        "echo $(date)",
        "echo ${A}",
        "echo %A%",
    ],
)
def test_shell_syntax_without_a_shell_is_warned_of(line):
    (problem,) = check(make_spec(start_task_command_line=line), now=NOW)
    assert (problem.field, problem.severity) == ("start_task_command_line", "warning")
    assert wrap_in_shell(line, "linux") in problem.message
    assert found(make_spec(start_task_command_line=wrap_in_shell(line, "linux"))) == []
    windows = make_spec(start_task_command_line=line, image=make_image(os_type="windows"))
    assert f"cmd /c {line}" in check(windows, now=NOW)[0].message


@pytest.mark.parametrize(
    "line",
    [
        "C:\\Windows\\System32\\cmd.exe /c echo %A%",
        "sh -c 'a | b'",
        "/usr/bin/bash -c 'a'",
        "cmd.exe /c echo %A%",
        "powershell $a",
        "apt-get install -y r-base",
    ],
)
def test_a_shell_or_plain_words_are_not_warned_of(line):
    assert found(make_spec(start_task_command_line=line)) == []


words = st.lists(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12), max_size=4
)


@settings(max_examples=60, deadline=None)
@given(words)
def test_bash_reads_the_wrapped_line_as_the_same_words(arguments):
    line = shlex.join(["printf", r"%s\0", "end", *arguments])
    answer = subprocess.run(["/bin/bash", "-c", wrap_in_shell(line, "linux")], capture_output=True, check=True)
    assert answer.stdout.decode().split("\0")[:-1] == ["end", *arguments]


@given(st.text(string.printable, max_size=40))
def test_the_wrapped_line_is_one_argument_of_bash(line):
    assert shlex.split(wrap_in_shell(line, "linux")) == ["/bin/bash", "-c", line]


texts = st.text(max_size=80) | st.text("$%/*.:0123456789abcdefABCDEF' \n-_", max_size=80)
specs = st.builds(
    PoolSpec,
    pool_id=texts,
    display_name=texts,
    vm_size=texts,
    image=st.none()
    | st.builds(ImageReference, texts, texts, texts, texts)
    | st.builds(make_image, texts, verified=st.booleans(), os_type=texts, node_agent_sku_id=texts),
    node_agent_sku_id=texts,
    target_dedicated_nodes=st.integers(),
    target_low_priority_nodes=st.integers(),
    resize_timeout=st.timedeltas(),
    start_task_command_line=texts,
    start_task_elevated=st.booleans(),
    allow_ssh=st.booleans(),
    ssh_sources=st.lists(texts, max_size=30),
)


@settings(deadline=None)
@given(specs, texts)
def test_check_is_total(spec, taken):
    for problem in check(spec, [make_image()], taken_ids=[taken]):
        assert problem.field in PoolSpec.__dataclass_fields__
        assert problem.message
    assert json.loads(spec.to_json())["id"] == spec.pool_id
