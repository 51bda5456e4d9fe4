"""Merger: the first change at once, the rest together, the last in any case."""

from __future__ import annotations

import heapq

import pytest

from batch_widgets.runner import Merger


class Timers:
    """A loop's clock and timers, moved by hand."""

    def __init__(self):
        self.now = 100.0
        self.waiting = []

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        timer = Timer(self.now + delay, callback)
        heapq.heappush(self.waiting, (timer.due, id(timer), timer))
        return timer

    def advance(self, seconds):
        until = self.now + seconds
        while self.waiting and self.waiting[0][0] <= until:
            timer = heapq.heappop(self.waiting)[2]
            if not timer.cancelled:
                self.now = timer.due
                timer.callback()
        self.now = until


class Timer:
    def __init__(self, due, callback):
        self.due, self.callback, self.cancelled = due, callback, False

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def timers():
    return Timers()


@pytest.fixture
def told():
    return []


@pytest.fixture
def merger(timers, told):
    return Merger(lambda: told.append(timers.now), 0.5, timers=timers)


def test_the_first_change_is_told_at_once(merger, told):
    merger.changed()
    assert told == [100.0]


def test_what_follows_is_told_together(merger, timers, told):
    for _ in range(10):
        merger.changed()
        timers.advance(0.0625)
    assert told == [100.0, 100.5]
    timers.advance(5.0)
    assert told == [100.0, 100.5, 101.0]
    timers.advance(5.0)
    assert len(told) == 3


def test_after_a_pause_a_change_is_told_at_once(merger, timers, told):
    merger.changed()
    timers.advance(0.5)
    merger.changed()
    assert told == [100.0, 100.5]


def test_what_was_not_told_is_told_when_it_ends(merger, timers, told):
    merger.changed()
    merger.flush()
    assert told == [100.0]
    merger.changed()
    timers.advance(0.25)
    merger.flush()
    assert told == [100.0, 100.25]
    timers.advance(5.0)
    assert len(told) == 2


def test_who_stops_it_hears_no_more(merger, timers, told):
    merger.changed()
    merger.changed()
    merger.stop()
    timers.advance(5.0)
    assert told == [100.0]
