"""What waits ends at its deadline; that it ends when a run is cancelled is tested where the waits are."""

from __future__ import annotations

import threading

import pytest

from proton_provider import stopping
from proton_provider.errors import OutOfTimeError


def test_a_pause_ends_at_the_deadline() -> None:
    """A pause that would be longer than the time that is left ends with a sentence that says what was waited for."""
    with stopping.deadline(0.01), pytest.raises(OutOfTimeError, match="the wait for the role"):
        stopping.pause(60, "the role")


def test_work_is_left_at_the_deadline() -> None:
    """Work that may be given up is given up."""
    over = threading.Event()
    with stopping.deadline(0.01), pytest.raises(OutOfTimeError, match="the answer"):
        stopping.interruptible(lambda: over.wait(60), "the answer")
    over.set()


def test_no_time_is_no_limit() -> None:
    """Without a time nothing ends early, and the limit of one call is not that of the next."""
    with stopping.deadline(0.01):
        pass
    with stopping.deadline(0):
        stopping.pause(0.02, "nothing")
        assert stopping.interruptible(lambda: 3, "nothing") == 3


def test_a_time_out_of_the_work_is_its_own() -> None:
    """A time-out that the work itself meets is not taken for the deadline."""

    def work() -> None:
        raise TimeoutError("of the work")

    with stopping.deadline(60), pytest.raises(TimeoutError, match="of the work"):
        stopping.interruptible(work, "nothing")
