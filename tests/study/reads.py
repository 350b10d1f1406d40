"""Measure calls from simulated reads: `python -m tests.study.reads [--parts PART:NG,...] [--repeats N]`.

`csfgeno simulate` writes the reads and the truth, `csfgeno call` reads them, each through its command line, on the
genome and the panel of the sample case. A part is measured at one input; what it saw is kept in a file, and the tables
are written of all that was measured, so that parts can be run one at a time.

| part | specimens |
|---|---|
| `ladder` | all of `ALLELES`, each at one of `VAFS` in turn |
| `limit` | all of `ALLELES`, each at the LoD95 that a blank of the same recipe and mode stated for its hotspot |
| `blank`, `slips` | blanks, with the indel errors of the recipe, and ten times as many |
| `model` | as `limit`, and a blank, with a laboratory's model of `NORMALS` simulated normals |
"""

import argparse
import csv
import json
import logging
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.stats import beta

from csfgeno.cli import main as csfgeno

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_data"
GENOME: Final = ("--reference", SAMPLE / "GRCh38.masked.fa.gz", "--panel", SAMPLE / "panel.bed")
VAFS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
SLIP_STRESS: Final = ("--set", "slip_strand=3e-6", "--set", "slip_read=3e-5")
"""Ten times the insertion and deletion errors of the default recipe."""

NORMALS: Final = 6
NORMAL_NG: Final = 5

Allele = tuple[str, int, str, str]
ALLELES: Final[Mapping[str, tuple[str, Allele]]] = {
    "EGFR L858R": ("EGFR_L858R", ("chr7", 55191822, "T", "G")),
    "EGFR T790M": ("EGFR_T790M", ("chr7", 55181378, "C", "T")),
    "EGFR G719S": ("EGFR_G719X", ("chr7", 55174014, "G", "A")),
    "EGFR E746_A750del": ("EGFR_ex19del", ("chr7", 55174771, "AGGAATTAAGAGAAGC", "A")),
    "EGFR L747_P753delinsS": ("EGFR_ex19del", ("chr7", 55174776, "TTAAGAGAAGCAACATCTC", "T")),
    "EGFR A767_V769dup": ("EGFR_ex20ins", ("chr7", 55181305, "A", "ATGGCCAGCG")),
    "EGFR D770_N771insGF": ("EGFR_ex20ins", ("chr7", 55181319, "C", "CGGGTTT")),
    "ERBB2 Y772_A775dup": ("ERBB2_ex20ins", ("chr17", 39724728, "A", "AGCATACGTGATG")),
    "MET exon 14 donor deletion": ("MET_ex14", ("chr7", 116771987, "AAGGTATAT", "A")),
    "KRAS G12C": ("KRAS_G12C", ("chr12", 25245351, "C", "A")),
    "KRAS Q61H": ("KRAS_Q61X", ("chr12", 25227341, "T", "G")),
    "BRAF V600E": ("BRAF_V600E", ("chr7", 140753336, "A", "T")),
    "PIK3CA E545K": ("PIK3CA_E545X", ("chr3", 179218303, "G", "A")),
    "PIK3CA H1047R": ("PIK3CA_H1047X", ("chr3", 179234297, "A", "G")),
    "RET V804M": ("RET_V804X", ("chr10", 43119548, "G", "A")),
    "TP53 R273H": ("TP53_R273X", ("chr17", 7673802, "C", "T")),
    "TP53 R175H": ("TP53_R175H", ("chr17", 7675088, "C", "T")),
}
"""Hotspot of the panel and spelling, by name."""

IN_TRANS: Final = {"EGFR E746_A750del": "one", "EGFR L747_P753delinsS": "other"}
"""Haplotypes of those that overlap; all others are independent."""


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

Cell = tuple[str, str, int]
"""Part, mode and input in ng."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One planted allele: what the truth file says of it, whether it was detected, and what was stated."""

    allele: str
    vaf: float
    molecules: int
    alt_molecules: int
    is_detected: bool
    called_vaf: float
    called_depth: int
    called_alt: int
    limit: float


@dataclass(frozen=True, slots=True)
class Blank:
    """Alleles of one specimen that were detected and not planted: those of hotspots, all, and indels."""

    hotspots: int
    calls: int
    indels: int
    doubtful_indels: int


