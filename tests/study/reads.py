"""Measure calls from simulated reads: `python -m tests.study.reads [--quick] [--out FILE]`.

`csfgeno simulate` writes the reads and the truth, `csfgeno call` reads them, each through its command line, on the
genome and the panel of the sample case. Every specimen carries all alleles of `ALLELES`, each at one of `VAFS` in turn.
"""

import argparse
import csv
import logging
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from csfgeno.cli import main as csfgeno

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_data"
GENOME: Final = ("--reference", SAMPLE / "GRCh38.masked.fa.gz", "--panel", SAMPLE / "panel.bed")
INPUTS_NG: Final = (5, 20)
VAFS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
SLIP_STRESS: Final = ("--set", "slip_strand=3e-6", "--set", "slip_read=3e-5")
"""Ten times the insertion and deletion errors of the default recipe."""

Allele = tuple[str, int, str, str]
ALLELES: Final[Mapping[str, Allele]] = {
    "EGFR_L858R": ("chr7", 55191822, "T", "G"),
    "EGFR_T790M": ("chr7", 55181378, "C", "T"),
    "EGFR_G719X": ("chr7", 55174014, "G", "A"),
    "EGFR_ex19del": ("chr7", 55174771, "AGGAATTAAGAGAAGC", "A"),
    "KRAS_G12C": ("chr12", 25245351, "C", "A"),
    "KRAS_Q61X": ("chr12", 25227341, "T", "G"),
    "BRAF_V600E": ("chr7", 140753336, "A", "T"),
    "PIK3CA_E545X": ("chr3", 179218303, "G", "A"),
    "PIK3CA_H1047X": ("chr3", 179234297, "A", "G"),
    "RET_V804X": ("chr10", 43119548, "G", "A"),
    "TP53_R273X": ("chr17", 7673802, "C", "T"),
    "TP53_R175H": ("chr17", 7675088, "C", "T"),
}
"""By hotspot of the panel."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How molecules are read: the UMIs that a library has, and what `call` makes of them."""

    name: str
    umi_style: str
    call: tuple[str, ...] = ()


MODES: Final = (
    Mode("raw", "dual", ("--evidence-mode", "fragments")),
    Mode("simplex", "single"),
    Mode("duplex", "dual"),
)

Cell = tuple[str, int]
"""Mode and input in ng."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One planted allele: what the truth file says of it, whether it was detected, and what was stated."""

    vaf: float
    molecules: int
    alt_molecules: int
    is_detected: bool
    called_vaf: float
    limit: float


@dataclass(frozen=True, slots=True)
class Blank:
    """Alleles of one blank that were detected: those of hotspots, all, and insertions and deletions."""

    hotspots: int
    calls: int
    indels: int
    doubtful_indels: int


