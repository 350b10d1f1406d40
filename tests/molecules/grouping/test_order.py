"""The compiled sort against numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.molecules.grouping.order import HAS_NATIVE_SORT, sort_rows

pytestmark = pytest.mark.skipif(not HAS_NATIVE_SORT, reason="built without a compiler")

WORDS = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1), st.sampled_from([2**63, 2**55, 2**11, 2**11 - 1]))


@given(st.lists(WORDS, max_size=80))
def test_compiled_sort_equals_numpy(words: list[int]) -> None:
    keys = np.array(words, np.uint64)
    expected = sorted(range(len(words)), key=lambda row: words[row])
    assert sort_rows(keys, native=True).tolist() == expected
    assert sort_rows(keys, native=False).tolist() == expected
