"""The compiled fold against its Python twin, and both against molecules whose truth is known."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csfgeno.io.batch import EVENT_DELETION, EVENT_DTYPE, EVENT_MASK, EVENT_SNV, READ_DTYPE, ReadBatch
from csfgeno.molecules.grouping.families import Families
from csfgeno.molecules.strata import STRATA
from csfgeno.molecules.voting.fold import HAS_NATIVE_FOLD, Calls, encode_bases, fold_reads
from csfgeno.vocab import MoleculeKind

pytestmark = pytest.mark.skipif(not HAS_NATIVE_FOLD, reason="built without a compiler")

REFERENCE = encode_bases("ACGTNACGTACGTTGCA" * 3)
ORIGIN = 100


def make_inputs(
    rows: list[tuple[int, int, int, int, int]],
    events: list[tuple[int, int, int, int, str]],
    fixed: list[int],
    ends: list[tuple[int, int]] | None = None,
    sizes: list[tuple[int, int]] | None = None,
) -> tuple[ReadBatch, Families]:
    """`rows` are (molecule, strand, fragment, start, end) in sorted order; `events` (read, kind, pos, length, base)."""
    reads = np.zeros(len(rows), READ_DTYPE)
    reads["start"], reads["end"] = [r[3] for r in rows], [r[4] for r in rows]
    found = np.zeros(len(events), EVENT_DTYPE)
    for i, (read, kind, pos, length, base) in enumerate(sorted(events)):
        found[i] = (read, kind, ord(base) if base else 0, 30, pos, length, 0, -1)
    left, right = np.array(ends or [(0, 1_000)] * len(fixed), np.int32).T
    size_a, size_b = np.array(sizes or [(0, 0)] * len(fixed), np.int32).T
    families = Families(
        order=np.arange(len(rows)),
        molecule=np.array([r[0] for r in rows], np.int32),
        strand=np.array([r[1] for r in rows], np.uint8),
        fragment=np.array([r[2] for r in rows], np.int32),
        fixed_kind=np.array(fixed, np.int8),
        size_a=size_a, size_b=size_b, left=np.ascontiguousarray(left), right=np.ascontiguousarray(right),
    )  # fmt: skip
    return ReadBatch(reads, found, np.zeros(0, np.uint8), b"", len(rows)), families


def fold(batch: ReadBatch, families: Families, native: bool, agreement: float = 0.66) -> Calls:
    return fold_reads(batch, families, REFERENCE, ORIGIN, agreement, native=native)


def differs(pos: int, base: str) -> bool:
    """Return whether a base is a substitution; the scanner gives none for the reference base or at N."""
    at = pos - ORIGIN
    return not 0 <= at < len(REFERENCE) or REFERENCE[at] not in ("ACGT".index(base), 4)


@st.composite
def molecules(draw: st.DrawFn) -> tuple[ReadBatch, Families]:
    rows: list[tuple[int, int, int, int, int]] = []
    events: list[tuple[int, int, int, int, str]] = []
    fixed: list[int] = []
    ends: list[tuple[int, int]] = []
    sizes: list[tuple[int, int]] = []
    fragment = 0
    for molecule in range(draw(st.integers(1, 4))):
        fixed.append(draw(st.sampled_from([-1, -1, 0, 1, 2, 3])))
        ends.append((ORIGIN + draw(st.integers(-20, 40)), draw(st.sampled_from([-1, ORIGIN + 20, ORIGIN + 60]))))
        sizes.append((draw(st.integers(0, 3)), draw(st.integers(0, 3))))
        for strand in draw(st.sampled_from([[0], [1], [0, 1], [0, 0, 1], [0, 1, 1, 1]])):
            for _ in range(draw(st.integers(1, 2))):
                start = ORIGIN + draw(st.integers(-10, 45))
                end = start + draw(st.integers(1, 30))
                for _ in range(draw(st.integers(0, 4))):
                    kind = draw(st.sampled_from([EVENT_SNV, EVENT_SNV, EVENT_MASK, EVENT_DELETION]))
                    pos = draw(st.integers(start, end - 1))
                    length = 1 if kind == EVENT_SNV else draw(st.integers(1, end - pos))
                    base = draw(st.sampled_from("ACGT")) if kind == EVENT_SNV else ""
                    if kind != EVENT_SNV or differs(pos, base):
                        events.append((len(rows), kind, pos, length, base))
                rows.append((molecule, strand, fragment, start, end))
            fragment += 1
    return make_inputs(rows, events, fixed, ends, sizes)


def assert_same(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> None:
    assert a.shape == b.shape
    assert (a == b).all()


@settings(max_examples=300, deadline=None)
@given(molecules(), st.sampled_from([0.5, 0.67, 1.0]))
def test_compiled_fold_equals_its_twin(inputs: tuple[ReadBatch, Families], agreement: float) -> None:
    native, twin = fold(*inputs, True, agreement), fold(*inputs, False, agreement)
    for name in ("ref_depth", "discordant", "molecule", "pos", "base", "stratum", "votes"):
        assert_same(getattr(native, name), getattr(twin, name))


@pytest.mark.parametrize("native", [True, False])
class TestKnownMolecules:
    """One molecule, one position (105, reference A), written out by hand."""

    def test_overlapping_mates_are_one_vote(self, native: bool) -> None:
        calls = fold(*make_inputs([(0, 0, 0, 100, 110), (0, 0, 0, 103, 115)], [], [-1]), native)
        assert [STRATA[i] for i in np.flatnonzero(calls.ref_depth[:, 5])] == [
            (MoleculeKind.SINGLETON, "A", False, False)
        ]
        assert calls.ref_depth[:, 5].sum() == 1

    def test_mates_that_disagree_state_nothing(self, native: bool) -> None:
        rows = [(0, 0, 0, 100, 110), (0, 0, 0, 103, 115)]
        calls = fold(*make_inputs(rows, [(0, EVENT_SNV, 105, 1, "C")], [-1]), native)
        assert calls.ref_depth[:, 5].sum() == 0
        assert calls.discordant[5] == 1
        assert len(calls.pos) == 0

    def test_a_masked_base_leaves_the_mate_to_speak(self, native: bool) -> None:
        rows = [(0, 0, 0, 100, 110), (0, 0, 0, 103, 115)]
        events = [(0, EVENT_SNV, 105, 1, "C"), (1, EVENT_MASK, 104, 3, "")]
        calls = fold(*make_inputs(rows, events, [-1]), native)
        assert (calls.pos.tolist(), calls.base.tolist()) == ([105], [1])

    def test_duplex_needs_both_strands(self, native: bool) -> None:
        rows = [(0, 0, 0, 100, 110), (0, 1, 1, 100, 110)]
        both = [(0, EVENT_SNV, 105, 1, "C"), (1, EVENT_SNV, 105, 1, "C")]
        agreed = fold(*make_inputs(rows, both, [-1]), native)
        assert STRATA[agreed.stratum[0]] == (MoleculeKind.DUPLEX, "both", False, False)
        split = fold(*make_inputs(rows, both[:1], [-1]), native)
        assert (len(split.pos), split.discordant[5]) == (0, 1)

    @pytest.mark.parametrize(("alt", "total", "stated"), [(2, 3, True), (66, 100, True), (65, 100, False)])
    def test_agreement_is_inclusive(self, native: bool, alt: int, total: int, stated: bool) -> None:
        rows = [(0, 0, f, 100, 110) for f in range(total)]
        events = [(r, EVENT_SNV, 105, 1, "C") for r in range(alt)]
        calls = fold(*make_inputs(rows, events, [-1]), native)
        assert (len(calls.pos) == 1) is stated

    @pytest.mark.parametrize(
        ("fragments", "kind", "is_large"),
        [
            ((1, 0), MoleculeKind.SINGLETON, False),
            ((2, 0), MoleculeKind.SIMPLEX, False),
            ((3, 0), MoleculeKind.SIMPLEX, True),
            ((1, 1), MoleculeKind.DUPLEX, False),
            ((3, 1), MoleculeKind.DUPLEX, True),
        ],
    )
    def test_family_size_makes_the_stratum(
        self, native: bool, fragments: tuple[int, int], kind: MoleculeKind, is_large: bool
    ) -> None:
        strands = [0] * fragments[0] + [1] * fragments[1]
        calls = fold(*make_inputs([(0, s, i, 100, 110) for i, s in enumerate(strands)], [], [-1]), native)
        (stratum,) = (STRATA[i] for i in np.flatnonzero(calls.ref_depth[:, 5]))
        assert (stratum.kind, stratum.is_large) == (kind, is_large)

    @pytest.mark.parametrize(
        ("ends", "is_end"), [((96, 200), True), ((95, 200), False), ((0, 115), True), ((0, 116), False)]
    )
    def test_the_end_zone_is_ten_bases(self, native: bool, ends: tuple[int, int], is_end: bool) -> None:
        calls = fold(*make_inputs([(0, 0, 0, 100, 110)], [], [-1], [ends]), native)
        (stratum,) = (STRATA[i] for i in np.flatnonzero(calls.ref_depth[:, 5]))
        assert stratum.is_end is is_end

    def test_a_deletion_is_no_base(self, native: bool) -> None:
        calls = fold(*make_inputs([(0, 0, 0, 100, 110)], [(0, EVENT_DELETION, 105, 2, "")], [-1]), native)
        assert calls.ref_depth.sum(axis=0)[5:8].tolist() == [0, 0, 1]

    def test_reference_n_is_passed_over(self, native: bool) -> None:
        calls = fold(*make_inputs([(0, 0, 0, 100, 110)], [], [-1]), native)
        assert calls.ref_depth[:, 4].sum() == 0
