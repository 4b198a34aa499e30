"""A machine whose clock is wrong takes the time from the servers it talks to."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipelines.sources.server_time import ServerClock

TRUE = datetime(2026, 12, 5, 10)
SAID = "Sat, 05 Dec 2026 10:00:00 GMT"


class Machine:
    """A clock that may be set, and a monotonic one that may not."""

    def __init__(self) -> None:
        self.passed, self.off = 0.0, timedelta(0)

    def now(self) -> datetime:
        return TRUE + timedelta(seconds=self.passed) + self.off

    def monotonic(self) -> float:
        return 500.0 + self.passed


def clock_of(machine: Machine) -> ServerClock:
    return ServerClock(machine, machine.monotonic)


@pytest.mark.parametrize("off", [-86_400, -3_600, 3_600, 86_400 * 400])
def test_a_clock_that_jumps_in_the_middle_moves_nothing(off: int):
    machine = Machine()
    clock = clock_of(machine)
    clock.heard(SAID, 0.1)
    machine.passed, machine.off = 60.0, timedelta(seconds=off)
    assert TRUE + timedelta(seconds=60) == clock.now()
    assert f"this machine's clock is {abs(off):,} s {'ahead' if off > 0 else 'behind'}: set it" == clock.complaint
    machine.off = timedelta(0)
    assert "" == clock.complaint


@pytest.mark.parametrize("seconds", [-2.5, 0.0, 2.5])
def test_a_clock_that_is_about_right_is_taken_as_it_is(seconds: float):
    machine = Machine()
    machine.off = timedelta(seconds=seconds)
    clock = clock_of(machine)
    clock.heard(SAID, 0.1)
    assert machine.now() == clock.now()


@pytest.mark.parametrize("said", [None, "", "soon", "Sat, 99 Foo 2026", "0"])
def test_a_date_that_says_nothing_changes_nothing(said: str | None):
    machine = Machine()
    machine.off = timedelta(hours=1)
    clock = clock_of(machine)
    clock.heard(said, 0.1)
    assert machine.now() == clock.now()


def test_an_answer_that_came_late_says_nothing_of_the_clock():
    """A busy machine hears six seconds after it asked: the date was right when it was written."""
    machine = Machine()
    machine.passed = 6.0
    clock = clock_of(machine)
    clock.heard(SAID, 6.0)
    assert machine.now() == clock.now()
    assert "" == clock.complaint
    machine.off = timedelta(seconds=-3_600)
    assert "this machine's clock is 3,594 s behind: set it" == clock.complaint
