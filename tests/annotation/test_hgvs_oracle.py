"""Names compared with the `hgvs` package (biocommons) on random alleles of fully sequenced genes, both builds.

`hgvs` gets the same exons and bases through a small data provider, nothing from a network. It is an independent
implementation; where it follows another rule the helpers below say which.
"""

import random
import re
import warnings
from typing import Any

import pytest

from csfgeno.annotation.coding import read_coding
from csfgeno.annotation.hgvs import accession
from csfgeno.annotation.naming import annotate_allele
from csfgeno.annotation.protein import translate
from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.edit import edit_of, shift_downstream
from csfgeno.genome.sequence import StrandView, orient, reverse_complement
from csfgeno.records import Allele, TranscriptChange
from csfgeno.vocab import Build, Consequence

from .genome_slices import slice_genome, table

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # hgvs 1.5 leaves its defaults file open on import
    HGVS: Any = pytest.importorskip("hgvs", reason="needs the hgvs extra")
    ASSEMBLY_MAPPER: Any = pytest.importorskip("hgvs.assemblymapper")
    INTERFACE: Any = pytest.importorskip("hgvs.dataproviders.interface").Interface
    PARSER: Any = pytest.importorskip("hgvs.parser").Parser

# By default hgvs gives p.? to a duplication at an exon edge, and looks for edges at n. instead of c. numbers.
HGVS.global_config.mapping.ins_at_boundary_is_intronic = False

UTR5_BP, UTR3_BP = 25, 380
FLANK_BP = 25
ALLELES_A_GENE = 150
GENES = ("EGFR", "KRAS", "TP53", "PIK3CA")


class FrozenProvider(INTERFACE):  # type: ignore[misc]
    """One transcript of ours, as `hgvs` wants to see it."""

    required_version = "1.1"
    url = "frozen"

    def __init__(self, transcript: Transcript) -> None:
        super().__init__()
        self.transcript = transcript
        self.chromosome = accession(transcript.contig, transcript.build)
        self.genome = slice_genome(transcript.build)
        view = StrandView(self.genome, transcript.contig, transcript.strand)
        start, end = transcript.oriented[0][0], transcript.oriented[-1][1]
        coding = read_coding(transcript, view).bases[: transcript.cds_length]
        self.utr5 = min(transcript.utr5_bp or 0, UTR5_BP)
        self.utr3 = min(transcript.utr3_bp or 0, UTR3_BP)
        self.mrna = view.fetch(start - self.utr5, start) + coding + view.fetch(end, end + self.utr3)
        self.protein = translate(coding)[:-1]

    def data_version(self) -> str:
        return "frozen"

    def schema_version(self) -> str:
        return "1.1"

    def get_assembly_map(self, *_: object) -> dict[str, str]:
        return {self.chromosome: self.transcript.contig.removeprefix("chr")}

    def get_acs_for_protein_seq(self, *_: object) -> list[str]:
        return ["NP_000001.1"]

    def get_pro_ac_for_tx_ac(self, *_: object) -> str:
        return "NP_000001.1"

    def get_gene_info(self, *_: object) -> None: ...

    def get_similar_transcripts(self, *_: object) -> list[Any]:
        return []

    def get_tx_for_gene(self, *_: object) -> list[Any]:
        return []

    def get_tx_for_region(self, *_: object) -> list[Any]:
        return []

    def get_seq(self, ac: str, start_i: int | None = None, end_i: int | None = None) -> str:
        if ac == self.chromosome:
            assert start_i is not None
            assert end_i is not None
            return self.genome.fetch(self.transcript.contig, start_i, end_i)
        return (self.protein if ac.startswith("NP_") else self.mrna)[start_i:end_i]

    def get_tx_exons(self, tx_ac: str, alt_ac: str, alt_aln_method: str) -> list[dict[str, Any]]:
        rows, done = [], 0
        forward = self.transcript.strand == "+"
        for i, exon in enumerate(self.transcript.exons):
            before = self.utr5 if i == 0 else 0
            after = self.utr3 if i == len(self.transcript.exons) - 1 else 0
            low, high = (before, after) if forward else (after, before)
            start, end = exon.interval.start - low, exon.interval.end + high
            row = {"tx_ac": tx_ac, "alt_ac": alt_ac, "alt_aln_method": alt_aln_method, "ord": i}
            row |= {"alt_strand": 1 if forward else -1, "alt_start_i": start, "alt_end_i": end}
            row |= {"tx_start_i": done, "tx_end_i": done + end - start, "cigar": f"{end - start}="}
            done += end - start
            rows.append(row)
        return sorted(rows, key=lambda row: row["alt_start_i"])

    def get_tx_identity_info(self, tx_ac: str) -> dict[str, Any]:
        lengths = [row["tx_end_i"] - row["tx_start_i"] for row in self.get_tx_exons(tx_ac, "", "")]
        span = {"cds_start_i": self.utr5, "cds_end_i": self.utr5 + self.transcript.cds_length}
        return {"tx_ac": tx_ac, "hgnc": self.transcript.gene, "lengths": lengths, **span}

    def get_tx_info(self, tx_ac: str, alt_ac: str, alt_aln_method: str) -> dict[str, Any]:
        return {**self.get_tx_identity_info(tx_ac), "alt_ac": alt_ac, "alt_aln_method": alt_aln_method}

    def get_tx_mapping_options(self, tx_ac: str) -> list[dict[str, str]]:
        return [{"tx_ac": tx_ac, "alt_ac": self.chromosome, "alt_aln_method": "splign"}]


