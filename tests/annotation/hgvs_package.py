"""The `hgvs` package (biocommons) as an oracle of names: it gets exons and bases from us, nothing from a network.

It is an independent implementation. Where it follows another rule than HGVS asks, or HGVS leaves the choice,
`explain` says which.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from csfgeno.annotation.coding import read_coding
from csfgeno.annotation.hgvs import accession
from csfgeno.annotation.protein import translate
from csfgeno.annotation.transcripts import Transcript
from csfgeno.genome.sequence import SequenceSource, Strand, StrandView, reverse_complement
from csfgeno.records import Allele, TranscriptChange
from csfgeno.vocab import Consequence

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # hgvs 1.5 leaves its defaults file open on import
    HGVS: Any = pytest.importorskip("hgvs", reason="needs the hgvs extra")
    ASSEMBLY_MAPPER: Any = pytest.importorskip("hgvs.assemblymapper")
    INTERFACE: Any = pytest.importorskip("hgvs.dataproviders.interface").Interface
    NORMALIZER: Any = pytest.importorskip("hgvs.normalizer").Normalizer
    PARSER: Any = pytest.importorskip("hgvs.parser").Parser

# By default hgvs gives p.? to a duplication at an exon edge, and looks for edges at n. instead of c. numbers.
HGVS.global_config.mapping.ins_at_boundary_is_intronic = False

UTR5_BP, UTR3_BP = 25, 380


class FrozenProvider(INTERFACE):  # type: ignore[misc]
    """One transcript of ours, as `hgvs` wants to see it."""

    required_version = "1.1"
    url = "frozen"

    def __init__(self, transcript: Transcript, genome: SequenceSource) -> None:
        super().__init__()
        self.transcript, self.genome = transcript, genome
        self.chromosome = accession(transcript.contig, transcript.build)
        view = StrandView(genome, transcript.contig, transcript.strand)
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


@dataclass(frozen=True)
class TheirNames:
    """Names by `hgvs`; `p` is `None` where a base of the name is intronic, as it then examines no protein."""

    c: str
    p: str | None


class HgvsPackage:
    """Names alleles on one transcript.

    METHOD: `hgvs` moves a change 3' on the genome first, in the direction of the transcript, then maps it; left to
    itself it moves inside one exon only and leaves what lies in introns where it is.
    """

    def __init__(self, transcript: Transcript, genome: SequenceSource) -> None:
        self._provider = FrozenProvider(transcript, genome)
        self._transcript = transcript.name
        self._parser = PARSER()
        self._mapper = ASSEMBLY_MAPPER.AssemblyMapper(
            self._provider, assembly_name=transcript.build.value, alt_aln_method="splign", normalize=False
        )
        self._normalizer = NORMALIZER(
            self._provider,
            shuffle_direction=3 if transcript.strand is Strand.FORWARD else 5,
            cross_boundaries=True,
            alt_aln_method="splign",
        )

    def name(self, allele: Allele) -> TheirNames:
        """Return the names of an allele, spelt for them as a plain `delins`."""
        first, last = allele.start + 1, allele.end
        place = str(first) if first == last else f"{first}_{last}"
        is_substitution = len(allele.ref) == len(allele.alt) == 1
        edit = f"{allele.ref}>{allele.alt}" if is_substitution else f"delins{allele.alt}"
        given = self._parser.parse_hgvs_variant(f"{self._provider.chromosome}:g.{place}{edit}")
        coding = self._mapper.g_to_c(self._normalizer.normalize(given), self._transcript)
        name = _without_inversion(str(coding).split(":")[1], allele, self._provider.transcript.strand)
        if re.search(r"\d[-+]\d", name):
            return TheirNames(name, None)
        return TheirNames(name, str(self._mapper.c_to_p(coding)).split(":")[1])


@contextmanager
def inputs_of_hgvs_failing() -> Iterator[None]:
    """Pass over alleles that `hgvs` itself cannot name: it fails beyond the transcript and behind some new stops."""
    with suppress(HGVS.exceptions.HGVSError, IndexError):
        yield


def difference(change: TranscriptChange, theirs: TheirNames) -> str | None:
    """Return what differs between our names and theirs beyond the choices of `explain`, `None` if nothing does."""
    if change.hgvs_c != theirs.c:
        return f"{change.hgvs_c} is {theirs.c} by hgvs"
    if theirs.p is None or explain(change, theirs.p) is not None:
        return None
    return f"{change.hgvs_c}: {change.hgvs_p} is {theirs.p} by hgvs"


def explain(change: TranscriptChange, theirs: str) -> str | None:
    """Return why two protein names are one, or differ with reason; `None` if there is no reason."""
    if change.hgvs_p == theirs:
        return "same"
    return next((reason for reason, holds in REASONS.items() if holds(change, theirs)), None)


def _is_one_of_several_codons(change: TranscriptChange, theirs: str) -> bool:
    is_synonymous = change.consequence is Consequence.SYNONYMOUS
    return is_synonymous and re.sub(r"_\w+=", "=", change.hgvs_p) == theirs.replace("Ter)", "=)")


def _misses_the_old_stop(change: TranscriptChange, theirs: str) -> bool:
    return change.consequence is Consequence.SYNONYMOUS and bool(re.search(r"Ter\d+Ter|fsTer", theirs))


def _counts_on(change: TranscriptChange, theirs: str) -> bool:
    same_change = re.sub(r"ext.*", "", change.hgvs_p) == re.sub(r"ext.*", "", theirs)
    return "ext" in change.hgvs_p and same_change and "ins" in change.hgvs_c


def _goes_on_behind_stop(change: TranscriptChange, theirs: str) -> bool:
    return re.sub(r"(ins\w*?Ter)\w*\)$", r"\1)", theirs) == change.hgvs_p


def _removes_the_rest(change: TranscriptChange, theirs: str) -> bool:
    added = re.search(r"ins(\w+)Ter\)$", change.hgvs_p)
    return added is not None and theirs.endswith(f"delins{added[1]})")


REASONS: dict[str, Callable[[TranscriptChange, str], bool]] = {
    "p.(Met1?): HGVS asks for brackets around a prediction": lambda ours, theirs: (
        (ours.hgvs_p, theirs) == ("p.(Met1?)", "p.Met1?")
    ),
    "a change that reaches from before into the start codon is p.(Met1?) here": lambda ours, _: (
        ours.hgvs_p == "p.(Met1?)" and ours.hgvs_c.startswith("c.-")
    ),
    "an insertion right before the start codon leaves it whole": lambda ours, _: (
        ours.hgvs_p == "p.?" and ours.hgvs_c.startswith("c.-1_1ins")
    ),
    "no protein is predicted where the last G of an exon is lost": lambda ours, _: (
        ours.hgvs_p == "p.?" and ours.consequence is Consequence.SPLICE_REGION
    ),
    "no protein is predicted where an in-frame deletion takes the stop codon along": lambda ours, _: (
        ours.hgvs_p == "p.?" and ours.consequence is Consequence.STOP_LOST
    ),
    "hgvs names the first of several unchanged codons": _is_one_of_several_codons,
    "hgvs does not see that the new stop stands where the old one stood": _misses_the_old_stop,
    "hgvs counts the way to a stop that an insertion brings too long": _counts_on,
    "hgvs goes on behind a new stop": _goes_on_behind_stop,
    "hgvs writes an insertion with a stop as the loss of the rest, which HGVS advises against": _removes_the_rest,
}
"""Where the names differ by reason: what it is, and whether it holds for our change and their protein name."""


def _without_inversion(name: str, allele: Allele, strand: Strand) -> str:
    """Return a name with `delins` for `inv`, as cancer databases write it (c.2572_2573delinsAG is an inversion too)."""
    if not name.endswith("inv"):
        return name
    ref, alt = allele.ref, allele.alt
    while ref[0] == alt[0]:
        ref, alt = ref[1:], alt[1:]
    while ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    assert alt == reverse_complement(ref)
    return f"{name.removesuffix('inv')}delins{alt if strand is Strand.FORWARD else ref}"
