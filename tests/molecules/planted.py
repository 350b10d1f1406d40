"""A tiny genome and DNA molecules on it whose truth is known, written as raw, consensus or plain reads."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.normalise import normalise
from csfgeno.io.reference import ReferenceFasta
from csfgeno.molecules.grouping.umi_reads import FROM_TAGS, UmiSource
from csfgeno.molecules.reader import Source, probe, read_molecules
from csfgeno.molecules.tiles import make_tiles
from csfgeno.records import Interval
from csfgeno.testing import BamBuilder
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import EvidenceMode

CONTIG = "chr7"
REGION = Interval(CONTIG, 2_000, 2_400)
BASES = "".join(random.Random(20).choices("ACGT", k=5_000))
COMPLEMENT = str.maketrans("ACGT", "TGCA")
READ_BP = 100


@dataclass
class Planter:
    """Writes molecules one by one; a molecule's sequence may differ from the reference at chosen places."""

    builder: BamBuilder = field(default_factory=lambda: BamBuilder({CONTIG: len(BASES)}))
    names: int = 0

    def plant(
        self,
        left: int,
        length: int,
        umi: str | None,
        *,
        snvs: dict[int, str] | None = None,
        copies_a: int = 1,
        copies_b: int = 0,
        errors: dict[tuple[int, int], str] | None = None,
        tags: dict[str, str | int | float] | None = None,
    ) -> None:
        """Add the reads of one molecule; `errors` maps (copy, position) to a wrong base of both its mates."""
        top, bottom = (umi.split("-") if umi and "-" in umi else (umi, None)) if umi else (None, None)
        for copy in range(copies_a + copies_b):
            strand = "A" if copy < copies_a else "B"
            bases = list(BASES[left : left + length])
            for pos, base in (snvs or {}).items():
                bases[pos - left] = base
            for (wrong, pos), base in (errors or {}).items():
                if wrong == copy:
                    bases[pos - left] = base
            sequence = "".join(bases)
            own: dict[str, str | int | float] = dict(tags or {})
            if top is not None:
                own["RX"] = top if bottom is None else f"{top}-{bottom}" if strand == "A" else f"{bottom}-{top}"
            span = min(READ_BP, length)
            self.names += 1
            self.builder.add_pair(
                f"r{self.names}", CONTIG, left, f"{span}M", sequence[:span], left + length - span, f"{span}M",
                sequence[-span:], strand="A" if strand == "A" else "B", tags=own,
            )  # fmt: skip


def write_reference(folder: Path) -> Path:
    """Write the genome with its index."""
    path = folder / "genome.fa"
    path.write_text(f">{CONTIG}\n{BASES}\n")
    (folder / "genome.fa.fai").write_text(f"{CONTIG}\t{len(BASES)}\t6\t{len(BASES)}\t{len(BASES) + 1}\n")
    return path


def read_evidence(
    folder: Path,
    planter: Planter,
    *,
    mode: EvidenceMode | None = None,
    region: Interval = REGION,
    threads: int = 1,
    umis: UmiSource = FROM_TAGS,
) -> SpecimenEvidence:
    """Write the reads and read them back as evidence."""
    fasta = write_reference(folder)
    bam = planter.builder.write(folder / "reads.bam")
    source = Source(bam, fasta, Thresholds(), normalise, umis)
    found = probe(source, [region], mode)
    tiles = make_tiles([region], found.reads_per_bp)
    return SpecimenEvidence(tuple(read_molecules(source, tiles, found, threads)), ReferenceFasta(fasta))
