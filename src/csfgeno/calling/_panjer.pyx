# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Panjer's recursion, compiled. Arrays in, one array out; `_panjer_twin` says the same in Python."""

import numpy as np

from libc.math cimport exp, log1p
from libc.stdint cimport int64_t


def compound(
    const int64_t[::1] score,
    const double[::1] share,
    const double[::1] expected,
    const double[::1] shape,
    const double[::1] weight,
    Py_ssize_t steps,
):
    cdef Py_ssize_t node, t, j, scores = score.shape[0]
    cdef double q, b, plain, scaled, term
    total, own = np.zeros(steps + 1), np.empty(steps + 1)
    cdef double[::1] sums = total, mass = own
    with nogil:
        for node in range(expected.shape[0]):
            q = expected[node] / (expected[node] + shape[node])
            b = (shape[node] - 1.0) * q
            mass[0] = exp(-shape[node] * log1p(expected[node] / shape[node]))
            sums[0] += weight[node] * mass[0]
            for t in range(1, steps + 1):
                plain = scaled = 0.0
                for j in range(scores):
                    if score[j] > t:
                        break
                    term = share[j] * mass[t - score[j]]
                    plain += term
                    scaled += score[j] * term
                mass[t] = q * plain + b / t * scaled
                sums[t] += weight[node] * mass[t]
    return total
