"""Study of alleles that are easy to get wrong: are they called, as one record, with the right names and fraction?

    tests/install_system_packages.sh freebayes
    python -m tests.bench.study_alleles [--vaf 0.05 0.005] [--reads raw consensus] [--only TEXT] [--out ALLELES.md]

Each cell is one simulated specimen, aligned by bwa mem and called by csfgeno and, on the same reads, by freebayes and
bcftools (Debian packages).
"""

import argparse
import csv
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from csfgeno.annotation.naming import annotate
from csfgeno.assay import RunOptions
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase
from csfgeno.io.reference import ReferenceFasta
from csfgeno.pipeline import run_case
from csfgeno.records import Allele, Case, Finding, Specimen, TranscriptChange
from csfgeno.vocab import Build, CallState, SpecimenKind
from tests.evidence.cell_free import GENOME, SAMPLE, TABLE, Truth, allele_of, simulate

ALLELES = Path(__file__).parents[1] / "evidence" / "alleles.tsv"
MUTANT_MOLECULES, LEAST_DEPTH = 15, 600
PEERS = {
    "freebayes": "freebayes -f {fasta} -r {region} --pooled-continuous -F 0.002 -C 3 -q 20 {bam}",
    "bcftools": "bcftools mpileup -f {fasta} -r {region} -d 100000 -L 100000 -m 2 -F 0.001 {bam}"
    " | bcftools call -mv -P 0.1",
}
"""Their best settings for a low fraction: freebayes without a ploidy, bcftools with a generous prior of variants."""

Condition = tuple[str, float]
"""Reads (raw or consensus) and allele fraction."""


@dataclass(frozen=True)
class Outcome:
    """What one caller made of one specimen: whether the planted allele is one of its records, and its others."""

    is_exact: bool
    others: int
    text: str

    @property
    def is_alone(self) -> bool:
        return self.is_exact and not self.others


@dataclass(frozen=True)
class Row:
    """One allele in every condition, by caller."""

    gene: str
    name: str
    change: TranscriptChange
    outcomes: dict[str, list[Outcome]]


def read_alleles(only: str) -> list[tuple[str, str, str]]:
    with ALLELES.open(newline="") as table:
        rows = [(r["gene"], r["hgvs_c"], r["name"]) for r in csv.DictReader(table, delimiter="\t")]
    return [row for row in rows if only in " ".join(row)]


def call(bam: Path) -> list[Finding]:
    """Return what is detected in one specimen."""
    specimen = Specimen(SpecimenKind.CSF, "simulated")
    case = LoadedCase(
        case=Case("STUDY", "STUDY", (specimen,)),
        paths={SpecimenKind.CSF: bam},
        reference=GENOME,
        build=Build.GRCH38,
        panel=str(SAMPLE / "panel.bed"),
        settings={},
    )
    report = run_case(case, RunOptions())
    return [f for f in report.findings if f.calls[0].state is CallState.DETECTED]


def judge(findings: list[Finding], expected: Allele, change: TranscriptChange, truth: Truth) -> Outcome:
    """Compare what was detected with the planted allele; the text gives its counts, and its fraction over the truth."""
    hit = next((f for f in findings if f.allele == expected), None)
    others = len(findings) - (hit is not None)
    if hit is None:
        return Outcome(False, others, "missed" if not others else f"{others} other")
    assert hit.change is not None
    assert (hit.change.hgvs_c, hit.change.hgvs_p) == (change.hgvs_c, change.hgvs_p)
    counts = hit.calls[0].counts
    text = f"{counts.alt}/{counts.depth}, {counts.alt / counts.depth / truth.vaf:.2f}"
    return Outcome(True, others, text + (f" +{others}" if others else ""))


