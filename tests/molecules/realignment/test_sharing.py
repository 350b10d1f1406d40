"""Specimens read side by side: one clipped molecule is enough where another specimen shows the deletion."""

from pathlib import Path

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.reader import Source
from csfgeno.molecules.sharing import Reading, read_specimen, share_alleles
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import SpecimenKind

from ..planted import REGION, write_reference
from .test_realign import Reads, deletion


def reading(folder: Path, name: str, reads: Reads) -> Reading:
    fasta = write_reference(folder)
    bam = reads.planter.builder.write(folder / f"{name}.bam")
    return read_specimen(Source(bam, fasta, Thresholds(), normalise), [REGION], None, 1)


def counts(folder: Path, read: Reading) -> tuple[int, int]:
    tally = SpecimenEvidence(read.tiles, ReferenceFasta(folder / "genome.fa")).tally(deletion(15))
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
