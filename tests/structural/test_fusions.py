"""Fusions from real `bwa mem` records of simulated molecules, in their true genes at true coordinates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.beyond import partner_places, read_beyond
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Breakpoint, Fusion, Interval
from csfgeno.simulation.rearranged import PlantedFusion, PlantedTarget, Rearranged, SparseGenome, draw_pairs
from csfgeno.simulation.recipe import Recipe
from csfgeno.structural.fusions import FusionSearch, find_fusions, read_specimen
from csfgeno.structural.genes import load_fusion_genes
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import Build, CallState, ContigStyle, Frame, PartnerKind, Side, SpecimenKind
from tests.structural.aligned import align, index_stretches, synthetic_genome, write_genome

LENGTHS = {"chr2": 42_400_000, "chr10": 43_300_000}
GENES = load_fusion_genes(Build.GRCH38, ContigStyle.CHR)
EML4_13 = Breakpoint("chr2", 42_298_000, Side.LEFT)
EML4_6 = Breakpoint("chr2", 42_270_400, Side.LEFT)
ALK_19 = Breakpoint("chr2", 29_224_600, Side.LEFT)
ALK_19_NEAR = Breakpoint("chr2", 29_224_300, Side.LEFT)
KIF5B_15 = Breakpoint("chr10", 32_025_800, Side.RIGHT)
RET_11 = Breakpoint("chr10", 43_115_600, Side.RIGHT)
PLACES = (EML4_13, EML4_6, Breakpoint("chr2", 29_224_450, Side.LEFT), KIF5B_15, RET_11)


@dataclass(frozen=True)
class Laboratory:
    folder: Path
    genome: SparseGenome
    stretches: Path
    fasta: Path

    def find(
        self, planted: Mapping[SpecimenKind, Sequence[PlantedFusion]], *, chimeras: float, seed: int
    ) -> tuple[Fusion, ...]:
        """Return the fusions of a case whose specimens hold the planted ones."""
        targets = [Interval(p.contig, p.pos - 400, p.pos + 400) for p in (ALK_19, RET_11)]
        recipe = replace(Recipe(), family_mean=3.0, duplex_yield=0.3)
        thresholds, specimens, readings = Thresholds(), [], []
        with ReferenceFasta(self.fasta) as fasta:
            for number, (kind, fusions) in enumerate(planted.items()):
                wild = [PlantedTarget(target, 200.0) for target in targets]
                library = Rearranged(wild, fusions, chimeras, recipe=recipe)
                pairs = draw_pairs(library, self.genome, np.random.default_rng(seed + number))
                bam = align(pairs, self.stretches, LENGTHS, self.folder / f"{seed}.{kind}.bam")
                source = Source(bam, self.fasta, thresholds, normalise)
                mode = probe(source, targets, None)
                tiles = tuple(read_molecules(source, make_tiles(targets, mode.reads_per_bp), mode, 1))
                readings.append((kind, source, tiles, mode))
            places = partner_places(tiles for _, _, tiles, _ in readings)
            for kind, source, tiles, mode in readings:
                beyond = read_beyond(source, places, mode)
                specimens.append(read_specimen(kind, tiles, mode.evidence, thresholds, fasta, beyond))
            return find_fusions(specimens, FusionSearch(GENES, fasta, thresholds, fasta.contigs))


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    folder = tmp_path_factory.mktemp("laboratory")
    genome = synthetic_genome((Interval(p.contig, p.pos - 1300, p.pos + 1300) for p in PLACES), seed=3)
    fasta = write_genome(genome, LENGTHS, folder / "genome.fa.gz")
    return Laboratory(folder, genome, index_stretches(genome, folder), fasta)


@pytest.fixture(scope="module")
def found(laboratory: Laboratory) -> dict[str, Fusion]:
    planted = (
        PlantedFusion(EML4_13, ALK_19, molecules=8),
        PlantedFusion(EML4_6, ALK_19_NEAR, molecules=4),
        PlantedFusion(KIF5B_15, RET_11, molecules=6, inserted="GATTACA"),
    )
    case = {SpecimenKind.CSF: planted, SpecimenKind.NORMAL: ()}
    return {fusion.exon_name: fusion for fusion in laboratory.find(case, chimeras=1e-3, seed=11)}


def test_planted_fusions_are_detected_and_named(found: dict[str, Fusion]) -> None:
    detected = {name for name, fusion in found.items() if fusion.calls[0].state is CallState.DETECTED}
    assert detected == {
        "EML4 exon 13 :: ALK exon 20",
        "EML4 exon 6 :: ALK exon 20",
        "KIF5B exon 15 :: RET exon 12",
    }
    assert found["EML4 exon 13 :: ALK exon 20"].variant_name == "variant 1"
    assert found["EML4 exon 6 :: ALK exon 20"].variant_name == "variant 3a/b"


def test_planted_fusions_keep_frame_and_kinase(found: dict[str, Fusion]) -> None:
    for fusion in found.values():
        if fusion.calls[0].state is CallState.DETECTED:
            assert (fusion.frame, fusion.kinase_domain_kept) == (Frame.IN_FRAME, True)
            assert fusion.partners is PartnerKind.KNOWN


def test_breakpoints_are_exact_up_to_microhomology(found: dict[str, Fusion]) -> None:
    fusion = found["EML4 exon 13 :: ALK exon 20"]
    for side, truth in ((fusion.five_prime, EML4_13), (fusion.three_prime, ALK_19)):
        assert side.breakpoint.keeps is truth.keeps
        assert abs(side.breakpoint.pos - truth.pos) <= len(fusion.microhomology)


def test_inserted_bases_are_spelled(found: dict[str, Fusion]) -> None:
    fusion = found["KIF5B exon 15 :: RET exon 12"]
    assert "GATTACA" in fusion.junction or "TGTAATC" in fusion.junction
    assert len(fusion.inserted) in range(5, 8)  # ends that the genome happens to spell belong to a side


def test_molecules_are_counted_once(found: dict[str, Fusion]) -> None:
    counts = {name: fusion.calls[0].molecules for name, fusion in found.items()}
    assert counts["EML4 exon 13 :: ALK exon 20"] == 8
    assert counts["EML4 exon 6 :: ALK exon 20"] == 4
    assert counts["KIF5B exon 15 :: RET exon 12"] == 6


def test_molecules_that_lie_in_the_partner_alone_are_counted(laboratory: Laboratory) -> None:
    planted = (PlantedFusion(EML4_13, ALK_19, molecules=40),)
    (fusion,) = laboratory.find({SpecimenKind.CSF: planted}, chimeras=0.0, seed=53)
    assert 40 <= fusion.calls[0].molecules <= 41


def test_a_partner_that_one_specimen_points_to_is_read_in_all(laboratory: Laboratory) -> None:
    """Of one molecule a plasma rarely has reads on both sides; where the partner lies is known from the CSF."""
    csf = (PlantedFusion(EML4_13, ALK_19, molecules=12),)
    plasma = (PlantedFusion(EML4_13, ALK_19, molecules=1),)
    counts = []
    for seed in range(60, 66):
        case = {SpecimenKind.CSF: csf, SpecimenKind.PLASMA: plasma}
        (fusion,) = laboratory.find(case, chimeras=0.0, seed=seed)
        counts.append(fusion.calls[1].molecules)
    assert counts == [1] * 6


def test_the_normal_states_the_same_events_as_not_detected(found: dict[str, Fusion]) -> None:
    for fusion in found.values():
        if fusion.calls[0].state is CallState.DETECTED:
            assert fusion.calls[1].molecules == 0
            assert fusion.calls[1].state is CallState.NOT_DETECTED
            assert fusion.calls[1].lod95 is not None


def test_chimeras_are_not_called(laboratory: Laboratory) -> None:
    fusions = laboratory.find({SpecimenKind.CSF: ()}, chimeras=0.01, seed=29)
    assert not [f for f in fusions if f.calls[0].state is CallState.DETECTED]


def test_a_junction_of_the_normal_is_not_called(laboratory: Laboratory) -> None:
    planted = (PlantedFusion(EML4_13, ALK_19, molecules=6),)
    (fusion,) = laboratory.find({SpecimenKind.CSF: planted, SpecimenKind.NORMAL: planted}, chimeras=0.0, seed=41)
    assert {call.state for call in fusion.calls} == {CallState.INDETERMINATE}