@dataclass(slots=True)
class Results:
    """What was seen, by cell; blanks by cell and stress too. `other` counts calls of what was not planted."""

    planted: dict[Cell, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    other: dict[Cell, list[int]] = field(default_factory=lambda: defaultdict(list))
    blanks: dict[tuple[Cell, str], list[Blank]] = field(default_factory=lambda: defaultdict(list))


Row = Mapping[str, str]


def read_table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def run(*arguments: object) -> None:
    try:
        csfgeno([str(argument) for argument in arguments])
    except SystemExit as stop:
        if stop.code:
            raise RuntimeError(f"csfgeno {arguments[0]} ended with {stop.code}") from None


def simulate(folder: Path, umi_style: str, input_ng: int, seed: int, *options: object) -> Path:
    settings = ("--set", f"umi_style={umi_style}", "--input-ng", input_ng, "--seed", seed)
    run("simulate", *GENOME, *settings, *options, "--out-prefix", f"{folder}/{umi_style}/")
    return folder / umi_style / "csf.bam"


def call(folder: Path, bam: Path, mode: Mode) -> tuple[list[Row], list[Row]]:
    """Return the table of calls and that of hotspots."""
    out = folder / f"call.{mode.name}"
    run("call", "--csf", bam, *GENOME, *mode.call, "--out-dir", out)
    return read_table(out / "csf.tsv"), read_table(out / "csf.hotspots.tsv")


def spell(row: Row) -> Allele:
    return row["contig"], int(row["pos"]), row["ref"], row["alt"]


def plant(folder: Path, shift: int) -> Path:
    """Write the alleles, each at the fraction that follows the one of the specimen before."""
    lines = ["contig\tpos\tref\talt\tvaf"]
    for number, allele in enumerate(ALLELES.values()):
        lines.append("\t".join(map(str, (*allele, VAFS[(number + shift) % len(VAFS)]))))
    path = folder / "variants.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def compare(truth: Sequence[Row], calls: Sequence[Row], hotspots: Sequence[Row]) -> Iterator[Seen]:
    found = {spell(row): row for row in calls if row["state"] == "DETECTED"}
    limits = {row["hotspot_id"]: row["lod95"] for row in hotspots}
    names = {allele: name for name, allele in ALLELES.items()}
    for row in truth:
        called = found.get(spell(row))
        yield Seen(
            vaf=float(row["vaf"]),
            molecules=int(row["molecules"]),
            alt_molecules=int(row["alt_molecules"]),
            is_detected=called is not None,
            called_vaf=float(called["vaf"]) if called else np.nan,
            limit=float((called["lod95"] if called else limits[names[spell(row)]]) or "nan"),
        )


def judge(calls: Sequence[Row]) -> Blank:
    detected = [row for row in calls if row["state"] == "DETECTED"]
    indels = [row for row in calls if len(row["ref"]) != len(row["alt"])]
    return Blank(
        hotspots=sum(bool(row["hotspot_ids"]) for row in detected),
        calls=len(detected),
        indels=sum(row["state"] == "DETECTED" for row in indels),
        doubtful_indels=sum(row["state"] == "INDETERMINATE" for row in indels),
    )


def measure(replicates: int, blanks: int) -> Iterator[Results]:
    """Yield the results so far, after each replicate."""
    results = Results()
    for replicate in range(max(replicates, blanks)):
        for input_ng in INPUTS_NG:
            seed = 1_000 * input_ng + replicate
            if replicate < replicates:
                _measure_planted(results, input_ng, replicate, seed)
            if replicate < blanks:
                _measure_blank(results, input_ng, seed + 500, "default")
                _measure_blank(results, input_ng, seed + 700, "x10")
        yield results


def _measure_planted(results: Results, input_ng: int, shift: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variants = plant(folder, shift)
        bams = {style: simulate(folder, style, input_ng, seed, "--variants", variants) for style in ("dual", "single")}
        for mode in MODES:
            bam = bams[mode.umi_style]
            calls, hotspots = call(folder, bam, mode)
            seen = list(compare(read_table(bam.parent / "csf.truth.tsv"), calls, hotspots))
            cell = (mode.name, input_ng)
            results.planted[cell] += seen
            results.other[cell].append(judge(calls).calls - sum(s.is_detected for s in seen))


def _measure_blank(results: Results, input_ng: int, seed: int, stress: str) -> None:
    options = SLIP_STRESS if stress == "x10" else ()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bams = {style: simulate(folder, style, input_ng, seed, *options) for style in ("dual", "single")}
        for mode in MODES:
            calls, _ = call(folder, bams[mode.umi_style], mode)
            results.blanks[(mode.name, input_ng), stress].append(judge(calls))


# ------------------------------------------------------------------------------------ tables


def share(hits: Sequence[bool]) -> str:
    return f"{sum(hits)}/{len(hits)}"


def tables(results: Results) -> Iterator[str]:
    yield "# From simulated reads to calls: what was measured"
    yield ""
    yield (
        "`python -m tests.study.reads`: `csfgeno simulate` (preset csf, insertion and deletion errors on) and `csfgeno "
        f"call` on the sample genome and panel. {len(ALLELES)} hotspot alleles a specimen, VAFs in turn; no normals. "
        "raw: UMIs ignored; simplex: one UMI, strands are not paired; duplex: two UMIs, 30% of molecules read on both "
        "strands. Raw counts as one molecule what shares both ends."
    )
    yield from (
        "",
        "## Detected of planted",
        "",
        "In brackets, planted alleles with at least two mutant molecules.",
        "",
    )
    yield "| mode | ng | " + " | ".join(f"{vaf:.1%}" for vaf in VAFS) + " | calls of what was not planted |"
    yield "|---" * (len(VAFS) + 3) + "|"
    for (mode, input_ng), seen in results.planted.items():
        cells = []
        for vaf in VAFS:
            own = [s for s in seen if s.vaf == vaf]
            cells.append(f"{share([s.is_detected for s in own])} ({sum(s.alt_molecules >= 2 for s in own)})")
        specimens = results.other[mode, input_ng]
        yield f"| {mode} | {input_ng} | {' | '.join(cells)} | {sum(specimens)} in {len(specimens)} specimens |"
    yield from ("", "## VAF of what was detected, and limits", "")
    yield "VAF: called over mutant molecules of the truth file, sum over sum. LoD95: median of those stated; hits are"
    yield "the alleles detected of those planted below it, at 1 to 2 times, and above."
    yield ""
    yield "| mode | ng | VAF over truth, all detected | from 1% on | LoD95 | hits below it | at 1 to 2 times | above |"
    yield "|---|---|---|---|---|---|---|---|"
    for (mode, input_ng), seen in results.planted.items():
        ratios = [_ratio([s for s in seen if s.is_detected and s.vaf >= low]) for low in (0.0, 0.01)]
        times = [(s.vaf / s.limit, s.is_detected) for s in seen]
        bins = [share([hit for x, hit in times if low <= x < high]) for low, high in ((0, 1), (1, 2), (2, np.inf))]
        limit = np.nanmedian([s.limit for s in seen])
        yield f"| {mode} | {input_ng} | {ratios[0]} | {ratios[1]} | {limit:.2%} | {' | '.join(bins)} |"
    yield from ("", "## Blanks", "")
    yield "| mode | ng | indel errors | blanks | hotspot calls | all calls | indels among them | indeterminate indels |"
    yield "|---|---|---|---|---|---|---|---|"
    for ((mode, input_ng), stress), blanks in results.blanks.items():
        sums = [sum(getattr(b, name) for b in blanks) for name in ("hotspots", "calls", "indels", "doubtful_indels")]
        yield f"| {mode} | {input_ng} | {stress} | {len(blanks)} | {' | '.join(map(str, sums))} |"


def _ratio(seen: Sequence[Seen]) -> str:
    truth = sum(s.alt_molecules / s.molecules for s in seen)
    return f"{sum(s.called_vaf for s in seen) / truth:.2f} of {len(seen)}" if truth else "-"


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.reads", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one specimen an input")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("READS.md"))
    options = parser.parse_args()
    logging.disable(logging.INFO)
    replicates, blanks = (1, 1) if options.quick else (6, 2)
    for results in measure(replicates, blanks):
        options.out.write_text("\n".join(tables(results)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
