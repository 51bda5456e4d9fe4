"""UserForm: who, how she signs in, on which nodes; a password is never kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import batch_widgets as bw
from batch_widgets.problems import Problem
from batch_widgets.widgets.controls import close_tree
from batch_widgets.widgets.user_form import (
    FOUND,
    GENERATED,
    NEW,
    PASSWORD,
    PASTED,
    SELECTED,
    USABLE,
    UserForm,
    UserRequest,
)
from unit.test_panel import shown

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VudGluZWw=\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def handed():
    return []


@pytest.fixture
def make_form(handed):
    made = []

    def make():
        made.append(UserForm(lambda request, password: handed.append((request, password))))
        made[-1].set_nodes("linux", 2, 0, "")
        return made[-1]

    yield make
    for form in made:
        close_tree(form)


@pytest.fixture
def form(make_form):
    return make_form()


@pytest.fixture
def key():
    return bw.make_key_pair(Path.home() / ".ssh" / "id_ed25519")


def methods(form):
    return [value for _, value in form.method.options]


def beside(form, name):
    problem = form.fields[name]._problem
    return problem.value if shown(problem) else ""


def answer(form, secret):
    """Answer the browser's part: hand over what is typed."""
    (ticket,) = form.password._waiting
    form.password._handle_custom_msg({"type": "secret", "id": ticket, "value": secret}, [])


# how she signs in


def test_a_key_on_the_machine_comes_first(key, make_form):
    form = make_form()
    assert methods(form) == [FOUND, NEW, PASTED, GENERATED, PASSWORD]
    assert form.method.value == FOUND
    assert form.found.options[0][0] == "~/.ssh/id_ed25519.pub (ED25519)"
    assert key.fingerprint in form.fingerprint.value
    assert shown(form.found)


def test_without_a_key_a_new_one_is_offered(form):
    assert methods(form) == [NEW, PASTED, GENERATED, PASSWORD]
    assert form.method.value == NEW


@pytest.mark.parametrize("method", [FOUND, NEW, PASTED, GENERATED, PASSWORD])
def test_each_method_shows_what_it_needs(key, make_form, method):
    form = make_form()
    form.method.value = method
    assert shown(form.found) == shown(form.fingerprint) == (method == FOUND)
    assert shown(form._new_hint) == (method == NEW)
    assert shown(form.pasted) == (method == PASTED)
    assert shown(form.fields["password"].widget) == (method == PASSWORD)


def test_windows_nodes_take_a_password_only(key, make_form):
    form = make_form()
    form.set_nodes("windows", 2, 0, "")
    assert methods(form) == [GENERATED, PASSWORD]
    assert shown(form._generated_hint)
    form.set_nodes("linux", 2, 0, "")
    assert methods(form) == [FOUND, NEW, PASTED, GENERATED, PASSWORD]


def test_a_key_made_later_is_found_and_the_choice_stays(form, key):
    form.find_keys()
    assert form.method.value == FOUND
    other = bw.make_key_pair(Path.home() / ".ssh" / "other")
    form.find_keys()
    form.found.value = other
    form.method.value = PASTED
    form.find_keys()
    assert form.found.value == other
    assert form.method.value == PASTED


# handing over


def test_a_key_that_was_found_is_handed_over(key, make_form, handed):
    form = make_form()
    form.name.value, form.is_admin.value, form.days.value = " alice ", True, 7
    form.submit()
    assert handed == [(UserRequest("alice", is_admin=True, days=7, target=USABLE, ssh_public_key=key.line), None)]


def test_a_new_key_is_made_once(form, handed):
    form.name.value = "alice"
    form.submit()
    form.submit()
    (first, _), (second, _) = handed
    assert first.ssh_public_key == second.ssh_public_key == bw.own_key().line
    assert (Path.home() / ".ssh" / "batch_widgets_ed25519").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [("batch_widgets_ed25519", "cannot be read"), ("batch_widgets_ed25519.pub", "without its private key")],
)
def test_half_a_key_pair_is_never_overwritten(form, handed, name, says):
    half = Path.home() / ".ssh" / name
    half.parent.mkdir()
    half.write_text("mine")
    form.name.value = "alice"
    form.submit()
    assert handed == []
    assert says in beside(form, "ssh_public_key")
    assert str(half) in beside(form, "ssh_public_key")
    assert half.read_text() == "mine"
    assert len(list(half.parent.iterdir())) == 1


def test_a_name_that_azure_reserves_is_warned_of_while_typing(form, handed):
    form.name.value = "admin"
    assert "reserves the name" in beside(form, "name")
    form.submit()
    assert len(handed) == 1
    assert "reserves the name" in beside(form, "name")
    form.name.value = "a b"
    assert beside(form, "name") == ""


