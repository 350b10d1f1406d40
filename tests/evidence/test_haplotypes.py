"""Substitutions of one molecule joined to one allele, and the phase of two alleles."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.evidence.phase import count_phase, decide_phase
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.records import Allele
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import PhaseState, SpecimenKind

from ..molecules.planted import BASES, COMPLEMENT, CONTIG, Planter, read_evidence

POS = 2_150
THRESHOLDS = Thresholds()


def base(pos: int) -> str:
    return BASES[pos].translate(COMPLEMENT)


def snv(pos: int) -> Allele:
    return Allele(CONTIG, pos, BASES[pos], base(pos))


def mnv(first: int, last: int) -> Allele:
    middle = BASES[first + 1 : last]
    return Allele(CONTIG, first, BASES[first : last + 1], base(first) + middle + base(last))


def plant(folder: Path, molecules: list[tuple[int, tuple[int, ...]]]) -> SpecimenEvidence:
    """Return evidence of so many molecules, each with substitutions at the given places."""
    planter = Planter()
    number = 0
    for count, places in molecules:
        for _ in range(count):
            umi = "".join("ACGT"[number >> s & 3] for s in (0, 2, 4, 6, 8, 10))
            planter.plant(2_080 + number % 40, 160, f"{umi}-{umi}", snvs={p: base(p) for p in places}, copies_a=2)
            number += 1
    return read_evidence(folder, planter)


def counts(evidence: SpecimenEvidence) -> dict[Allele, int]:
    return {allele: int(evidence.tally(allele).alt.sum()) for allele in evidence.alleles()}


def test_neighbours_in_cis_are_one_allele_and_never_two(tmp_path: Path) -> None:
    evidence = plant(tmp_path, [(6, (POS, POS + 1)), (40, ())])
    assert counts(evidence) == {mnv(POS, POS + 1): 6}
    assert evidence.tally(snv(POS)).alt.sum() == 0
    assert evidence.tally(mnv(POS, POS + 1)).depth.sum() == 46


def test_a_larger_clone_with_one_of_the_two_keeps_its_own_count(tmp_path: Path) -> None:
    """V600K beside V600E."""
    evidence = plant(tmp_path, [(5, (POS, POS + 1)), (20, (POS,)), (40, ())])
    assert counts(evidence) == {mnv(POS, POS + 1): 5, snv(POS): 20}


def test_neighbours_in_trans_stay_apart(tmp_path: Path) -> None:
    evidence = plant(tmp_path, [(8, (POS,)), (7, (POS + 1,)), (40, ())])
    assert counts(evidence) == {snv(POS): 8, snv(POS + 1): 7}


def test_an_error_beside_an_inherited_variant_makes_no_allele(tmp_path: Path) -> None:
    evidence = plant(tmp_path, [(2, (POS, POS + 1)), (60, (POS,)), (60, ())])
    assert counts(evidence) == {snv(POS): 62, snv(POS + 1): 2}


def test_bases_around_one_between_are_joined_only_within_a_codon(tmp_path: Path) -> None:
    apart = plant(tmp_path, [(6, (POS, POS + 2)), (40, ())])
    assert counts(apart) == {snv(POS): 6, snv(POS + 2): 6}
    within = SpecimenEvidence(apart.tiles, apart.sequence, in_one_codon=lambda *_: True)
    assert counts(within) == {mnv(POS, POS + 2): 6}


def test_a_joined_allele_of_another_specimen_is_counted_here(tmp_path: Path) -> None:
    evidence = plant(tmp_path, [(1, (POS, POS + 1)), (40, ())])
    assert evidence.tally(mnv(POS, POS + 1)).alt.sum() == 1


@pytest.mark.parametrize(
    ("molecules", "state"),
    [
        ([(5, (POS, POS + 20)), (30, (POS,)), (40, ())], PhaseState.CIS),
        ([(6, (POS,)), (30, (POS + 20,)), (40, ())], PhaseState.TRANS),
        ([(10, (POS, POS + 20)), (10, (POS,)), (10, (POS + 20,)), (40, ())], PhaseState.MIXED),
        ([(2, (POS, POS + 20)), (40, ())], PhaseState.UNDETERMINED),
    ],
)
def test_phase_of_two_substitutions(
    tmp_path: Path, molecules: list[tuple[int, tuple[int, ...]]], state: PhaseState
) -> None:
    evidence = plant(tmp_path, molecules)
    phase = count_phase(evidence, SpecimenKind.CSF, snv(POS), snv(POS + 20), THRESHOLDS)
    planted = {
        shown: sum(n for n, places in molecules if ((POS in places), (POS + 20 in places)) == shown)
        for shown in ((True, True), (True, False), (False, True), (False, False))
    }
    assert phase is not None
    assert (phase.both, phase.first_only, phase.second_only, phase.neither) == tuple(planted.values())
    assert phase.state is state


def test_alleles_that_no_molecule_covers_both_have_no_phase(tmp_path: Path) -> None:
    evidence = plant(tmp_path, [(5, (POS,)), (40, ())])
    assert count_phase(evidence, SpecimenKind.CSF, snv(POS), snv(POS + 1_000), THRESHOLDS) is None


@given(both=st.integers(0, 400), first=st.integers(0, 400), second=st.integers(0, 400))
def test_one_chimera_in_a_hundred_does_not_flip_a_phase(both: int, first: int, second: int) -> None:
    state = decide_phase(both, first, second, THRESHOLDS)
    assert state is decide_phase(both, second, first, THRESHOLDS)
    if both >= 100 and not first and not second:
        assert decide_phase(both - both // 100, both // 100, both // 100, THRESHOLDS) is PhaseState.CIS
    if min(first, second) >= 100 and not both:
        swapped = min(first, second) // 100
        assert decide_phase(swapped, first - swapped, second - swapped, THRESHOLDS) is PhaseState.TRANS
