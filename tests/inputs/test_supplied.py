"""VCFs of other callers: counts of every dialect, one spelling an allele, and a named cause for what cannot be used."""

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from csfgeno.assay import RunOptions
from csfgeno.calling.supplied import SuppliedCaller
from csfgeno.errors import InputError
from csfgeno.inputs.case import case_from_options, load_case
from csfgeno.inputs.dialects import parse_tags
from csfgeno.inputs.supplied import load_supplied
from csfgeno.io.reference import ReferenceFasta
from csfgeno.pipeline import run_case
from csfgeno.records import Allele, Hotspot, HotspotSite
from csfgeno.thresholds import DEFAULTS
from csfgeno.vocab import CallingTier, CallState, EvidenceMode, FilterName, HotspotKind, SpecimenKind
from csfgeno.vocab.comparison import CompartmentVerdict, IdentityResult

SAMPLE = Path(__file__).parents[2] / "sample_data"
POS = 2000
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(*records: str, samples: str = "S1", header: str = "", name: str = "s.vcf") -> Path:
        columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" + (f"\tFORMAT\t{samples}" if samples else "")
        text = "\n".join(["##fileformat=VCFv4.2", *filter(None, [header]), columns, *records]) + "\n"
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        return path

    return make


def snv(genome: dict[str, str], pos: int = POS) -> tuple[str, str]:
    ref = genome["chr7"][pos - 1].upper()
    return ref, "A" if ref != "A" else "C"


@pytest.mark.parametrize(
    ("dialect", "info", "keys", "values"),
    [
        ("Mutect2", "DP=1000", "GT:AD:AF:DP:F1R2:F2R1:SB", "0/1:960,40:0.041:1000:480,20:480,20:480,480,20,20"),
        ("VarDict", "TYPE=SNV", "GT:DP:VD:AD:AF:RD:ALD", "0/1:1000:40:960,40:0.04:480,480:20,20"),
        ("LoFreq", "DP=1000;AF=0.04;DP4=480,480,20,20", "", ""),
        ("SAGE", "TIER=HOTSPOT", "GT:AD:AF:DP", "./.:960,40:0.04:1000"),
        ("DRAGEN", "DP=1000", "GT:SQ:AD:AF:DP", "0/1:30:960,40:0.04:1000"),
        ("Ion Reporter", "AO=39", "GT:DP:RO:AO:FDP:FRO:FAO", "0/1:990:951:39:1000:960,:40"),
        ("Strelka2", "SOMATIC", "DP:FDP:AU:CU:GU:TU", None),
        ("freebayes", "DP=1000", "GT:DP:AD:RO:AO", "0/1:1000:960,40:960:40"),
        ("bare", "DP=1000", "AD", "960,40"),
    ],
)
def test_every_dialect_gives_its_counts(
    write: Write, fasta: Path, genome: dict[str, str], dialect: str, info: str, keys: str, values: str | None
) -> None:
    ref, alt = snv(genome)
    if values is None:
        tiers = {base: "0,0" for base in "ACGT"} | {ref: "960,970", alt: "40,41"}
        values = ":".join(["1000", "0", *(tiers[base] for base in "ACGT")])
    values = values.replace("960,:", "960:")
    record = f"chr7\t{POS}\t.\t{ref}\t{alt}\t.\tPASS\t{info}" + (f"\t{keys}\t{values}" if keys else "")
    with ReferenceFasta(fasta) as reference:
        vcf = load_supplied(write(record, samples="S1" if keys else ""), None, reference)
    own = vcf.alleles[Allele("chr7", POS - 1, ref, alt)]
    assert (own.ref, own.alt, own.depth) == (960, 40, 1000), dialect
    assert vcf.warnings == ()


