"""The compiled passes over rows of reads against numpy."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.io.batch import ABSENT, READ_DTYPE
from csfgeno.molecules.grouping.rows import HAS_NATIVE_ROWS, passes

pytestmark = pytest.mark.skipif(not HAS_NATIVE_ROWS, reason="built without a compiler")

WORD = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))
PLACE = st.integers(-3, 60)
FLAG = st.sampled_from([0, 16, 99, 147, 83, 163, 73, 89, 65, 129, 177, 113, 1 | 8 | 16 | 128])


@st.composite
def reads(draw: st.DrawFn, *, whole: bool = True) -> npt.NDArray[np.void]:
    rows = np.zeros(draw(st.integers(0, 12)), READ_DTYPE)
    for row in rows:
        row["flag"], row["mapq"] = draw(FLAG), draw(st.integers(0, 255))
        for name in ("name_hash", "umi_1", "umi_2", "umi_n"):
            row[name] = draw(WORD)
        row["start"], row["end"] = draw(st.integers(0, 60)), draw(st.integers(1, 60))
        for name in ("unclipped_start", "unclipped_end", "mate_unclipped_start"):
            row[name] = draw(PLACE)
        row["mate_unclipped_end"] = draw(st.integers(1, 60) if whole else st.sampled_from([ABSENT, 0, 50]))
        row["mate_tid"] = draw(st.sampled_from([ABSENT, 0, 1, 300]))
        row["umi_1_length"], row["umi_2_length"] = draw(st.integers(0, 32)), draw(st.sampled_from([0, 0, 3, 32]))
        row["mi"], row["mi_strand"] = draw(st.sampled_from([0, 0, 7, 2**64 - 1])), draw(st.integers(0, 2))
    return rows


def assert_same(name: str, *arguments: Any) -> None:
    native, twin = (getattr(passes(is_native), name)(*arguments) for is_native in (True, False))
    if native is None or twin is None:
        assert native is twin
        return
    for one, other in zip(*((a,) if isinstance(a, np.ndarray) else a for a in (native, twin)), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@settings(deadline=None)
@given(reads(whole=False))
def test_ends(rows: npt.NDArray[np.void]) -> None:
    assert_same("find_ends", rows)


@settings(deadline=None)
@given(reads(), st.data())
def test_keys_strands_and_umis(rows: npt.NDArray[np.void], data: st.DataObject) -> None:
    ends = passes(native=False).find_ends(rows)
    assert ends is not None
    left, right, shape = ends
    for by_place in (True, False):
        assert_same("fragment_keys", rows, left, right, by_place)
    size = data.draw(st.integers(0, 8)) if len(rows) else 0
    chosen = np.array([data.draw(st.integers(0, len(rows) - 1)) for _ in range(size)], np.int64)
    assert_same("raw_strands", rows, chosen)
    strand = np.array([data.draw(st.integers(0, 1)) for _ in range(size)], np.uint8)
    for shares_umi in (True, False):
        assert_same("place_umis", rows, chosen, left[chosen], right[chosen], shape[chosen], strand, shares_umi)


@settings(deadline=None)
@given(reads(), st.randoms(use_true_random=False))
def test_spans(rows: npt.NDArray[np.void], random: Any) -> None:
    order = np.array(random.sample(range(len(rows)), len(rows)), np.int64)
    inner = sorted(random.sample(range(1, len(rows)), min(3, len(rows) - 1))) if len(rows) > 1 else []
    begin = np.array([0, *inner] if len(rows) else [], np.int64)
    assert all(one < other for one, other in pairwise(begin.tolist()))
    assert_same("span_molecules", rows, order, begin)


def test_rows_of_another_layout_are_refused() -> None:
    with pytest.raises(ImportError, match="another version"):
        passes(native=True).find_ends(np.zeros(2, [("flag", np.uint16)]))
