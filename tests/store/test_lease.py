"""One process owns a state folder: another is told who does, and nobody waits for the dead for long."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from stead.clocks import SteppedClock
from stead.domain.errors import Exit, UserError
from stead.store import lease
from stead.store.database import Store
from stead.store.lease import FolderLock

OWNER = """
import sys
from pathlib import Path
from stead.store.lease import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.take()
print("mine", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which owns the folder `state` by now."""
    command = [sys.executable, "-c", OWNER, str(tmp_path / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process
        process.kill()


def test_a_second_process_is_told_which_one_is_first(owner: subprocess.Popen[str], tmp_path: Path):
    for _ in range(2):
        with pytest.raises(UserError) as told:
            FolderLock(tmp_path / "state").take()
        assert told.value.what == f"another Stead (process {owner.pid}) works in the state folder {tmp_path / 'state'}"
        assert told.value.hint == "stop it, or name another folder with --state"
        assert told.value.code is Exit.REFUSED


def test_kill_9_frees_the_folder(owner: subprocess.Popen[str], tmp_path: Path):
    owner.kill()
    owner.wait()
    lock = FolderLock(tmp_path / "state")
    lock.take()
    assert (tmp_path / "state" / "lock").read_text() == str(os.getpid()), "its name is not the dead one's"
    lock.release()


def test_a_folder_that_was_released_can_be_taken(tmp_path: Path):
    first, second = FolderLock(tmp_path / "state"), FolderLock(tmp_path / "state")
    first.take()
    with pytest.raises(UserError, match=f"process {os.getpid()}"):
        second.take()
    first.release()
    first.release()
    second.take()
    second.release()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path):
    lock = FolderLock(tmp_path / "deep" / "state")
    lock.take()
    assert (tmp_path / "deep" / "state").stat().st_mode & 0o777 == 0o700
    lock.release()


def test_a_folder_that_cannot_be_had(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"the state folder .*/file/state cannot be written: Not a directory") as told:
        FolderLock(tmp_path / "file" / "state").take()
    assert (told.value.code, told.value.hint) == (Exit.USAGE, "name another with --state")


# --- The lease row ---------------------------------------------------------------------------------------------------------


def test_another_holders_lease_is_waited_out(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        assert lease.take(connection, "them", clock.now()) is None
        ends = clock.now() + timedelta(seconds=10)
        clock.advance(timedelta(seconds=9))
        assert lease.take(connection, "us", clock.now()) == ends
        clock.advance(timedelta(seconds=1))
        assert lease.take(connection, "us", clock.now()) is None
        assert lease.take(connection, "them", clock.now()) == clock.now() + lease.LASTS


def test_a_lease_that_is_renewed_does_not_end(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        for _ in range(10):
            assert lease.take(connection, "them", clock.now()) is None
            clock.advance(lease.RENEW_EVERY)
            assert lease.take(connection, "us", clock.now()) is not None


def test_ones_own_lease_is_taken_at_once_after_a_restart(store: Store, clock: SteppedClock, tmp_path: Path):
    with store.begin() as connection:
        assert lease.take(connection, lease.holder(tmp_path), clock.now()) is None
    with store.begin() as connection:
        assert lease.take(connection, lease.holder(tmp_path / "x" / ".."), clock.now()) is None
        assert lease.take(connection, lease.holder(tmp_path / "other"), clock.now()) is not None


def test_a_lease_is_given_back_by_its_holder_only(store: Store, clock: SteppedClock):
    with store.begin() as connection:
        lease.take(connection, "them", clock.now())
        lease.release(connection, "us")
        assert lease.take(connection, "us", clock.now()) is not None
        lease.release(connection, "them")
        assert lease.take(connection, "us", clock.now()) is None
