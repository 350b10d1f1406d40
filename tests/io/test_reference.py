import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csfgeno.errors import InputError
from csfgeno.io.digest import digest_file, digest_reference
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Interval

WriteFasta = Callable[..., Path]


@given(start=st.integers(-50, 40_100), length=st.integers(0, 40_000))
def test_fetch_is_the_upper_case_slice(genome: dict[str, str], fasta: Path, start: int, length: int) -> None:
    with ReferenceFasta(fasta) as reference:
        expected = genome["chr7"][max(start, 0) : max(start + length, 0)].upper()
        assert reference.fetch("chr7", start, start + length) == expected


def test_contigs_keep_file_order_and_lengths(fasta: Path) -> None:
    with ReferenceFasta(fasta) as reference:
        assert list(reference.contigs.items()) == [("chr1", 1_000), ("chr7", 40_000)]


def test_bgzip_gives_the_same_bases_and_digest(
    write_fasta: WriteFasta, genome: dict[str, str], fasta: Path, tmp_path: Path
) -> None:
    compressed = write_fasta(tmp_path / "tiny.fa.gz", genome, width=71)
    intervals = [Interval("chr7", 480, 620), Interval("chr1", 0, 10)]
    with ReferenceFasta(fasta) as plain, ReferenceFasta(compressed) as packed:
        assert packed.fetch("chr7", 16_000, 17_000) == plain.fetch("chr7", 16_000, 17_000)
        assert digest_reference(packed, intervals) == digest_reference(plain, intervals[::-1])


def test_md5_is_that_of_samtools_dict(fasta: Path) -> None:
    dictionary = pysam.samtools.dict(str(fasta))
    with ReferenceFasta(fasta) as reference:
        for contig in reference.contigs:
            assert f"SN:{contig}\t" in dictionary
            assert f"M5:{reference.md5(contig)}" in dictionary


def test_md5_comes_from_a_dictionary_in_date(write_fasta: WriteFasta, genome: dict[str, str], tmp_path: Path) -> None:
    path = write_fasta(tmp_path / "g.fa.gz", genome)
    dictionary = tmp_path / "g.dict"
    computed = _md5s(path)
    stated = {"chr1": "1" * 32, "chr7": "7" * 32}
    lines = [f"@SQ\tSN:{name}\tLN:{len(genome[name])}\tM5:{md5}\tUR:file:/g.fa\n" for name, md5 in stated.items()]
    dictionary.write_text("@HD\tVN:1.6\n" + "".join(lines))
    assert _md5s(path) == stated
    dictionary.write_text("".join(lines).replace("LN:40000", "LN:39999"))
    assert _md5s(path) == {"chr1": stated["chr1"], "chr7": computed["chr7"]}
    os.utime(dictionary, (1, 1))
    assert _md5s(path) == computed


def _md5s(path: Path) -> dict[str, str]:
    with ReferenceFasta(path) as reference:
        return {contig: reference.md5(contig) for contig in reference.contigs}


def test_digest_changes_with_a_base_inside_and_not_outside(
    write_fasta: WriteFasta, genome: dict[str, str], tmp_path: Path
) -> None:
    interval = Interval("chr1", 100, 200)

    def digest(name: str, position: int | None) -> str:
        bases = genome["chr1"]
        if position is not None:
            bases = bases[:position] + ("A" if bases[position] != "A" else "C") + bases[position + 1 :]
        with ReferenceFasta(write_fasta(tmp_path / name, genome | {"chr1": bases})) as reference:
            return digest_reference(reference, [interval])

    original = digest("a.fa", None)
    assert digest("outside.fa", 99) == original
    assert digest("inside.fa", 199) != original


def test_digest_changes_with_a_contig_length(
    write_fasta: WriteFasta, genome: dict[str, str], fasta: Path, tmp_path: Path
) -> None:
    longer = write_fasta(tmp_path / "longer.fa", genome | {"chr7": genome["chr7"] + "A"})
    with ReferenceFasta(fasta) as one, ReferenceFasta(longer) as other:
        assert digest_reference(one, []) != digest_reference(other, [])


def test_digest_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc" * 100_000)
    assert digest_file(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()
    with pytest.raises(InputError, match=r"^absent cannot be read: No such file or directory$"):
        digest_file(tmp_path / "absent")


# ------------------------------------------------------------------------------------- bad files


def _message(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        ReferenceFasta(path)
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    assert _message(tmp_path / "no.fa") == "reference no.fa cannot be read: No such file or directory"


def test_missing_index_is_said_and_not_made(fasta: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.fa"
    path.write_bytes(fasta.read_bytes())
    assert _message(path) == "copy.fa has no index copy.fa.fai; run `samtools faidx copy.fa`"
    assert [p.name for p in tmp_path.iterdir()] == ["copy.fa"]


def test_plain_gzip(fasta: Path, tmp_path: Path) -> None:
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(fasta.read_bytes()))
    assert "reference genome.fa.gz is plain gzip" in _message(path)
    assert "`gunzip genome.fa.gz && bgzip genome.fa`" in _message(path)


def test_bgzip_without_gzi(write_fasta: WriteFasta, genome: dict[str, str], tmp_path: Path) -> None:
    path = write_fasta(tmp_path / "g.fa.gz", genome)
    Path(f"{path}.gzi").unlink()
    assert _message(path) == "g.fa.gz has no index g.fa.gz.gzi; run `samtools faidx g.fa.gz`"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "reference x.fa is empty; expected a FASTA"),
        (b"hello\n", "reference x.fa is not a FASTA: it does not start with '>'"),
        (b"BAM\x01", "reference x.fa is not a FASTA: it does not start with '>'"),
    ],
)
def test_not_a_fasta(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "x.fa"
    path.write_bytes(content)
    assert _message(path) == expected


def test_unreadable_index(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nACGT\n")
    Path(f"{path}.fai").write_text("junk\n")
    assert _message(path) == "x.fa cannot be read with its index x.fa.fai; run `samtools faidx x.fa` again"
    Path(f"{path}.fai").write_text("")
    assert _message(path) == "x.fa.fai lists no contig; x.fa is empty or its index is"
    assert capfd.readouterr().err == ""


def test_truncated_fasta_is_never_silent(fasta: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.fa"
    path.write_bytes(fasta.read_bytes()[:20_000])
    Path(f"{path}.fai").write_bytes(Path(f"{fasta}.fai").read_bytes())
    with ReferenceFasta(path) as reference, pytest.raises(InputError, match=r"cut.fa has no bases at chr7:"):
        reference.fetch("chr7", 30_000, 30_010)


def test_unknown_contig_names_those_there_are(fasta: Path) -> None:
    with ReferenceFasta(fasta) as reference, pytest.raises(InputError) as caught:
        reference.fetch("7", 0, 10)
    assert str(caught.value) == "tiny.fa has no contig '7'; it starts with chr1, chr7"
