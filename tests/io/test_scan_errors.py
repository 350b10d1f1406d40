"""Files that cannot be used end in one clear sentence that names the file and not its folder."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest

from csfgeno.errors import InputError, UsageError
from csfgeno.io import scan as scan_module
from csfgeno.io.batch import ReadBatch
from csfgeno.io.scan import TWIN_VARIABLE, AlignmentScanner, native_scanner
from csfgeno.testing import BamBuilder

CONTIG_BP = 2_000
BASES = "".join(random.Random(1).choices("ACGT", k=CONTIG_BP))
needs_native = pytest.mark.skipif(native_scanner()[0] is None, reason="the compiled scanner was not built")


@pytest.fixture(params=[pytest.param(True, marks=needs_native), False], ids=["native", "twin"])
def native(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    return write_fasta(tmp_path / "reference.fa", {"c1": BASES, "c2": BASES[::-1]})


@pytest.fixture
def bam(tmp_path: Path) -> Path:
    return builder().write(tmp_path / "x.bam")


def write_fasta(path: Path, contigs: dict[str, str]) -> Path:
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()))
    pysam.faidx(str(path))
    return path


def builder() -> BamBuilder:
    made, rng = BamBuilder({"c1": CONTIG_BP, "c2": CONTIG_BP}), random.Random(2)
    for i in range(3_000):
        start = rng.randint(0, CONTIG_BP - 100)
        quals = [rng.randint(2, 40) for _ in range(100)]
        made.add_read(f"r{i}", "c1", start, "100M", BASES[start : start + 100], qual=quals, tags={"RX": "ACG-TTT"})
    made.add_read("other", "c2", 5, "4M", "ACGT")
    return made


def scan(path: Path, native: bool, reference: Path | None = None, contig: str = "c1") -> ReadBatch:
    with AlignmentScanner(str(path), reference=None if reference is None else str(reference), native=native) as s:
        return s.scan(
            contig, 0, CONTIG_BP, reference_bases=BASES.encode(), reference_start=0, min_mapq=20, min_baseq=20
        )


def fails(run: Callable[[], object], *parts: str) -> None:
    with pytest.raises(InputError) as caught:
        run()
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert os.sep not in message
    assert "\n" not in message


def test_missing_file(tmp_path: Path, native: bool) -> None:
    fails(lambda: scan(tmp_path / "gone.bam", native), "gone.bam")


@pytest.mark.parametrize("url", ["https://example.org/x.bam", "ftp://example.org/x.cram", "s3://bucket/x.bam"])
def test_an_address_is_not_a_file(url: str, native: bool) -> None:
    with pytest.raises(InputError, match=r"x\.(bam|cram) cannot be read"):
        AlignmentScanner(url, reference=None, native=native)


def test_not_an_alignment_file(tmp_path: Path, native: bool) -> None:
    path = tmp_path / "notes.bam"
    path.write_text("not reads\n" * 100)
    fails(lambda: scan(path, native), "notes.bam")


def test_missing_index(bam: Path, native: bool) -> None:
    Path(f"{bam}.bai").unlink()
    fails(lambda: scan(bam, native), "x.bam has no index", "samtools index x.bam")


def test_unreadable_index(bam: Path, native: bool, capfd: pytest.CaptureFixture[str]) -> None:
    Path(f"{bam}.bai").write_bytes(b"not an index")
    fails(lambda: scan(bam, native), "x.bam", "index")
    assert capfd.readouterr().err == ""


def test_file_cut_short(bam: Path, native: bool) -> None:
    whole = bam.read_bytes()
    bam.write_bytes(whole[: len(whole) // 2])
    fails(lambda: scan(bam, native), "x.bam", "truncated")


def test_damage_inside_the_file(bam: Path, native: bool, capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(bam.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    bam.write_bytes(content)
    fails(lambda: scan(bam, native), "x.bam cannot be read at c1:1-2000", "truncated or corrupt")
    assert capfd.readouterr().err == ""


def test_cut_short_with_its_end_put_back(bam: Path, native: bool) -> None:
    whole = bam.read_bytes()
    bam.write_bytes(whole[: len(whole) // 2] + whole[-28:])
    fails(lambda: scan(bam, native), "x.bam cannot be read at c1:1-2000", "truncated or corrupt")


def test_unknown_contig(bam: Path, native: bool) -> None:
    fails(lambda: scan(bam, native, contig="chr1"), "x.bam has no contig 'chr1'", "c1, c2")


def test_cram_without_reference(tmp_path: Path, fasta: Path, native: bool) -> None:
    path = builder().write(tmp_path / "x.cram", fasta)
    fails(lambda: scan(path, native), "x.cram is a CRAM", "FASTA")


def test_cram_cut_short(tmp_path: Path, fasta: Path, native: bool) -> None:
    path = builder().write(tmp_path / "x.cram", fasta)
    path.write_bytes(path.read_bytes()[:-30])
    fails(lambda: scan(path, native, fasta), "x.cram", "truncated")


def test_cram_with_a_reference_that_lacks_the_contig(tmp_path: Path, fasta: Path, native: bool) -> None:
    path = builder().write(tmp_path / "x.cram", fasta)
    partial = write_fasta(tmp_path / "partial.fa", {"c2": BASES[::-1]})
    fails(lambda: scan(path, native, partial), "no contig 'c1'", "x.cram")


def test_cram_with_another_reference(
    tmp_path: Path, fasta: Path, native: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    path = builder().write(tmp_path / "x.cram", fasta)
    other = write_fasta(tmp_path / "other.fa", {"c1": BASES[::-1], "c2": BASES})
    fails(lambda: scan(path, native, other), "x.cram cannot be read at c1:1-2000", "another reference")
    assert capfd.readouterr().err == ""


def test_cram_never_looks_elsewhere_for_its_reference(
    tmp_path: Path, fasta: Path, native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = builder().write(tmp_path / "x.cram", fasta)
    monkeypatch.setenv("REF_PATH", "https://example.org/%s")
    monkeypatch.setenv("REF_CACHE", str(tmp_path / "cache"))
    assert len(scan(path, native, fasta).reads) == 3_000
    assert os.environ["REF_PATH"] == os.devnull
    assert "REF_CACHE" not in os.environ


def test_a_good_file_says_nothing_on_stderr(bam: Path, native: bool, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(scan(bam, native).reads) == 3_000
    assert capfd.readouterr().err == ""


def test_a_closed_scanner_does_not_read(bam: Path, native: bool) -> None:
    scanner = AlignmentScanner(str(bam), reference=None, native=native)
    scanner.close()
    scanner.close()
    with pytest.raises(ValueError, match="closed"):
        scanner.scan("c1", 0, 10, reference_bases=b"", reference_start=0, min_mapq=0, min_baseq=0)


# ------------------------------------------------------------------------------------- choice of scanner


def test_environment_variable_forces_the_twin(bam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "native_scanner", lambda: pytest.fail("the compiled scanner was asked for"))
    monkeypatch.setenv(TWIN_VARIABLE, "1")
    with AlignmentScanner(str(bam), reference=None) as scanner:
        assert scanner.contigs == {"c1": CONTIG_BP, "c2": CONTIG_BP}


def test_without_the_compiled_scanner_the_twin_serves(bam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "native_scanner", lambda: (None, "it was not built"))
    with AlignmentScanner(str(bam), reference=None) as scanner:
        assert scanner.contigs == {"c1": CONTIG_BP, "c2": CONTIG_BP}
    with pytest.raises(UsageError, match="it was not built"):
        AlignmentScanner(str(bam), reference=None, native=True)


@needs_native
@pytest.mark.parametrize("version", ["1.9", "0.1.19", "2.0"])
def test_htslib_of_another_layout_is_refused(version: str) -> None:
    from csfgeno.io._scan import check_htslib

    with pytest.raises(ImportError, match=f"htslib {version}"):
        check_htslib(version)


@needs_native
def test_htslib_of_this_layout_is_accepted() -> None:
    from csfgeno.io._scan import check_htslib

    for version in ("1.10", "1.24", "1.18-3-gabc"):
        check_htslib(version)


# ------------------------------------------------------------------------------------- damage that htslib passes on


@needs_native
def test_garbled_records_end_in_an_error_or_a_batch(tmp_path: Path) -> None:
    """Bytes are changed under the compression, so that checksums hold and records are nonsense."""
    made, rng = BamBuilder({"c1": CONTIG_BP}), random.Random(4)
    for i in range(20):
        tags: dict[str, str | int | float] = {"RX": "ACG-TTT", "MI": "5/A", "MC": "10S90M", "aD": 3, "cE": 0.5}
        made.add_read(f"r{i}", "c1", 10 * i, "5S90M5I", BASES[:100], flag=1, mate=("c1", 5), tags=tags)
    content = uncompressed(made.write(tmp_path / "x.bam"))
    path = tmp_path / "garbled.bam"
    compress(content, path)
    pysam.index(str(path))
    outcomes: set[type] = set()
    for _ in range(400):
        garbled = bytearray(content)
        for _ in range(rng.randint(1, 4)):
            garbled[rng.randrange(200, len(garbled))] = rng.randrange(256)
        compress(bytes(garbled), path)
        try:
            outcomes.add(type(scan(path, native=True)))
        except InputError as error:
            outcomes.add(type(error))
    assert outcomes == {ReadBatch, InputError}


def uncompressed(path: Path) -> bytes:
    with pysam.BGZFile(str(path), "r", None) as stream:
        return bytes(stream.read())


def compress(content: bytes, path: Path) -> None:
    assert len(content) < 60_000, "one block, so that the index stays true"
    with pysam.BGZFile(str(path), "w", None) as stream:
        stream.write(content)
