"""Long work on several processors at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

Name = TypeVar("Name")
Job = TypeVar("Job")
Result = TypeVar("Result")


def each_done(
    work: Callable[[Job], Result], jobs: Mapping[Name, Job], processes: int | None = None
) -> Iterator[tuple[Name, Result]]:
    """Yield what comes of each job, with its name, as it is done; the first are begun first.

    Parameters
    ----------
    work
        A function of a module: it and its jobs are sent to other processes.
    processes
        How many at a time; all processors if unset. One works here.
    """
    workers = min(processes or os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        for name, job in jobs.items():
            yield name, work(job)
        return
    # Not forked: a child of a process with threads, as a progress bar's, may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(work, job): name for name, job in jobs.items()}
        try:
            for each in as_completed(waiting):
                yield waiting[each], each.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
