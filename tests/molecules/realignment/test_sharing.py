"""Specimens read side by side: one clipped molecule is enough where another specimen shows the deletion."""

from pathlib import Path

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source
from csfgeno.molecules.sharing import Reading, read_specimen, share_alleles
from csfgeno.records import Allele, Interval
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind

from ..planted import REGION, write_reference
from .test_realign import AT, Reads, deletion


def reading(
    folder: Path, name: str, reads: Reads, region: Interval = REGION, offered: tuple[Allele, ...] = ()
) -> Reading:
    fasta = write_reference(folder)
    bam = reads.planter.builder.write(folder / f"{name}.bam")
    return read_specimen(Source(bam, fasta, Thresholds(), normalise, offered=offered), [region], None, 1)


def counts(folder: Path, read: Reading, length: int = 15) -> tuple[int, int]:
    tally = SpecimenEvidence(read.tiles, ReferenceFasta(folder / "genome.fa")).tally(deletion(length))
    return int(tally.alt.sum()), int(tally.depth.sum())


def with_deletion(copies: int) -> Reads:
    reads = Reads(15, "")
    for overhang in range(40, 40 + copies):
        reads.forward(overhang, f"{100 - overhang}M15D{overhang}M")
    return reads


def with_one_clip() -> Reads:
    reads = Reads(15, "")
    reads.forward(12, "88M12S")
    reads.mutant = Reads(0, "").mutant
    reads.forward(30, "100M")
    return reads


def test_a_single_clipped_molecule_is_compared_with_what_another_specimen_shows(tmp_path: Path) -> None:
    csf, plasma = reading(tmp_path, "csf", with_deletion(3)), reading(tmp_path, "plasma", with_one_clip())
    assert counts(tmp_path, plasma) == (0, 1)
    shared = share_alleles({SpecimenKind.CSF: csf, SpecimenKind.PLASMA: plasma}, 1)
    assert counts(tmp_path, shared[SpecimenKind.PLASMA]) == (1, 2)
    assert shared[SpecimenKind.CSF] is csf


def test_what_one_molecule_alone_shows_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    csf, plasma = reading(tmp_path, "csf", with_deletion(1)), reading(tmp_path, "plasma", with_one_clip())
    shared = share_alleles({SpecimenKind.CSF: csf, SpecimenKind.PLASMA: plasma}, 1)
    assert shared[SpecimenKind.PLASMA] is plasma


def test_reads_cut_on_the_far_side_of_a_deletion_that_leaves_the_tile_are_counted(tmp_path: Path) -> None:
    reads = Reads(40, "")
    for overhang in (30, 35, 45):
        reads.forward(overhang, f"{100 - overhang}M{overhang}S")
    for overhang in (20, 25, 30):
        reads.reverse(overhang, f"{overhang}S{100 - overhang}M", overhang)
    alone = reading(tmp_path, "csf", reads, Interval(REGION.contig, REGION.start, AT + 20))
    assert counts(tmp_path, alone, 40) == (3, 3)
    (shared,) = share_alleles({SpecimenKind.CSF: alone}, 1).values()
    assert counts(tmp_path, shared, 40) == (6, 6)


def test_a_single_clipped_molecule_is_compared_with_a_listed_allele(tmp_path: Path) -> None:
    alone = reading(tmp_path, "csf", with_one_clip(), offered=(deletion(15),))
    assert counts(tmp_path, alone) == (1, 2)
    (shared,) = share_alleles({SpecimenKind.CSF: alone}, 1).values()
    assert shared is alone
