"""Passwords made up: the rules of Azure's machines, and what a shell would misread."""

from __future__ import annotations

import collections
import math
import shlex
import subprocess

import pytest

from batch_widgets import passwords
from batch_widgets.passwords import generate_password

MANY = 2_000


@pytest.mark.parametrize("length", [12, 20, 72])
def test_it_meets_the_rules_of_azures_machines(length):
    for _ in range(200):
        password = generate_password(length)
        assert len(password) == length
        assert any(one.islower() for one in password)
        assert any(one.isupper() for one in password)
        assert any(one.isdigit() for one in password)
        assert any(not one.isalnum() for one in password)
        assert password.isascii()
        assert password[0].isalpha()


def test_nothing_in_it_looks_like_something_else():
    assert not set("".join(generate_password() for _ in range(MANY))) & set("0Oo1Il2Z5S8B|`'\"~")


def test_no_shell_reads_it_as_anything_else():
    many = [generate_password() for _ in range(MANY)]
    assert [shlex.quote(one) for one in many] == many
    answer = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {' '.join(many)}"], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == many
    assert not set("".join(many)) & set("%^&!$`\"'@#,;(){}[]<>|*?=~\\ ")  # cmd and PowerShell


def test_each_is_another():
    assert len({generate_password() for _ in range(MANY)}) == MANY


def test_every_character_is_as_likely_as_the_next():
    text = "".join(generate_password(72) for _ in range(MANY))
    counts = collections.Counter(text)
    assert set(counts) == set(passwords._ALL)
    expected = len(text) / len(passwords._ALL)
    assert max(abs(count - expected) for count in counts.values()) < 0.15 * expected


def test_it_says_what_it_is_worth():
    drawn = len(passwords._ALL) ** 20 * sum(map(str.isalpha, passwords._ALL)) / len(passwords._ALL)
    assert 114 <= math.log2(drawn) < 116
    assert "114 bits" in generate_password.__doc__


@pytest.mark.parametrize("length", [0, 11, 73])
def test_other_lengths_are_refused(length):
    with pytest.raises(ValueError, match=f"12 to 72 characters, not {length}"):
        generate_password(length)
