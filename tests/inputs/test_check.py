import gzip
import os
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pysam
import pytest

from csfgeno.errors import InputError
from csfgeno.inputs.case import case_from_options
from csfgeno.inputs.check import (
    AlignmentInfo,
    check_alignment,
    check_build,
    check_case,
    detect_build,
    panel_contigs,
    within_genome,
)
from csfgeno.io.headers import PRIMARY_LENGTHS
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Interval, Panel, Target
from csfgeno.vocab import Build, ContigStyle, SpecimenKind

MakeBam = Callable[..., Path]
WriteFasta = Callable[..., Path]
CONTIGS = {"chr1": 1_000, "chr7": 40_000}


@pytest.fixture
def reference(fasta: Path) -> Iterator[ReferenceFasta]:
    with ReferenceFasta(fasta) as opened:
        yield opened


@pytest.fixture
def bam(make_bam: MakeBam) -> Path:
    return make_bam("csf.bam", CONTIGS)


def _edit_header(path: Path, edit: Callable[[dict[str, Any]], None], *, indexed: bool = True) -> Path:
    """Rewrite a BAM with an edited header dictionary."""
    with pysam.AlignmentFile(str(path)) as source:
        header = source.header.to_dict()
        edit(header)
        reads = [read.to_dict() for read in source]
    new = pysam.AlignmentHeader.from_dict(header)
    with pysam.AlignmentFile(str(path), "wb", header=new) as out:
        for read in reads:
            out.write(pysam.AlignedSegment.from_dict(read, new))
    Path(f"{path}.bai").unlink()
    if indexed:
        pysam.index(str(path))
    return path


def _refusal(path: Path, reference: ReferenceFasta, contigs: tuple[str, ...] = ("chr7",)) -> str:
    with pytest.raises(InputError) as caught:
        check_alignment(path, reference, contigs)
    assert str(path.parent) not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -------------------------------------------------------------------------------------------- good


def test_good_bam(bam: Path, reference: ReferenceFasta) -> None:
    assert check_alignment(bam, reference, ["chr7"], sample="S1") == AlignmentInfo(
        name="csf.bam",
        sample="S1",
        sort_order="coordinate",
        contigs=CONTIGS,
        style=ContigStyle.CHR,
        is_cram=False,
    )