@dataclass(frozen=True, slots=True)
class Specimen:
    """What was seen of one specimen in one mode; `planted` is empty in a blank."""

    part: str
    mode: str
    input_ng: int
    planted: tuple[Seen, ...]
    other: Blank

    @property
    def cell(self) -> Cell:
        """Part, mode and input."""
        return self.part, self.mode, self.input_ng


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
    run("simulate", *GENOME, *settings, *options, "--out-prefix", f"{folder}/{seed}.{umi_style}/")
    return next((folder / f"{seed}.{umi_style}").glob("*.bam"))


def call(folder: Path, bam: Path, mode: Mode, *options: object) -> tuple[list[Row], list[Row]]:
    """Return the table of calls and that of hotspots."""
    out = folder / f"{bam.parent.name}.{mode.name}"
    run("call", "--csf", bam, *GENOME, *mode.call, *options, "--out-dir", out)
    return read_table(out / "csf.tsv"), read_table(out / "csf.hotspots.tsv")


def spell(row: Row) -> Allele:
    return row["contig"], int(row["pos"]), row["ref"], row["alt"]


def plant(folder: Path, vafs: Mapping[str, float]) -> tuple[str, Path]:
    """Write the alleles with their fractions, and return the option that names the file."""
    lines = ["contig\tpos\tref\talt\tvaf\thaplotype"]
    lines += ["\t".join(map(str, (*ALLELES[name][1], vaf, IN_TRANS.get(name, ".")))) for name, vaf in vafs.items()]
    path = folder / "variants.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "--variants", path


def compare(truth: Sequence[Row], calls: Sequence[Row], hotspots: Sequence[Row]) -> Iterator[Seen]:
    found = {spell(row): row for row in calls if row["state"] == "DETECTED"}
    limits = limits_of(hotspots)
    names = {allele: name for name, (_, allele) in ALLELES.items()}
    for row in truth:
        called, name = found.get(spell(row)), names[spell(row)]
        yield Seen(
            allele=name,
            vaf=float(row["vaf"]),
            molecules=int(row["molecules"]),
            alt_molecules=int(row["alt_molecules"]),
            is_detected=called is not None,
            called_vaf=float(called["vaf"]) if called else np.nan,
            called_depth=int(called["depth"]) if called else 0,
            called_alt=int(called["alt_molecules"]) if called else 0,
            limit=float(called["lod95"] or "nan") if called else limits[name],
        )


def limits_of(hotspots: Sequence[Row]) -> dict[str, float]:
    """Return the LoD95 of each allele's hotspot."""
    stated = {row["hotspot_id"]: float(row["lod95"] or "nan") for row in hotspots}
    return {name: stated[hotspot] for name, (hotspot, _) in ALLELES.items()}


def judge(calls: Sequence[Row]) -> Blank:
    """Count what was called beside the planted alleles."""
    planted = {allele for _, allele in ALLELES.values()}
    calls = [row for row in calls if spell(row) not in planted]
    detected = [row for row in calls if row["state"] == "DETECTED"]
    indels = [row for row in calls if len(row["ref"]) != len(row["alt"])]
    return Blank(
        hotspots=sum(bool(row["hotspot_ids"]) for row in detected),
        calls=len(detected),
        indels=sum(row["state"] == "DETECTED" for row in indels),
        doubtful_indels=sum(row["state"] == "INDETERMINATE" for row in indels),
    )


# ------------------------------------------------------------------------------------ parts


def measure_ladder(folder: Path, input_ng: int, repeat: int) -> Iterator[Specimen]:
    vafs = {name: VAFS[(i + repeat) % len(VAFS)] for i, name in enumerate(ALLELES)}
    variants, seed = plant(folder, vafs), 1_000 * input_ng + repeat
    bams = {style: simulate(folder, style, input_ng, seed, *variants) for style in ("dual", "single")}
    for mode in MODES:
        yield _specimen("ladder", folder, bams[mode.umi_style], mode, input_ng)


def measure_limit(folder: Path, input_ng: int, repeat: int) -> Iterator[Specimen]:
    seed = 1_000 * input_ng + repeat + 300
    blanks = {style: simulate(folder, style, input_ng, seed) for style in ("dual", "single")}
    for mode in MODES:
        yield _at_limit("limit", folder, blanks[mode.umi_style], mode, input_ng, seed)


def measure_blank(folder: Path, input_ng: int, repeat: int) -> Iterator[Specimen]:
    yield from _blanks("blank", folder, input_ng, 1_000 * input_ng + repeat + 500)


def measure_slips(folder: Path, input_ng: int, repeat: int) -> Iterator[Specimen]:
    yield from _blanks("slips", folder, input_ng, 1_000 * input_ng + repeat + 700, *SLIP_STRESS)