def _random_allele(rng: random.Random, transcript: Transcript) -> Allele:
    genome, exon = slice_genome(transcript.build), rng.choice(transcript.exons).interval
    start = rng.randrange(exon.start - FLANK_BP, exon.end + FLANK_BP)
    ref = genome.fetch(exon.contig, start, start + rng.choice([1, 1, 1, 2, 3, 4, 6, 9, 13, 16]))
    kind = rng.choice(["substitution", "insertion", "duplication", "deletion", "delins"])
    bases = "".join(rng.choices("ACGT", k=rng.choice([1, 2, 3, 3, 6, 9, 12])))
    alts = {
        "substitution": "".join(rng.choices("ACGT", k=len(ref))),
        "insertion": ref + bases,
        "duplication": ref + ref[1:] if len(ref) > 1 else ref * 2,
        "deletion": ref[:1],
        "delins": bases,
    }
    return Allele(exon.contig, start, ref, alts[kind])


def _as_g(allele: Allele, chromosome: str) -> str:
    """Spell an allele as a plain `delins`, which `hgvs` then has to understand by itself."""
    first, last = allele.start + 1, allele.end
    place = str(first) if first == last else f"{first}_{last}"
    if len(allele.ref) == len(allele.alt) == 1:
        return f"{chromosome}:g.{place}{allele.ref}>{allele.alt}"
    return f"{chromosome}:g.{place}delins{allele.alt}"


def _comparable(allele: Allele, transcript: Transcript) -> bool:
    """Whether both shift by the same rule.

    `hgvs` moves a change inside one exon only, never across an edge, and leaves intronic ones where they are; ours are
    moved on the genome. So: changes that stay inside an exon in every spelling, and single-base substitutions anywhere.
    """
    if len(allele.ref) == len(allele.alt) == 1:
        return True
    view = StrandView(slice_genome(transcript.build), transcript.contig, transcript.strand)
    given = orient(allele.start, allele.end, transcript.strand)
    shifted = shift_downstream(edit_of(allele, transcript.strand), view)
    low, high = min(given[0], shifted.start), max(given[1], shifted.end)
    return any(start < low and high < end for start, end in transcript.oriented)


def _same_coding(ours: str, theirs: str, transcript: Transcript) -> bool:
    """Whether the c. names agree; `hgvs` says `inv` for a stretch replaced by its reverse complement, we `delins`."""
    if not theirs.endswith("inv"):
        return ours == theirs
    place, _, bases = ours.partition("delins")
    first, last = (int(n) for n in place.removeprefix("c.").split("_"))
    view = StrandView(slice_genome(transcript.build), transcript.contig, transcript.strand)
    return (
        theirs == f"{place}inv" and reverse_complement(read_coding(transcript, view).bases[first - 1 : last]) == bases
    )


def _same_protein(change: TranscriptChange, theirs: str) -> bool:
    """Whether the p. names agree.

    `hgvs` goes on after a new stop (`delinsArgTerValThr`), leaves the brackets out of `p.(Met1?)`, writes `Ter394Ter`,
    and names the first codon only of several that are synonymous; HGVS asks for none of these. Ours is `p.?` by our
    own rule where the last G of an exon is lost, and where an in-frame deletion takes the stop codon along.
    """
    if change.hgvs_p == "p.?" and change.consequence is Consequence.SPLICE_REGION:
        return True
    if change.hgvs_p == "p.?" and change.consequence is Consequence.STOP_LOST:
        return True
    if change.consequence is Consequence.SYNONYMOUS:
        return re.sub(r"_\w+=", "=", change.hgvs_p) == theirs.replace("Ter)", "=)")
    stopped = re.sub(r"(ins\w*?Ter)\w*\)$", r"\1)", theirs)
    return change.hgvs_p == stopped.replace("p.Met1?", "p.(Met1?)")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize("gene", GENES)
def test_names__agree_with_hgvs_package(gene: str, build: Build) -> None:
    transcript = table(build).by_gene(gene)
    provider = FrozenProvider(transcript)
    mapper = ASSEMBLY_MAPPER.AssemblyMapper(provider, assembly_name=build.value, alt_aln_method="splign")
    parser, rng = PARSER(), random.Random(f"{gene}-{build}")
    compared = 0
    different = []
    for _ in range(ALLELES_A_GENE):
        allele = _random_allele(rng, transcript)
        if allele.ref == allele.alt or "N" in allele.ref or not _comparable(allele, transcript):
            continue
        ours = annotate_allele(allele, transcript, slice_genome(build)).change
        is_beyond = ours.hgvs_c == ours.hgvs_g
        if is_beyond or (max(len(allele.ref), len(allele.alt)) > 1 and re.search("[0-9][-+]", ours.hgvs_c)):
            continue
        coding = mapper.g_to_c(parser.parse_hgvs_variant(_as_g(allele, provider.chromosome)), transcript.name)
        theirs_c = str(coding).split(":")[1]
        theirs_p = str(mapper.c_to_p(coding)).split(":")[1]
        if not _same_coding(ours.hgvs_c, theirs_c, transcript) or not _same_protein(ours, theirs_p):
            different.append((str(allele), ours.hgvs_c, theirs_c, ours.hgvs_p, theirs_p))
        compared += 1
    assert not different
    assert compared > ALLELES_A_GENE // 3