def test_alleles_are_split_spelled_once_and_merged(write: Write, fasta: Path, genome: dict[str, str]) -> None:
    ref, alt = snv(genome)
    other = next(base for base in "ACGT" if base not in (ref, alt))
    after = genome["chr7"][POS : POS + 3].upper()
    records = (
        f"chr7\t{POS}\t.\t{ref}\t{alt},{other},<NON_REF>\t.\tPASS\t.\tAD:DP:AF\t900,60,40,0:1000:0.06,0.4,0",
        f"chr7\t{POS}\t.\t{ref}{after}\t{alt}{after}\t.\tgermline\t.\tAD:DP\t900,61:1001",
    )
    with ReferenceFasta(fasta) as reference:
        vcf = load_supplied(write(*records, name="s.vcf.gz"), None, reference)
    first, second = (Allele("chr7", POS - 1, ref, base) for base in (alt, other))
    assert set(vcf.alleles) == {first, second}
    assert (vcf.alleles[first].alt, vcf.alleles[first].depth) == (61, 1001)
    assert vcf.alleles[first].call.lines == (3, 4)
    assert vcf.alleles[first].call.filters == ("germline",)
    assert any("merged" in warning for warning in vcf.warnings)
    assert any("differs" in warning for warning in vcf.warnings)
    caller = SuppliedCaller(SpecimenKind.TISSUE, vcf, DEFAULTS)
    assert caller.call(first, CallingTier.KNOWN).state is CallState.INDETERMINATE
    assert caller.call(second, CallingTier.KNOWN).state is CallState.DETECTED
    silent = caller.call(Allele("chr7", POS + 50, "A", "T"), CallingTier.KNOWN)
    assert (silent.state, silent.lod95, silent.vaf) == (CallState.NOT_ASSESSABLE, None, None)


@pytest.mark.parametrize(
    ("record", "header", "cause"),
    [
        ("chr7\t{pos}\t.\t{alt}\t{ref}\t.\tPASS\t.\tAD\t9,1", "", "line 3: REF"),
        ("7\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\tAD\t9,1", "", "chr7 or 7"),
        ("chr7\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT:AF\t0/1:0.1", "", "no allele counts"),
        ("chr7\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\tAD\t9,1", "##contig=<ID=chr7,length=159138663>", "another genome"),
        ("chr7\t{pos}\t.\t{ref}", "", "at least 8 columns"),
    ],
)
def test_what_cannot_be_used_is_named(
    write: Write, fasta: Path, genome: dict[str, str], record: str, header: str, cause: str
) -> None:
    ref, alt = snv(genome)
    path = write(record.format(pos=POS, ref=ref, alt=alt), header=header)
    with ReferenceFasta(fasta) as reference, pytest.raises(InputError, match=cause):
        load_supplied(path, None, reference)


def test_the_sample_must_be_told(write: Write, fasta: Path, genome: dict[str, str]) -> None:
    ref, alt = snv(genome)
    record = f"chr7\t{POS}\t.\t{ref}\t{alt}\t.\tPASS\t.\tAD\t90,10\t80,20"
    with ReferenceFasta(fasta) as reference:
        with pytest.raises(InputError, match="samples A, B"):
            load_supplied(write(record, samples="A\tB"), None, reference)
        named = load_supplied(write(record, samples="A\tB"), "B", reference)
        tumour = load_supplied(write(record, samples="A\tB", header="##tumor_sample=A"), "other", reference)
    assert [own.alt for own in (*named.alleles.values(), *tumour.alleles.values())] == [20, 10]