def measure_model(folder: Path, input_ng: int, repeat: int) -> Iterator[Specimen]:
    """Measure duplex alone, whose normals are simulated anew with each repeat."""
    seed = 1_000 * input_ng + 10 * repeat + 5_000
    normals = [simulate(folder, "dual", NORMAL_NG, seed + i, "--preset", "normal") for i in range(NORMALS)]
    named = [part for bam in normals for part in ("--normals", bam)]
    model = ("--error-model", folder / "lab.model")
    run("model", "fit", *named, *GENOME, "--assay", "study", "--out", folder / "lab.model")
    blank = simulate(folder, "dual", input_ng, seed + 8)
    yield _specimen("model blank", folder, blank, MODES[2], input_ng, *model)
    yield _at_limit("model", folder, blank, MODES[2], input_ng, seed, *model)


PARTS: Final[Mapping[str, Callable[[Path, int, int], Iterator[Specimen]]]] = {
    "ladder": measure_ladder,
    "limit": measure_limit,
    "blank": measure_blank,
    "slips": measure_slips,
    "model": measure_model,
}


def _blanks(part: str, folder: Path, input_ng: int, seed: int, *options: object) -> Iterator[Specimen]:
    bams = {style: simulate(folder, style, input_ng, seed, *options) for style in ("dual", "single")}
    for mode in MODES:
        yield _specimen(part, folder, bams[mode.umi_style], mode, input_ng)


def _at_limit(part: str, folder: Path, blank: Path, mode: Mode, input_ng: int, seed: int, *options: object) -> Specimen:
    """Return what is seen of a specimen with each allele at the limit that the blank states."""
    _, hotspots = call(folder, blank, mode, *options)
    variants = plant(folder, limits_of(hotspots))
    bam = simulate(folder, mode.umi_style, input_ng, 100_000 + 10 * seed + MODES.index(mode), *variants)
    return _specimen(part, folder, bam, mode, input_ng, *options)


def _specimen(part: str, folder: Path, bam: Path, mode: Mode, input_ng: int, *options: object) -> Specimen:
    calls, hotspots = call(folder, bam, mode, *options)
    truth = bam.with_suffix(".truth.tsv")
    planted = tuple(compare(read_table(truth), calls, hotspots)) if truth.exists() else ()
    return Specimen(part, mode.name, input_ng, planted, judge(calls))


# ------------------------------------------------------------------------------------ tables


def share(hits: Sequence[bool]) -> str:
    """Return hits of trials, with the exact interval of 95% (Clopper and Pearson)."""
    n, k = len(hits), sum(hits)
    if not n:
        return "-"
    low, high = (beta.ppf(0.025, k, n - k + 1) if k else 0.0), (beta.ppf(0.975, k + 1, n - k) if k < n else 1.0)
    return f"{k}/{n} ({low:.0%}-{high:.0%})"


def mean(values: Sequence[float]) -> str:
    """Return the mean with its standard error."""
    if len(values) < 2:
        return "-"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1) / np.sqrt(len(values)):.3f}"


def tables(specimens: Sequence[Specimen]) -> Iterator[str]:
    cells: dict[Cell, list[Specimen]] = defaultdict(list)
    for specimen in specimens:
        cells[specimen.cell].append(specimen)
    yield "# From simulated reads to calls: what was measured"
    yield ""
    yield (
        "`python -m tests.study.reads`: `csfgeno simulate` (preset csf, insertion and deletion errors on) and `csfgeno "
        f"call` on the sample genome and panel. {len(ALLELES)} alleles a planted specimen. raw: UMIs ignored, one "
        "molecule is what shares both ends; simplex: one UMI, on one arm of a Y adapter; duplex: two UMIs; 30% of "
        "molecules read on both strands. In brackets exact 95% intervals; ± is a standard error over specimens."
    )
    parts = {part for part, _, _ in cells}
    yield from _at_limits(cells) if parts & {"limit", "model"} else ()
    yield from _ladder(cells) if "ladder" in parts else ()
    yield from _false(cells)


