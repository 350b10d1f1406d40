"""The study: every part of every mode in every laboratory is a job of its own, drawn from a seed of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final

import numpy as np

from .inputs import look_at_inputs
from .many import look_under_stress
from .results import Plan, Results
from .slip_study import look_at_indels
from .worlds import MODES

Part = Callable[[Results, Plan, str, int, np.random.Generator], None]
PARTS: Final[Sequence[Part]] = (look_at_inputs, look_under_stress, look_at_indels)


@dataclass(frozen=True, slots=True)
class Job:
    """One part of the study (index of `PARTS`), for one mode, in one laboratory."""

    part: int
    mode: str
    laboratory: int

    def run(self, plan: Plan) -> Results:
        """Return what it sees, whatever else is run."""
        results = Results()
        rng = np.random.default_rng([plan.seed, self.part, list(MODES).index(self.mode), self.laboratory])
        PARTS[self.part](results, plan, self.mode, self.laboratory, rng)
        return results


def jobs_of(plan: Plan) -> Iterator[Job]:
    """Yield all jobs of a plan."""
    sizes = (plan.laboratories, plan.more_laboratories, plan.indel_laboratories)
    for mode in plan.modes:
        for part, laboratories in enumerate(sizes):
            yield from (Job(part, mode, number) for number in range(laboratories))


def run(plan: Plan, processes: int = 1) -> Results:
    """Return the results of a plan, the same for any number of processes."""
    results, jobs = Results(), list(jobs_of(plan))
    if processes == 1:
        for job in jobs:
            results.take(job.run(plan))
        return results
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for part in pool.map(partial(_run, plan), jobs):
            results.take(part)
    return results


def _run(plan: Plan, job: Job) -> Results:
    return job.run(plan)