@pytest.mark.parametrize(
    ("filters", "state", "named", "reason"),
    [
        ("PASS", CallState.DETECTED, (), "listed by the supplied VCF"),
        (".", CallState.INDETERMINATE, (FilterName.CALLER_UNFILTERED,), "FILTER '.'"),
        ("", CallState.INDETERMINATE, (FilterName.CALLER_UNFILTERED,), "FILTER '.'"),
        ("weak_evidence;germline", CallState.INDETERMINATE, (FilterName.CALLER_FILTERED,), "weak_evidence;germline"),
        ("PASS;odd", CallState.INDETERMINATE, (FilterName.CALLER_FILTERED,), "FILTER odd"),
    ],
)
def test_only_pass_is_a_call(
    write: Write,
    fasta: Path,
    genome: dict[str, str],
    filters: str,
    state: CallState,
    named: tuple[FilterName, ...],
    reason: str,
) -> None:
    """Raw Mutect2 writes '.', whatever TLOD it found."""
    ref, alt = snv(genome)
    record = f"chr7\t{POS}\t.\t{ref}\t{alt}\t.\t{filters}\tDP=1000;TLOD=88.2\tGT:AD:AF:DP\t0/1:960,40:0.04:1000"
    allele = Allele("chr7", POS - 1, ref, alt)
    site = HotspotSite(
        Hotspot("h", "G", "x", "x", HotspotKind.PROTEIN_CHANGE), (), (allele,), is_masked=False, is_targeted=True
    )
    with ReferenceFasta(fasta) as reference:
        caller = SuppliedCaller(SpecimenKind.CSF, load_supplied(write(record), None, reference), DEFAULTS)
        (result,) = caller.state_hotspots([site], reference)
    call = caller.call(allele, CallingTier.HOTSPOT)
    assert (call.state, call.filters) == (state, named)
    assert (result.state, reason in result.reason) == (state, True)
    # What nobody filtered is listed with its doubt; what its caller rejected only where something asks for it.
    assert list(caller.alleles()) == ([] if FilterName.CALLER_FILTERED in named else [allele])


def test_a_listed_allele_without_reads_is_no_negative(write: Write, fasta: Path, genome: dict[str, str]) -> None:
    """Callers of hotspots list what they did not find."""
    ref, alt = snv(genome)
    record = f"chr7\t{POS}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT:RO:AO:DP\t0/0:1000:0:1000"
    with ReferenceFasta(fasta) as reference:
        caller = SuppliedCaller(SpecimenKind.CSF, load_supplied(write(record), None, reference), DEFAULTS)
    assert caller.call(Allele("chr7", POS - 1, ref, alt), CallingTier.HOTSPOT).state is CallState.NOT_ASSESSABLE
    assert list(caller.alleles()) == []


@pytest.mark.parametrize(
    ("tags", "info", "keys", "values"),
    [
        ("counts=FORMAT/NV", "DP=9", "NV", "960,40"),
        ("alt=FORMAT/MUT,ref=FORMAT/WT", "AD=1,2", "WT:MUT:AD", "960:40:1,2"),
        ("alt=INFO/VD, depth=INFO/TC", "VD=40;TC=1000", "GT", "0/1"),
        ("alt=FORMAT/MUT,ref=FORMAT/WT,depth=INFO/TC", "TC=1000", "WT:MUT", "950:40"),
    ],
)
def test_a_map_says_where_counts_are(
    write: Write, fasta: Path, genome: dict[str, str], tags: str, info: str, keys: str, values: str
) -> None:
    ref, alt = snv(genome)
    path = write(f"chr7\t{POS}\t.\t{ref}\t{alt}\t.\tPASS\t{info}\t{keys}\t{values}")
    with ReferenceFasta(fasta) as reference:
        own = load_supplied(path, None, reference, parse_tags(tags)).alleles[Allele("chr7", POS - 1, ref, alt)]
        with pytest.raises(InputError, match=r"line 3 has no allele counts \(counts=FORMAT/ABSENT\)"):
            load_supplied(path, None, reference, parse_tags("counts=FORMAT/ABSENT"))
    assert own.alt == 40
    assert (own.ref, own.depth) == ((950, 1000) if "950" in values else (960, 1000))


@pytest.mark.parametrize(
    "text", ["", "AD", "counts=AD", "counts=FORMAT/", "alt=FORMAT/AO", "ref=FORMAT/RO", "counts=FORMAT/A,alt=FORMAT/B"]
)
def test_a_map_that_does_not_say_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="counts=FORMAT/KEY"):
        parse_tags(text)