def test_good_cram(make_bam: MakeBam, genome: dict[str, str], fasta: Path, reference: ReferenceFasta) -> None:
    cram = make_bam("csf.cram", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    info = check_alignment(cram, reference, ["chr1", "chr7"])
    assert (info.is_cram, info.warnings) == (True, ())


def test_masked_reference_may_lack_contigs_the_panel_does_not_need(
    write_fasta: WriteFasta, make_bam: MakeBam, tmp_path: Path
) -> None:
    bam = make_bam("csf.bam", {"chrUn_1": 500, "chr2": 123, **CONTIGS})
    only_chr7 = write_fasta(tmp_path / "chr7.fa", {"chr7": "N" * 40_000})
    with ReferenceFasta(only_chr7) as reference:
        assert check_alignment(bam, reference, ["chr7"]).warnings == ()


def test_csi_index_and_suffix_in_place_of_bam(bam: Path, reference: ReferenceFasta) -> None:
    Path(f"{bam}.bai").rename(bam.with_suffix(".bai"))
    assert check_alignment(bam, reference, ["chr7"]).warnings == ()
    bam.with_suffix(".bai").unlink()
    pysam.index("-c", str(bam))
    assert check_alignment(bam, reference, ["chr7"]).warnings == ()


def test_header_without_sort_order_and_read_groups(bam: Path, reference: ReferenceFasta) -> None:
    def strip(header: dict[str, Any]) -> None:
        del header["HD"], header["RG"]

    info = check_alignment(_edit_header(bam, strip), reference, ["chr7"], sample="csf")
    assert (info.sample, info.sort_order, info.warnings) == (None, None, ())


def test_right_m5_passes(bam: Path, reference: ReferenceFasta) -> None:
    def add(header: dict[str, Any]) -> None:
        header["SQ"][1]["M5"] = reference.md5("chr7").upper()

    assert check_alignment(_edit_header(bam, add), reference, ["chr7"]).warnings == ()


# ---------------------------------------------------------------------------------------- warnings


def test_index_older_than_its_file(bam: Path, reference: ReferenceFasta) -> None:
    os.utime(f"{bam}.bai", (1, 1))
    assert check_alignment(bam, reference, ["chr7"]).warnings == (
        "csf.bam.bai is older than csf.bam; if the file has changed, run `samtools index` again",
    )


def test_sample_of_another_name(bam: Path, reference: ReferenceFasta) -> None:
    assert check_alignment(bam, reference, ["chr7"], sample="S2").warnings == (
        "csf.bam: its read groups name the sample 'S1', the case says 'S2'",
    )


# --------------------------------------------------------------------------------------- bad files


def test_missing_file(tmp_path: Path, reference: ReferenceFasta) -> None:
    assert _refusal(tmp_path / "no.bam", reference) == "no.bam cannot be read: No such file or directory"
    assert _refusal(tmp_path, reference).endswith("cannot be read: Is a directory")


@pytest.mark.parametrize(
    "content", [b"hello world\n", b">chr7\nACGT\n", b"\x1f\x8b\x08", b"BAM\x01", bytes(99)], ids=repr
)
def test_text_or_junk_named_bam(
    tmp_path: Path, reference: ReferenceFasta, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "csf.bam"
    path.write_bytes(content)
    assert (
        _refusal(path, reference)
        == "csf.bam is not a readable BAM or CRAM; expected aligned reads, sorted by coordinate"
    )
    assert capfd.readouterr().err == ""


def test_sam_text_is_refused(bam: Path, tmp_path: Path, reference: ReferenceFasta) -> None:
    sam = tmp_path / "csf.sam"
    sam.write_text(str(pysam.samtools.view("-h", str(bam))))
    assert "csf.sam is not a readable BAM or CRAM" in _refusal(sam, reference)


def test_empty_file(tmp_path: Path, reference: ReferenceFasta) -> None:
    path = tmp_path / "csf.bam"
    path.touch()
    assert _refusal(path, reference) == "csf.bam is empty; expected a BAM or CRAM"


@pytest.mark.parametrize("lost", [28, 40])
def test_truncated_bam(bam: Path, reference: ReferenceFasta, lost: int) -> None:
    bam.write_bytes(bam.read_bytes()[:-lost])
    assert _refusal(bam, reference) == (
        "csf.bam is truncated: its end-of-file block is missing, so reads are lost; copy or write the file again"
    )


def test_truncated_cram(make_bam: MakeBam, genome: dict[str, str], fasta: Path, reference: ReferenceFasta) -> None:
    cram = make_bam("csf.cram", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    cram.write_bytes(cram.read_bytes()[:-38])
    assert "csf.cram is truncated" in _refusal(cram, reference)


def test_header_only(make_bam: MakeBam, reference: ReferenceFasta) -> None:
    path = make_bam("csf.bam", CONTIGS, reads=0)
    assert _refusal(path, reference) == "csf.bam has no aligned read; an empty file is not a negative result"


def test_unplaced_reads_only(make_bam: MakeBam, tmp_path: Path, reference: ReferenceFasta) -> None:
    path = make_bam("csf.bam", CONTIGS, reads=0)
    with pysam.AlignmentFile(str(path)) as source:
        header = source.header
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        read = pysam.AlignedSegment(header)
        read.query_name, read.flag, read.query_sequence = "u", pysam.FUNMAP, "ACGT"
        out.write(read)
    pysam.index(str(path))
    assert "csf.bam has no aligned read" in _refusal(path, reference)


@pytest.mark.parametrize("order", ["queryname", "unsorted"])
def test_unsorted(bam: Path, reference: ReferenceFasta, order: str) -> None:
    def unsort(header: dict[str, Any]) -> None:
        header["HD"]["SO"] = order

    path = _edit_header(bam, unsort, indexed=False)
    assert _refusal(path, reference) == (
        f"csf.bam is not sorted by coordinate (its header says SO:{order}); run `samtools sort` and `samtools index`"
    )


def test_missing_index(bam: Path, reference: ReferenceFasta) -> None:
    Path(f"{bam}.bai").unlink()
    assert _refusal(bam, reference) == "csf.bam has no index; run `samtools index csf.bam`"


def test_missing_cram_index(make_bam: MakeBam, genome: dict[str, str], fasta: Path, reference: ReferenceFasta) -> None:
    cram = make_bam("csf.cram", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    Path(f"{cram}.crai").unlink()
    assert _refusal(cram, reference) == "csf.cram has no index; run `samtools index csf.cram`"


@pytest.mark.parametrize("junk", [b"", b"junk", b"BAI\x01"])
def test_unreadable_index(bam: Path, reference: ReferenceFasta, junk: bytes) -> None:
    Path(f"{bam}.bai").write_bytes(junk)
    assert _refusal(bam, reference) == "csf.bam.bai cannot be read as an index; run `samtools index csf.bam` again"


def test_two_samples_in_one_file(bam: Path, reference: ReferenceFasta) -> None:
    def add(header: dict[str, Any]) -> None:
        header["RG"].append({"ID": "rg2", "SM": "S2"})

    message = _refusal(_edit_header(bam, add), reference)
    assert message.startswith("csf.bam has reads of 2 samples (S1, S2) in its read groups; give one file per specimen")


def test_header_that_is_not_utf8(bam: Path, reference: ReferenceFasta) -> None:
    raw = bam.with_suffix(".raw")
    raw.write_bytes(gzip.decompress(bam.read_bytes()).replace(b"PL:ILLUMINA", b"PL:ILLUM\xcfNA"))
    pysam.tabix_compress(str(raw), str(bam), force=True)
    assert "csf.bam has a header that is damaged or not UTF-8 text" in _refusal(bam, reference)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pysam, closing what it half opened
@pytest.mark.parametrize("suffix", ["bam", "cram"])
def test_damaged_bytes_end_in_one_sentence(
    make_bam: MakeBam, genome: dict[str, str], fasta: Path, reference: ReferenceFasta, suffix: str
) -> None:
    path = make_bam(f"csf.{suffix}", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    whole = path.read_bytes()
    rng = random.Random(5)
    messages = []
    for _ in range(60):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= rng.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            check_alignment(path, reference, ["chr7"])
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 20
    assert all(message.startswith(path.name) for message in messages)


# ----------------------------------------------------------------------------------- wrong genomes


def test_plain_names_against_chr_names(make_bam: MakeBam, reference: ReferenceFasta) -> None:
    path = make_bam("csf.bam", {"1": 1_000, "7": 40_000})
    message = _refusal(path, reference)
    assert "csf.bam (an unknown build) names its contigs like '7', tiny.fa (an unknown build) like 'chr7'" in message
    assert "give the FASTA the reads were aligned to" in message


def test_contig_absent_from_the_bam(make_bam: MakeBam, reference: ReferenceFasta) -> None:
    path = make_bam("csf.bam", {"chr1": 1_000})
    assert _refusal(path, reference).startswith("csf.bam has no contig 'chr7', which the panel needs")


def test_wrong_build_is_named(make_bam: MakeBam, chr21_fasta: Path) -> None:
    path = make_bam("csf.bam", {"chr21": PRIMARY_LENGTHS[Build.GRCH37]["21"]})
    with ReferenceFasta(chr21_fasta) as reference:
        assert _refusal(path, reference, ("chr21",)) == (
            "csf.bam was aligned to GRCh37: its chr21 has 48,129,895 bp; GRCh38.fa is GRCh38 with 46,709,983 bp; "
            "give the FASTA the reads were aligned to"
        )


def test_wrong_build_and_wrong_names(make_bam: MakeBam, chr21_fasta: Path) -> None:
    path = make_bam("csf.bam", {"21": PRIMARY_LENGTHS[Build.GRCH37]["21"]})
    with ReferenceFasta(chr21_fasta) as reference:
        message = _refusal(path, reference, ("chr21",))
    assert "csf.bam (GRCh37) names its contigs like '21', GRCh38.fa (GRCh38) like 'chr21'" in message


def test_wrong_m5(bam: Path, reference: ReferenceFasta) -> None:
    def add(header: dict[str, Any]) -> None:
        header["SQ"][1]["M5"] = "0" * 32

    message = _refusal(_edit_header(bam, add), reference)
    assert "csf.bam was aligned to another sequence of chr7 than that of tiny.fa: M5 is 000" in message
    assert reference.md5("chr7") in message


def test_m5_of_a_contig_that_is_not_needed_does_not_matter(bam: Path, reference: ReferenceFasta) -> None:
    def add(header: dict[str, Any]) -> None:
        header["SQ"][0]["M5"] = "0" * 32

    assert check_alignment(_edit_header(bam, add), reference, ["chr7"]).warnings == ()


@pytest.fixture
def other_fasta(write_fasta: WriteFasta, genome: dict[str, str], tmp_path: Path) -> Path:
    return write_fasta(tmp_path / "other.fa", genome | {"chr7": genome["chr7"][::-1]})


def test_cram_with_another_reference(
    make_bam: MakeBam, genome: dict[str, str], fasta: Path, other_fasta: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cram = make_bam("csf.cram", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    with ReferenceFasta(other_fasta) as reference:
        assert "csf.cram was aligned to another sequence of chr7" in _refusal(cram, reference)
    assert capfd.readouterr().err == ""


def test_cram_without_m5_and_with_another_reference(
    make_bam: MakeBam,
    genome: dict[str, str],
    fasta: Path,
    other_fasta: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    cram = make_bam("csf.cram", CONTIGS, bases=genome["chr7"][700:750], reference=fasta)
    header = tmp_path / "no_m5.sam"
    header.write_text("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:1000\n@SQ\tSN:chr7\tLN:40000\n@RG\tID:rg1\tSM:S1\n")
    pysam.samtools.reheader("--no-PG", "-i", str(header), str(cram), catch_stdout=False)
    pysam.index(str(cram))
    with ReferenceFasta(other_fasta) as reference:
        assert _refusal(cram, reference) == (
            "csf.cram cannot be decoded with other.fa: it was written with another FASTA or is damaged; "
            "give the FASTA that the CRAM was written with"
        )
    assert capfd.readouterr().err == ""


# ---------------------------------------------------------------------------------- build and panel


@pytest.mark.parametrize("build", Build)
@pytest.mark.parametrize("prefix", ["chr", ""])
def test_build_of_a_whole_genome(build: Build, prefix: str) -> None:
    contigs = {f"{prefix}{name}": length for name, length in PRIMARY_LENGTHS[build].items()}
    assert detect_build(contigs) is build
    assert check_build(None, contigs, "g.fa") is build
    assert check_build(build, contigs, "g.fa") is build


def test_real_header_is_grch37(request: pytest.FixtureRequest) -> None:
    [path] = sorted((request.config.rootpath / "tests/data/reads").glob("*.bam"))
    with pysam.AlignmentFile(str(path)) as alignments:
        contigs = dict(zip(alignments.references, alignments.lengths, strict=True))
    assert check_build(None, contigs, "g.fa") is Build.GRCH37


def test_no_chromosome_has_one_length_in_both_builds() -> None:
    old, new = PRIMARY_LENGTHS[Build.GRCH37], PRIMARY_LENGTHS[Build.GRCH38]
    assert old.keys() == new.keys()
    assert not [name for name in old if old[name] == new[name]]


@pytest.mark.parametrize(
    ("declared", "contigs", "expected"),
    [
        (Build.GRCH38, {"7": 159_138_663}, "g.fa is GRCh37 by its chromosome lengths, the case says GRCh38"),
        (None, {"chr7": 20_000}, "g.fa has the chromosome lengths of neither GRCh37 nor GRCh38 alone"),
        (Build.GRCH38, {"chr7": 20_000}, "g.fa has the chromosome lengths of neither GRCh37 nor GRCh38 alone"),
        (None, {"chr7": 159_138_663, "chr12": 133_275_309}, "of neither GRCh37 nor GRCh38 alone"),
        (None, {"chr7": 159_345_973, "chr12": 5}, "g.fa is GRCh38, but its chr12 has 5 bp; expected 133,275,309 bp"),
        (None, {}, "of neither"),
    ],
)
def test_refused_builds(declared: Build | None, contigs: Mapping[str, int], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        check_build(declared, contigs, "g.fa")
    assert expected in str(caught.value)


def _panel(*intervals: Interval) -> Panel:
    targets = tuple(Target(interval, "EGFR", f"EGFR_{i}") for i, interval in enumerate(intervals))
    return Panel("mini", "1", Build.GRCH38, targets, (), "0" * 64)


def test_panel_contigs_come_in_genome_order() -> None:
    panel = _panel(Interval("chr7", 0, 40_000), Interval("chr1", 5, 10), Interval("chr1", 20, 30))
    assert panel_contigs(panel, ["chr1", "chr2", "chr7"]) == ("chr1", "chr7")


def test_targets_on_contigs_that_the_genome_lacks_are_left_out() -> None:
    panel = _panel(Interval("chr3", 5, 10), Interval("chr7", 0, 40_000))
    assert within_genome(panel, CONTIGS, "g.fa").targets == panel.targets[1:]


def test_panel_outside_the_genome() -> None:
    with pytest.raises(InputError, match=r"panel mini needs contig '7' for EGFR_0, which g.fa does not have"):
        within_genome(_panel(Interval("7", 0, 5)), CONTIGS, "g.fa")
    with pytest.raises(InputError, match=r"target EGFR_0 at chr7:1-40001 ends beyond chr7 of g.fa \(40,000 bp\)"):
        within_genome(_panel(Interval("chr7", 0, 40_001)), CONTIGS, "g.fa")


def test_check_case_covers_every_specimen(make_bam: MakeBam, fasta: Path, reference: ReferenceFasta) -> None:
    paths = {name: make_bam(f"{name}.bam", CONTIGS) for name in ("csf", "normal")}
    loaded = case_from_options(reference=fasta, csf=paths["csf"], normal=paths["normal"])
    panel = _panel(Interval("chr7", 600, 900))
    infos = check_case(loaded, reference, panel)
    assert [(kind, info.name) for kind, info in infos.items()] == [
        (SpecimenKind.CSF, "csf.bam"),
        (SpecimenKind.NORMAL, "normal.bam"),
    ]
    Path(f"{paths['normal']}.bai").unlink()
    with pytest.raises(InputError, match=r"normal.bam has no index"):
        check_case(loaded, reference, panel)
