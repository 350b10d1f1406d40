"""`AlignmentScanner`: the reads of a region of a BAM or CRAM as a `ReadBatch`.

The compiled scanner does the work where it could be built; its plain-Python twin fills the same arrays elsewhere.
"""

import ctypes
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
import pysam
import pysam.libchtslib as libchtslib

from csfgeno.errors import InputError, UsageError
from csfgeno.io._scan_twin import Columns, TwinScan
from csfgeno.io.batch import EVENT_DTYPE, READ_DTYPE, ReadBatch
from csfgeno.io.headers import find_index, read_header
from csfgeno.io.reference import ReferenceFasta

TWIN_VARIABLE: Final = "CSFGENO_TWIN"
"""Environment variable that, set to 1, forces the plain-Python scanner."""

_LONGEST_CONTIG_BP: Final = (1 << 31) - 1
_TO_ACGTN: Final = bytes(code if code in b"ACGT" else ord("N") for code in range(256))


class Scan(Protocol):
    """What both scanners can do; they raise `OSError` with half a sentence that says why."""

    def contigs(self) -> dict[str, int]:
        """Return the length in bp of each contig, in header order."""
        ...

    def scan(
        self,
        tid: int,
        start: int,
        end: int,
        reference: bytes,
        reference_start: int,
        min_mapq: int,
        min_baseq: int,
        want_names: bool,
        /,
    ) -> Columns:
        """Return the reads that overlap a region."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class AlignmentScanner:
    """An open, indexed BAM or CRAM. A scanner serves one thread at a time: each thread opens its own.

    Parameters
    ----------
    path
        BAM or CRAM with its index beside it.
    reference
        FASTA with its `.fai`; a CRAM needs it, a BAM ignores it. Nothing is ever looked up on a network.
    native
        Force the compiled (True) or the Python (False) scanner; by default the compiled one if it is there.

    Attributes
    ----------
    contigs
        Length in bp of each contig, in header order.

    Raises
    ------
    InputError
        If the file, its index or the reference is missing or unreadable, or the file is truncated.
    UsageError
        If the compiled scanner is demanded and absent.
    """

    def __init__(self, path: str, *, reference: str | None, native: bool | None = None) -> None:
        header = read_header(Path(path))
        self._name = header.name
        if find_index(Path(path), is_cram=header.is_cram) is None:
            raise InputError(f"{self._name} has no index; run `samtools index {self._name}`")
        self._in_reference = _reference_contigs(self._name, reference) if header.is_cram else None
        _forbid_lookups()
        try:
            self._scan = _choose(native)(path, reference if header.is_cram else None)
        except OSError as error:
            raise InputError(f"{self._name} cannot be used: {error}; write the file and its index again") from None
        self.contigs: Mapping[str, int] = self._scan.contigs()
        self._tids = {name: tid for tid, name in enumerate(self.contigs)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._scan.close()

    def scan(
        self,
        contig: str,
        start: int,
        end: int,
        *,
        reference_bases: bytes,
        reference_start: int,
        min_mapq: int,
        min_baseq: int,
        want_names: bool = False,
    ) -> ReadBatch:
        """Return the usable reads that overlap [start, end), which is clamped to the contig.

        Usable is a read that is mapped, primary, not supplementary, did not fail quality control, has at least
        `min_mapq` and a sequence, and covers at least one reference base. Duplicates stay: a family is made of them.
        A read without qualities counts as quality 0 throughout, so that nothing of it is observed.

        Parameters
        ----------
        contig
            Name as in the header.
        start, end
            0-based half-open.
        reference_bases
            Upper-case ASCII bases from `reference_start`. Bases of a read outside this window give neither SNVs nor
            masks; its insertions, deletions, skips and clips are given wherever they are. Letters other than A, C,
            G, T count as N.
        min_mapq, min_baseq
            Lowest mapping and base quality that count, Phred, inclusive.
        want_names
            Whether to keep the QNAMEs.

        Raises
        ------
        InputError
            If the contig is unknown, or a record is truncated, corrupt, or (CRAM) not decodable with the reference.
        """
        self._check_contig(contig)
        start, end = max(start, 0), min(end, self.contigs[contig])
        if start >= end:
            return _batch((memoryview(b""), memoryview(b""), memoryview(b""), memoryview(b""), 0))
        window = reference_bases.translate(_TO_ACGTN)
        try:
            columns = self._scan.scan(
                self._tids[contig], start, end, window, reference_start, min_mapq, min_baseq, want_names
            )
        except OSError:
            cause = "" if self._in_reference is None else ", or it was written against another reference"
            raise InputError(
                f"{self._name} cannot be read at {contig}:{start + 1}-{end}: the file is truncated or corrupt{cause}; "
                f"check it with `samtools quickcheck` and copy or write it again"
            ) from None
        return _batch(columns)

    def _check_contig(self, contig: str) -> None:
        if contig not in self._tids:
            raise InputError(f"{self._name} has no contig '{contig}'; it has {_first_names(self.contigs)}")
        if self._in_reference is not None and contig not in self._in_reference:
            raise InputError(
                f"the reference has no contig '{contig}', which is needed to read {self._name}; "
                f"give the FASTA that the CRAM was written with"
            )
        if self.contigs[contig] > _LONGEST_CONTIG_BP:
            raise InputError(f"contig '{contig}' of {self._name} is longer than {_LONGEST_CONTIG_BP} bp")


@cache
def native_scanner() -> tuple[Callable[[str, str | None], Scan] | None, str]:
    """Return the compiled scanner, or `None` and the reason why it cannot be used."""
    ctypes.CDLL(libchtslib.__file__, ctypes.RTLD_GLOBAL)  # the compiled scanner takes its htslib from here
    try:
        from csfgeno.io._scan import NativeScan, row_sizes
    except ImportError as error:
        return None, str(error)
    if row_sizes() != (READ_DTYPE.itemsize, EVENT_DTYPE.itemsize):
        return None, "the compiled scanner is of another version of csfgeno; install csfgeno again"
    return NativeScan, ""


def _choose(native: bool | None) -> Callable[[str, str | None], Scan]:
    if native is False or (native is None and os.environ.get(TWIN_VARIABLE) == "1"):
        return TwinScan
    compiled, problem = native_scanner()
    if native and compiled is None:
        raise UsageError(f"the compiled scanner cannot be used: {problem}")
    return compiled or TwinScan


def _reference_contigs(name: str, reference: str | None) -> frozenset[str]:
    if reference is None:
        raise InputError(f"{name} is a CRAM, which cannot be read without its reference; give the FASTA")
    with ReferenceFasta(Path(reference)) as fasta:
        return frozenset(fasta.contigs)


def _forbid_lookups() -> None:
    """Keep htslib from looking for CRAM references anywhere but in the FASTA, and from writing to stderr."""
    os.environ["REF_PATH"] = os.devnull
    os.environ.pop("REF_CACHE", None)
    pysam.set_verbosity(0)


def _batch(columns: Columns) -> ReadBatch:
    reads, events, sequence, names, seen = columns
    return ReadBatch(
        reads=np.frombuffer(reads, READ_DTYPE),
        events=np.frombuffer(events, EVENT_DTYPE),
        sequence=np.frombuffer(sequence, np.uint8),
        names=bytes(names),
        seen=seen,
    )


def _first_names(contigs: Mapping[str, int]) -> str:
    return ", ".join(list(contigs)[:3]) + (" and others" if len(contigs) > 3 else "")