def test_what_freebayes_writes_is_a_call_once_it_is_filtered(tmp_path: Path) -> None:
    """The caller freebayes applies no filter and writes '.'; bcftools filter writes PASS."""
    genome, panel = SAMPLE / "GRCh38.masked.fa.gz", SAMPLE / "panel.bed"
    plain = tmp_path / "chr7.fa"
    with plain.open("wb") as out:
        subprocess.run(["samtools", "faidx", genome, "chr7"], check=True, stdout=out)
    command = [
        "freebayes",
        "-f",
        str(plain),
        "-r",
        "chr7:55174700-55192000",
        "--pooled-continuous",
        "-F",
        "0.01",
        "-C",
        "3",
    ]
    raw = subprocess.run([*command, str(SAMPLE / "tissue.bam")], check=True, capture_output=True).stdout
    passing = ["bcftools", "filter", "-s", "LowQual", "-e", "QUAL<20"]
    passed = subprocess.run(passing, input=raw, check=True, capture_output=True).stdout
    states = []
    for name, content in (("raw.vcf", raw), ("passed.vcf", passed)):
        (tmp_path / name).write_bytes(content)
        loaded = case_from_options(reference=genome, panel=str(panel), tissue=tmp_path / name)
        report = run_case(loaded, RunOptions())
        found = next(f for f in report.findings if f.change and f.change.hgvs_c == "c.2235_2249del")
        call = found.call(SpecimenKind.TISSUE)
        assert call is not None
        assert (call.counts.ref, call.counts.alt) == (358, 211)
        states.append(call.state)
        assert bool(report.therapies) == (call.state is CallState.DETECTED)
    assert states == [CallState.INDETERMINATE, CallState.DETECTED]


def test_a_case_mixes_reads_and_a_real_callers_vcf(tmp_path: Path) -> None:
    """Tissue as bcftools calls it, with the deletion that it misses in a long spelling; CSF as reads."""
    pileup = [
        "bcftools",
        "mpileup",
        "-f",
        str(SAMPLE / "GRCh38.masked.fa.gz"),
        "-a",
        "FORMAT/AD,FORMAT/DP",
        "-d",
        "9999",
    ]
    raw = subprocess.run(
        [*pileup, "-r", "chr7:55174700-55192000", str(SAMPLE / "tissue.bam")], check=True, capture_output=True
    ).stdout
    called = subprocess.run(["bcftools", "call", "-mv", "-"], input=raw, check=True, capture_output=True).stdout
    deletion = "chr7\t55174770\t.\tAAGGAATTAAGAGAAGC\tAA\t.\tPASS\t.\tAD:DP\t110,48:158\n"
    (tmp_path / "tissue.vcf").write_bytes(called + deletion.encode())
    text = (SAMPLE / "case.yaml").read_text()
    for name in ("csf.bam", "GRCh38.masked.fa.gz", "panel.bed"):
        text = text.replace(f": {name}", f": {SAMPLE / name}")
    text = text.replace(": tissue.bam", f": {tmp_path / 'tissue.vcf'}")
    lines = text.splitlines()
    keep, skipping = [], False
    for line in lines:
        if line.startswith(("  plasma:", "  normal:")):
            skipping = True
        elif not line.startswith("    "):
            skipping = False
        if not skipping:
            keep.append(line)
    (tmp_path / "case.yaml").write_text("\n".join(keep) + "\n")
    report = run_case(load_case(tmp_path / "case.yaml"), RunOptions())
    found = next(f for f in report.findings if f.change and f.change.hgvs_c == "c.2235_2249del")
    tissue = found.call(SpecimenKind.TISSUE)
    assert tissue is not None
    assert tissue.state is CallState.DETECTED
    assert tissue.supplied is not None
    assert found.verdict is CompartmentVerdict.SHARED
    snp = next(f for f in report.findings if f.change and f.change.hgvs_c == "c.2361G>A")
    listed = snp.call(SpecimenKind.TISSUE)
    assert listed is not None
    assert (listed.counts.ref, listed.counts.alt) == (254, 295)
    t790m = next(f for f in report.findings if f.change and f.change.hgvs_p_short == "p.T790M")
    assert t790m.verdict is CompartmentVerdict.NOT_INFORMATIVE
    assert next(q for q in report.qc if q.specimen is SpecimenKind.TISSUE).evidence_mode is EvidenceMode.VCF
    negative = [h for h in report.hotspots if h.specimen is SpecimenKind.TISSUE]
    assert {h.state for h in negative} <= {CallState.DETECTED, CallState.INDETERMINATE, CallState.NOT_ASSESSABLE}
    assert [m.result for m in report.identity.matches] == [IdentityResult.NOT_ASSESSABLE]
