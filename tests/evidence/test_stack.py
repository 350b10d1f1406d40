"""The molecules behind an allele, against molecules that were planted one by one."""

from dataclasses import replace
from pathlib import Path

import pytest

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.evidence.stack import stack_molecules
from csfgeno.records import Allele, MoleculeView
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode, MoleculeKind, Strand

from ..molecules.planted import BASES, COMPLEMENT, CONTIG, Planter, read_evidence

POS = 2_150
ALT = BASES[POS].translate(COMPLEMENT)
SNV = Allele(CONTIG, POS, BASES[POS], ALT)
THRESHOLDS = Thresholds()


def stacked(evidence: SpecimenEvidence, **changes: int) -> tuple[tuple[MoleculeView, ...], tuple[MoleculeView, ...]]:
    stack = stack_molecules(evidence, SNV, replace(THRESHOLDS, **changes))
    assert stack is not None
    return stack.alt, stack.other


def umi(number: int) -> str:
    word = "".join("ACGT"[number >> s & 3] for s in (0, 2, 4, 6, 8, 10))
    return f"{word}-{word}"


def test_each_molecule_is_drawn_as_it_was_planted(tmp_path: Path) -> None:
    planter = Planter()
    planter.plant(2_080, 160, umi(1), snvs={POS: ALT}, copies_a=3, copies_b=2)
    planter.plant(2_090, 240, umi(60), snvs={POS: ALT}, copies_a=2)
    planter.plant(2_100, 150, umi(700), snvs={POS: ALT}, copies_a=0, copies_b=1)
    planter.plant(2_070, 150, umi(2_000), copies_a=2)
    alt, other = stacked(read_evidence(tmp_path, planter, mode=EvidenceMode.UMI_FAMILIES))
    assert alt == (
        MoleculeView(MoleculeKind.DUPLEX, Strand.BOTH, 2_080, 2_240, None, None, 3, 2),
        MoleculeView(MoleculeKind.SIMPLEX, Strand.FORWARD, 2_090, 2_330, 2_190, 2_230, 2, 0),
        MoleculeView(MoleculeKind.SINGLETON, Strand.REVERSE, 2_100, 2_250, None, None, 0, 1),
    )
    assert other == (MoleculeView(MoleculeKind.SIMPLEX, Strand.FORWARD, 2_070, 2_220, None, None, 2, 0),)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> SpecimenEvidence:
    planter = Planter()
    for number in range(90):
        snvs = {POS: ALT} if number % 3 == 0 else None
        planter.plant(2_080 + number % 30, 160, umi(7 * number), snvs=snvs, copies_a=2)
    return read_evidence(tmp_path_factory.mktemp("crowd"), planter)


def test_what_is_thinned_is_counted(crowd: SpecimenEvidence) -> None:
    stack = stack_molecules(crowd, SNV, replace(THRESHOLDS, shown_alt_molecules=12, shown_other_molecules=7))
    assert stack is not None
    assert (len(stack.alt), stack.alt_total, len(stack.other), stack.other_total) == (12, 30, 7, 60)


def test_a_smaller_choice_is_part_of_a_larger_one(crowd: SpecimenEvidence) -> None:
    few, some = (stacked(crowd, shown_other_molecules=n)[1] for n in (5, 40))
    assert set(few) <= set(some)


def test_mutant_molecules_are_all_kept_by_default(crowd: SpecimenEvidence) -> None:
    alt, other = stacked(crowd)
    assert len(alt) == 30
    assert len(other) == THRESHOLDS.shown_other_molecules


def test_where_nothing_was_read_there_is_no_stack(crowd: SpecimenEvidence) -> None:
    assert stack_molecules(crowd, replace(SNV, start=4_900), THRESHOLDS) is None
