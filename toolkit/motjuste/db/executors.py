"""Who does the work of a scan: this process, processes of our own, or the workers of a Dask cluster."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from threading import current_thread, main_thread
from types import FrameType

from motjuste.db import worker
from motjuste.db.sweep import Inline, Sweep
from motjuste.errors import MotjusteError

GRACE = 1.0  # seconds that a process has to cancel what the server does for it
ATTEMPTS = 3  # pools of processes that a scan may wear out: one that is killed takes its pool with it


def run(sweep: Sweep, dsn: str | None, key: bytes) -> None:
    """Run a sweep in this process, or with as many processes of our own as it has jobs.

    Raises MotjusteError where the processes keep being killed, as where memory runs out.
    """
    if sweep.jobs == 1:
        worker.start(dsn, key)
        try:
            sweep.run(Inline())
        finally:
            worker.close()
        return None
    for _ in range(ATTEMPTS):
        try:
            with _processes(sweep.jobs, dsn, key) as executor:
                return sweep.run(executor)
        except BrokenExecutor:
            continue  # what was read is in the journal: new processes read the rest
    raise MotjusteError(
        "worker processes were killed, again and again",
        hint="free some memory or lower --jobs, then: motjuste scan --resume",
    )


@contextmanager
def _processes(jobs: int, dsn: str | None, key: bytes) -> Iterator[Executor]:
    others = active_children()
    # spawned: a fork would share our connections
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=worker.start_process, initargs=(dsn, key)
    )
    try:
        with _signals_held():
            # else a process starts when there is work for it, whatever else happens then
            for _ in range(jobs):
                pool.submit(int)
        yield pool
    except KeyboardInterrupt:
        _end([p for p in active_children() if p not in others])
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _end(processes: list[BaseProcess]) -> None:
    """Stop our worker processes: each cancels its query on the server, or is killed."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + GRACE
    for process in processes:
        process.join(max(until - time.monotonic(), 0))
        if process.is_alive():
            process.kill()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Keep what would stop us until the block is done: a process that starts meanwhile would lack half of what it is told,
    and show its own traceback."""
    caught: list[int] = []

    def keep(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    ours = current_thread() is main_thread()
    stops = [s for s in (signal.SIGINT, signal.SIGTERM) if ours and signal.getsignal(s) is not None]
    before = {s: signal.signal(s, keep) for s in stops}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)
        for number in caught:
            signal.raise_signal(number)


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The workers of a Dask cluster as an executor, and how many threads they have. Raises MotjusteError."""
    if find_spec("distributed") is None:
        raise MotjusteError(
            "--cluster needs Dask, which is not installed",
            hint="in a clone of motjuste: pip install '.[cluster]'",
        )
    distributed = import_module("distributed")
    try:
        client = distributed.Client(address, timeout=5, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise MotjusteError(
            f"no Dask scheduler answers at {address}",
            hint="write --cluster tcp://host:8786, and start `dask scheduler`",
        ) from exc
    with client:
        threads = sum(client.ncores().values())
        if not threads:
            raise MotjusteError(
                f"the cluster at {address} has no workers", hint=f"start one: dask worker {address}"
            )
        with client.get_executor(pure=False) as executor:
            yield executor, threads
