"""The page about safety tells what the suite does, no more and no less."""

import subprocess
import sys

import pytest
from safety_record import PAGE, ROOT, Attempts, areas_of_tests, page_rows

GOOD = "| one | what is tried | 2 | nothing |\n| two | more | 1,000 | nothing |\n"


def test_the_page_has_a_row_for_each_area_and_no_other():
    areas = areas_of_tests()
    assert len(set(areas)) == len(areas), "each area is one test's"
    assert set(page_rows()) == set(areas)


def test_rows_are_read():
    assert page_rows(GOOD) == {"one": 2, "two": 1000}
    with pytest.raises(AssertionError, match="two rows"):
        page_rows(GOOD + "| one | again | 3 | nothing |\n")


def test_what_gets_through_fails_with_what_it_was():
    attempts = Attempts("some area")
    attempts.case("harmless", got_through=False)
    attempts.case("a door", got_through="open")
    with pytest.raises(AssertionError, match="1 of 2 got through:\n  a door: 'open'"):
        attempts.check()


def test_an_area_that_the_page_does_not_have_fails():
    with pytest.raises(AssertionError, match=f"{PAGE.name} has no row 'nothing of the kind'"):
        Attempts("nothing of the kind").check()


def test_another_number_of_cases_fails():
    area, told = next(iter(page_rows().items()))
    with pytest.raises(AssertionError, match=f"tells {told} cases of '.*'; {told + 1} were tried"):
        Attempts(area, cases=told + 1).check()


SUITE = """
import pytest

@pytest.mark.safety("nothing of the kind")
def test_recorded(attempts):
    attempts.case("a door", got_through="open")
    attempts.figure("doors", 1)
"""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_a_run_ends_with_a_table(tmp_path, workers):
    """Also where the tests ran on workers; the suite is one of its own, with these very hooks."""
    folder = tmp_path / "safety"
    folder.mkdir()
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "safety_record.py").write_text((ROOT / "tests" / "safety_record.py").read_text(encoding="utf-8"))
    (folder / "conftest.py").write_text((ROOT / "tests" / "safety" / "conftest.py").read_text(encoding="utf-8"))
    (folder / "test_made_up.py").write_text(SUITE)
    docs = tmp_path.parent / "docs"
    docs.mkdir(exist_ok=True)
    (docs / "safety.md").write_text(GOOD)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  safety: an area\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", str(folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 of 1 got through" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["nothing", "of", "the", "kind", "1", "1"] in lines
    assert ["doors:", "1"] in lines
    assert ["all", "1", "1"] in lines