def test_a_pasted_key_is_handed_over_on_one_line(key, form, handed):
    form.name.value, form.method.value, form.pasted.value = "alice", PASTED, f"\n{key.line}\n"
    form.submit()
    assert handed[0][0].ssh_public_key == key.line


@pytest.mark.parametrize("pasted", ["", "hello", "ssh-ed25519 AAAA", "ssh-dss AAAA"])
def test_a_bad_key_is_refused(form, handed, pasted):
    form.name.value, form.method.value, form.pasted.value = "alice", PASTED, pasted
    form.submit()
    assert handed == []
    assert beside(form, "ssh_public_key") != ""


def test_a_private_key_is_emptied_at_once_and_refused(form, handed):
    form.method.value = PASTED
    form.pasted.set_state({"value": PRIVATE})  # as from the browser
    assert form.pasted.value == ""
    assert "private key" in beside(form, "ssh_public_key")
    assert "c2VudGluZWw" not in beside(form, "ssh_public_key")
    form.name.value = "alice"
    form.submit()
    assert handed == []


@pytest.mark.parametrize("name", ["", "   ", "-x", "a b", "x" * 65])
def test_a_bad_name_is_refused_beside_its_field(form, handed, name):
    form.name.value = name
    form.submit()
    assert handed == []
    assert beside(form, "name") != ""
    form.name.value = "alice"
    form.submit()
    assert beside(form, "name") == ""
    assert len(handed) == 1


def test_days_stay_within_bounds(form):
    form.days.value = 0
    assert form.days.value == 1
    form.days.value = 10**9
    assert form.days.value == 36_500
    assert form._ends.value != ""


def test_problems_of_the_call_show_beside_their_fields(form):
    form.show_problems((Problem("days", "Too <long>."), Problem("else", "Something.")))
    assert "Too &lt;long&gt;." in beside(form, "days")
    assert "Something." in beside(form, "name")


# the password


@pytest.fixture
def with_password(form):
    form.name.value, form.method.value = "alice", PASSWORD
    form.password.filled = True
    return form


def test_a_password_is_asked_of_the_browser_and_handed_over_once(with_password, handed):
    with_password.submit()
    assert handed == []
    (ticket,) = with_password.password._waiting
    answer(with_password, "s3cret!")
    with_password.password._handle_custom_msg({"type": "secret", "id": ticket, "value": "again"}, [])
    assert handed == [(UserRequest("alice", is_admin=False, days=30, target=USABLE, ssh_public_key=None), "s3cret!")]


def test_no_password_is_a_problem(form, handed):
    form.name.value, form.method.value = "alice", PASSWORD
    form.submit()
    assert "Type a password" in beside(form, "password")
    assert form.password._waiting == {}


def test_nothing_is_asked_of_the_browser_while_the_form_is_wrong(with_password):
    with_password.name.value = ""
    with_password.submit()
    assert with_password.password._waiting == {}


def test_a_password_is_in_nothing_that_the_form_keeps(with_password, handed):
    with_password.submit()
    answer(with_password, "sentinel-97")
    assert handed
    assert "sentinel-97" not in repr(handed[0][0])
    assert "sentinel-97" not in repr(vars(with_password))
    assert "sentinel-97" not in repr(vars(with_password.password))


# on which nodes


@pytest.mark.parametrize(
    ("usable", "selected", "text"), [(2, 0, "Add user to 2 nodes"), (1, 0, "Add user to 1 node"), (5, 3, "to 3 nodes")]
)
def test_the_button_says_on_how_many(form, usable, selected, text):
    form.set_nodes("linux", usable, selected, "")
    assert text in form.add_button.description
    assert not form.add_button.disabled


def test_one_node_is_one(form):
    form.set_nodes("linux", 1, 1, "")
    assert [text for text, _ in form.targets.options] == [
        "1 selected node",
        "The 1 usable node",
        "All nodes, each as soon as it is usable",
    ]


def test_no_node_no_button(form):
    form.set_nodes("linux", 0, 0, "Left out: 2 <starting>.")
    assert form.add_button.disabled
    assert "2 &lt;starting&gt;" in form._left_out.value


def test_a_new_selection_is_taken_and_all_can_be_chosen(form, handed):
    form.set_nodes("linux", 5, 3, "")
    assert form.targets.value == "selected"
    form.targets.value = "usable"
    form.set_nodes("linux", 5, 2, "")
    assert form.targets.value == "usable"
    form.set_nodes("linux", 5, 0, "")
    assert form.targets.value == "usable"
    form.set_nodes("linux", 5, 1, "")
    assert form.targets.value == "selected"
    form.name.value = "alice"
    form.submit()
    assert handed[0][0].target == SELECTED
