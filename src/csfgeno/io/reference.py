"""The genome FASTA of the user: bases by coordinate, contig lengths, and the MD5 that headers know a contig by."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pysam

from csfgeno.errors import InputError

_BLOCK_BP: Final = 1 << 14
_CACHED_BLOCKS: Final = 256
_MD5_CHUNK_BP: Final = 1 << 24
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BGZF_SUBFIELD: Final = b"BC\x02\x00"


class ReferenceFasta:
    """An indexed FASTA, plain or bgzip-compressed. Use one per thread: htslib's reader keeps a file position.

    Reads go through whole blocks of 16 kb that are kept, because callers ask for many short stretches of few genes.

    Attributes
    ----------
    path
        The FASTA.
    contigs
        Length in bp by contig name, in file order.

    Raises
    ------
    InputError
        If the file is missing, empty, not FASTA, not indexed, or compressed with gzip instead of bgzip.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fasta = _open(path)
        self.contigs: Mapping[str, int] = dict(zip(self._fasta.references, self._fasta.lengths, strict=True))
        self._block = lru_cache(maxsize=_CACHED_BLOCKS)(self._read_block)
        self._md5s: dict[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Base name of the file, for messages."""
        return self.path.name

    def close(self) -> None:
        """Close the file and forget the kept blocks."""
        self._block.cache_clear()
        self._fasta.close()

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Return the upper-case bases of an interval, clamped to the contig; masked bases are `N`.

        Raises
        ------
        InputError
            If the contig is unknown or the file is shorter than its index says.
        """
        length = self._length(contig)
        start, end = max(start, 0), min(end, length)
        if start >= end:
            return ""
        first, last = start // _BLOCK_BP, (end - 1) // _BLOCK_BP
        bases = "".join(self._block(contig, index) for index in range(first, last + 1))
        return bases[start - first * _BLOCK_BP : end - first * _BLOCK_BP]

    def md5(self, contig: str) -> str:
        """Return the M5 of a contig: MD5 of its upper-case bases without whitespace (SAM v1, section 1.3.2).

        It is taken from the sequence dictionary beside the FASTA (`genome.dict`) if that is not older and gives the
        same length. Otherwise the whole contig is read, about one second in 160 Mb, so ask only where a header states
        an M5 to compare with.
        """
        if self._md5s is None:
            self._md5s = _read_dictionary(self.path, self.contigs)
        if contig not in self._md5s:
            self._md5s[contig] = self._compute_md5(contig)
        return self._md5s[contig]

    def _compute_md5(self, contig: str) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        length = self._length(contig)
        for start in range(0, length, _MD5_CHUNK_BP):
            digest.update(self._read(contig, start, min(start + _MD5_CHUNK_BP, length)).encode())
        return digest.hexdigest()

    def _length(self, contig: str) -> int:
        if contig not in self.contigs:
            raise InputError(f"{self.name} has no contig '{contig}'; it starts with {_first_names(self.contigs)}")
        return self.contigs[contig]

    def _read_block(self, contig: str, index: int) -> str:
        start = index * _BLOCK_BP
        return self._read(contig, start, min(start + _BLOCK_BP, self.contigs[contig]))

    def _read(self, contig: str, start: int, end: int) -> str:
        try:
            bases = self._fasta.fetch(contig, start, end).upper()
        except (ValueError, OSError):
            bases = ""
        if len(bases) != end - start:
            raise InputError(
                f"{self.name} has no bases at {contig}:{start + 1}-{end} although its index says so; the file is "
                f"truncated or the index is of another file: restore it and run `samtools faidx {self.name}`"
            )
        return bases


def _open(path: Path) -> pysam.FastaFile:
    _check_compression(path)
    index = Path(f"{path}.fai")
    if not index.is_file():  # pysam would write one beside the user's file without being asked
        raise InputError(f"{path.name} has no index {index.name}; run `samtools faidx {path.name}`")
    verbosity = pysam.set_verbosity(0)
    try:
        fasta = pysam.FastaFile(str(path))
    except (OSError, ValueError):
        raise InputError(
            f"{path.name} cannot be read with its index {index.name}; run `samtools faidx {path.name}` again"
        ) from None
    finally:
        pysam.set_verbosity(verbosity)
    if not fasta.references:
        raise InputError(f"{index.name} lists no contig; {path.name} is empty or its index is")
    return fasta


def _check_compression(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            head = stream.read(18)
    except OSError as error:
        raise InputError(f"reference {path.name} cannot be read: {error.strerror}") from None
    if not head:
        raise InputError(f"reference {path.name} is empty; expected a FASTA")
    if head.startswith(_GZIP_MAGIC):
        _check_bgzip(path, head)
    elif not head.startswith(b">"):
        raise InputError(f"reference {path.name} is not a FASTA: it does not start with '>'")


def _check_bgzip(path: Path, head: bytes) -> None:
    if head[12:16] != _BGZF_SUBFIELD:
        raise InputError(
            f"reference {path.name} is plain gzip, which has no random access; recompress it with "
            f"`gunzip {path.name} && bgzip {path.stem}` and run `samtools faidx {path.name}`"
        )
    index = Path(f"{path}.gzi")
    if not index.is_file():
        raise InputError(f"{path.name} has no index {index.name}; run `samtools faidx {path.name}`")


def _read_dictionary(path: Path, contigs: Mapping[str, int]) -> dict[str, str]:
    """Return the M5s of `genome.dict` beside `genome.fa` or `genome.fa.gz`, none if there is no such file in date."""
    dictionary = Path(str(path).removesuffix(".gz")).with_suffix(".dict")
    if not dictionary.is_file() or dictionary.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return {}
    md5s = {}
    with dictionary.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            tags = dict(field.split(":", 1) for field in line.rstrip("\n").split("\t") if ":" in field)
            if "M5" in tags and str(contigs.get(tags.get("SN", ""))) == tags.get("LN"):
                md5s[tags["SN"]] = tags["M5"].lower()
    return md5s


def _first_names(contigs: Mapping[str, int]) -> str:
    return ", ".join(list(contigs)[:3])
