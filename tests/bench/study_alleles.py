"""Study of alleles that are easy to get wrong: are they called, as one record, with the right names and fraction?

    tests/install_system_packages.sh freebayes
    python -m tests.bench.study_alleles [--vaf 0.005 0.05] [--reads raw consensus] [--peers] [--only TEXT]

Each line is one simulated specimen, aligned by bwa mem. With `--peers` freebayes and bcftools (Debian packages) are run
on the same reads: a line each says whether one of their alleles is the planted one, and how many others they write.
"""

import argparse
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from csfgeno.annotation.naming import annotate
from csfgeno.assay import RunOptions
from csfgeno.genome.normalise import normalise
from csfgeno.inputs.case import LoadedCase
from csfgeno.io.reference import ReferenceFasta
from csfgeno.pipeline import run_case
from csfgeno.records import Allele, Case, Finding, Specimen
from csfgeno.vocab import Build, CallState, SpecimenKind
from tests.evidence.cell_free import GENOME, SAMPLE, TABLE, Truth, simulate

ALLELES = Path(__file__).parents[1] / "evidence" / "alleles.tsv"


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


def judge(findings: list[Finding], written: Allele, truth: Truth) -> str:
    """Return one line of the table."""
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(written, fasta)
        named = annotate(expected, TABLE, fasta)
    assert named
    hit = next((f for f in findings if f.allele == expected), None)
    others = [str(f.change.hgvs_c if f.change else f.allele) for f in findings if f is not hit]
    found = f"{hit.calls[0].counts.alt}/{hit.calls[0].counts.depth}" if hit else "-"
    vaf = f"{hit.calls[0].counts.vaf:.4f}" if hit else "-"
    hotspots = ",".join(hit.hotspot_ids) if hit else ""
    is_named = bool(hit and hit.change and hit.change.hgvs_c == named.change.hgvs_c)
    verdict = "ok" if hit and is_named and not others else "MISSED" if not hit else "EXTRA"
    return "\t".join(
        [verdict, named.change.hgvs_c, named.change.hgvs_p_short, f"{truth.carrying}/{truth.covering}",
         f"{truth.vaf:.4f}", found, vaf, hotspots, " ".join(others)]
    )  # fmt: skip


def peers(bam: Path, folder: Path, written: Allele) -> Iterator[str]:
    """Yield how freebayes and bcftools write the allele: as one record, otherwise, or not at all."""
    plain = folder / "genome.fa"
    if not plain.exists():
        with plain.open("w") as out:
            subprocess.run(["samtools", "faidx", GENOME, written.contig], check=True, stdout=out)
        subprocess.run(["samtools", "faidx", plain], check=True)
    region = f"{written.contig}:{written.start - 100}-{written.end + 100}"
    commands = {
        "freebayes": f"freebayes -f {plain} -r {region} --pooled-continuous -F 0.002 -C 3 -q 20 {bam}",
        "bcftools": f"bcftools mpileup -f {plain} -r {region} -d 100000 -L 100000 -m 2 -F 0.001 {bam}"
        " | bcftools call -mv -P 0.1",
    }
    with ReferenceFasta(GENOME) as fasta:
        expected = normalise(written, fasta)
        for name, command in commands.items():
            vcf = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False).stdout
            records = [line.split("\t")[:5] for line in vcf.splitlines() if line and line[0] != "#"]
            found = {
                normalise(Allele(contig, int(pos) - 1, ref, alt), fasta)
                for contig, pos, _, ref, alts in records
                for alt in alts.split(",")
            }
            verdict = "ok" if expected in found else "MISSED" if not found else "OTHER"
            others = " ".join(sorted(str(allele) for allele in found - {expected}))
            yield f"{name}\t{verdict}\t{len(found - {expected})}\t{others[:200]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vaf", type=float, nargs="+", default=[0.005, 0.05])
    parser.add_argument("--reads", choices=["raw", "consensus"], nargs="+", default=["raw", "consensus"])
    parser.add_argument("--depth", type=int, default=3000)
    parser.add_argument("--only", default="")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    print("input\tvaf\tname\tverdict\tc.\tp.\ttrue\tvaf\tcalled\tvaf\thotspots\tother records")
    for gene, hgvs, name in read_alleles(options.only):
        for vaf in options.vaf:
            for kind in options.reads:
                consensus = kind == "consensus"
                with tempfile.TemporaryDirectory() as folder:
                    bam, truth, written = simulate(Path(folder), gene, hgvs, vaf, options.depth, consensus=consensus)
                    line = judge(call(bam), written, truth)
                    print(kind, vaf, f"{gene} {name}", line, sep="\t", flush=True)
                    if options.peers:
                        print(*peers(bam, Path(folder), written), sep="\n", flush=True)


if __name__ == "__main__":
    main()