def _at_limits(cells: Mapping[Cell, Sequence[Specimen]]) -> Iterator[str]:
    yield from ("", "## Alleles planted at the stated LoD95", "")
    yield "Each at the limit that a blank of the same recipe, mode and model stated for its hotspot. DP and AD are"
    yield "molecules called of what was detected, over those of the truth file."
    yield ""
    yield "| mode | ng | model | LoD95, median | hits | substitutions | indels | DP over truth | AD over truth |"
    yield "|---" * 9 + "|"
    for (part, mode, input_ng), own in cells.items():
        seen = [s for specimen in own for s in specimen.planted]
        if part not in ("limit", "model"):
            continue
        hits = [share([s.is_detected for s in seen if chosen(s)]) for chosen in (_any, _is_substitution, _is_indel)]
        model = f"{NORMALS} normals" if part == "model" else "none"
        limit = np.median([s.vaf for s in seen])
        yield f"| {mode} | {input_ng} | {model} | {limit:.2%} | {' | '.join((*hits, *_over_truth(own)))} |"


def _over_truth(specimens: Sequence[Specimen]) -> tuple[str, str]:
    found = [[s for s in specimen.planted if s.is_detected] for specimen in specimens]
    found = [seen for seen in found if seen]
    depth = [sum(s.called_depth for s in seen) / sum(s.molecules for s in seen) for seen in found]
    alt = [sum(s.called_alt for s in seen) / max(sum(s.alt_molecules for s in seen), 1) for seen in found]
    return mean(depth), mean(alt)


def _any(_: Seen) -> bool:
    return True


def _is_indel(seen: Seen) -> bool:
    _, (_, _, ref, alt) = ALLELES[seen.allele]
    return len(ref) != len(alt)


def _is_substitution(seen: Seen) -> bool:
    return not _is_indel(seen)


def _ladder(cells: Mapping[Cell, Sequence[Specimen]]) -> Iterator[str]:
    yield from ("", "## Detected of planted, by VAF", "", "In brackets, those with at least two mutant molecules.", "")
    yield "| mode | ng | " + " | ".join(f"{vaf:.1%}" for vaf in VAFS) + " | DP over truth | AD over truth |"
    yield "|---" * (len(VAFS) + 4) + "|"
    for (part, mode, input_ng), own in cells.items():
        if part != "ladder":
            continue
        columns = []
        for vaf in VAFS:
            seen = [s for specimen in own for s in specimen.planted if s.vaf == vaf]
            hits, enough = sum(s.is_detected for s in seen), sum(s.alt_molecules >= 2 for s in seen)
            columns.append(f"{hits}/{len(seen)} ({enough})")
        yield f"| {mode} | {input_ng} | {' | '.join((*columns, *_over_truth(own)))} |"


def _false(cells: Mapping[Cell, Sequence[Specimen]]) -> Iterator[str]:
    yield from ("", "## Calls of what was not planted", "")
    yield "| specimens | mode | ng | number | hotspot calls | all calls | indels among them | indeterminate indels |"
    yield "|---" * 8 + "|"
    for (part, mode, input_ng), own in cells.items():
        names = ("hotspots", "calls", "indels", "doubtful_indels")
        sums = [str(sum(getattr(specimen.other, name) for specimen in own)) for name in names]
        yield f"| {part} | {mode} | {input_ng} | {len(own)} | {' | '.join(sums)} |"


# ------------------------------------------------------------------------------------ what was seen


def save(path: Path, specimens: Sequence[Specimen]) -> None:
    path.write_text(json.dumps([asdict(specimen) for specimen in specimens]) + "\n", encoding="utf-8")


def load(path: Path) -> list[Specimen]:
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [
        Specimen(**row | {"planted": tuple(Seen(**s) for s in row["planted"]), "other": Blank(**row["other"])})
        for row in rows
    ]


EVERYTHING: Final = "limit:5,limit:20,limit:50,ladder:5,ladder:20,blank:5,blank:20,slips:5,slips:20,model:5"


def main() -> None:
    """Run some parts of the study and write the tables of all that were run."""
    parser = argparse.ArgumentParser(prog="python -m tests.study.reads", description=__doc__)
    parser.add_argument("--parts", default=EVERYTHING, help="PART:NG, separated by commas")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="number of the first repeat")
    parser.add_argument("--seen", type=Path, default=Path("reads-seen"), help="folder of what was seen")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("READS.md"))
    options = parser.parse_args()
    logging.disable(logging.INFO)
    options.seen.mkdir(exist_ok=True)
    for part, input_ng in (text.split(":") for text in options.parts.split(",") if text):
        for repeat in range(options.first, options.first + options.repeats):
            with tempfile.TemporaryDirectory() as name:
                found = list(PARTS[part](Path(name), int(input_ng), repeat))
            save(options.seen / f"{part}.{int(input_ng):03d}.{repeat:03d}.json", found)
    specimens = [specimen for path in sorted(options.seen.glob("*.json")) for specimen in load(path)]
    options.out.write_text("\n".join(tables(specimens)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