def ask_peer(command: str, bam: Path, folder: Path, expected: Allele) -> Outcome:
    """Compare the records of another caller with the planted allele, every spelling of it allowed."""
    plain = folder / "genome.fa"
    if not plain.exists():
        with plain.open("w") as out:
            subprocess.run(["samtools", "faidx", GENOME, expected.contig], check=True, stdout=out)
        subprocess.run(["samtools", "faidx", plain], check=True)
    region = f"{expected.contig}:{expected.start - 100}-{expected.end + 100}"
    filled = command.format(fasta=plain, region=region, bam=bam)
    vcf = subprocess.run(["bash", "-c", filled], capture_output=True, text=True, check=False).stdout
    records = [line.split("\t")[:5] for line in vcf.splitlines() if line and line[0] != "#"]
    with ReferenceFasta(GENOME) as fasta:
        found = {
            normalise(Allele(contig, int(pos) - 1, ref, alt), fasta)
            for contig, pos, _, ref, alts in records
            for alt in alts.split(",")
        }
    others = len(found - {expected})
    text = "one" if expected in found else "none" if not found else "other"
    return Outcome(expected in found, others, text + (f" +{others}" if others and expected in found else ""))


def study(gene: str, hgvs: str, name: str, conditions: Iterable[Condition]) -> Row:
    """Plant, align and call one allele in every condition."""
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(allele_of(gene, hgvs), fasta)
        named = annotate(expected, TABLE, fasta)
    assert named is not None
    outcomes: dict[str, list[Outcome]] = {"csfgeno": [], **{peer: [] for peer in PEERS}}
    for reads, vaf in conditions:
        with tempfile.TemporaryDirectory() as path:
            folder, depth = Path(path), max(LEAST_DEPTH, round(MUTANT_MOLECULES / vaf))
            bam, truth, _ = simulate(folder, gene, hgvs, vaf, depth, consensus=reads == "consensus")
            outcomes["csfgeno"].append(judge(call(bam), expected, named.change, truth))
            for peer, command in PEERS.items():
                outcomes[peer].append(ask_peer(command, bam, folder, expected))
    return Row(gene, name, named.change, outcomes)


def cells(row: Row) -> list[str]:
    """Return one line of the table; the peers' conditions share a cell."""
    own = [outcome.text for outcome in row.outcomes["csfgeno"]]
    theirs = [" / ".join(outcome.text for outcome in row.outcomes[peer]) for peer in PEERS]
    return [row.gene, row.name, row.change.hgvs_c, row.change.hgvs_p_short, *own, *theirs]


def page(rows: list[Row], conditions: list[Condition]) -> Iterator[str]:
    """Yield the lines of the page."""
    told = [f"{reads}, {vaf:.1%}" for reads, vaf in conditions]
    yield "# Alleles one by one"
    yield ""
    yield "Made by `python -m tests.bench.study_alleles`: molecules that state the allele over those that could, and"
    yield "the fraction over the planted one; `+1` is a record too many. The c. and p. of every call are those given."
    yield "Other callers, conditions in the same order: `one` record of exactly the allele, `other` records, or `none`."
    yield ""
    head = ["gene", "allele", "c.", "p.", *told, *PEERS]
    for line in (head, ["---"] * len(head), *map(cells, rows), summary(rows)):
        yield f"| {' | '.join(line)} |"


def summary(rows: list[Row]) -> list[str]:
    """Return how many alleles are one exact record and nothing else."""
    alone = {
        caller: [sum(row.outcomes[caller][i].is_alone for row in rows) for i in range(len(outcomes))]
        for caller, outcomes in rows[0].outcomes.items()
    }
    own = [f"{count} of {len(rows)}" for count in alone["csfgeno"]]
    return ["", "one exact record, no other", "", "", *own, *(" / ".join(map(str, alone[peer])) for peer in PEERS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vaf", type=float, nargs="+", default=[0.05, 0.005])
    parser.add_argument("--reads", choices=["raw", "consensus"], nargs="+", default=["raw", "consensus"])
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    conditions = list(product(options.reads, options.vaf))
    rows = []
    for gene, hgvs, name in read_alleles(options.only):
        rows.append(study(gene, hgvs, name, conditions))
        print(*cells(rows[-1]), sep="\t", flush=True)
    if options.out:
        options.out.write_text("\n".join(page(rows, conditions)) + "\n")


if __name__ == "__main__":
    main()
