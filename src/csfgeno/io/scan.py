"""`AlignmentScanner`: the reads of a region of a BAM or CRAM as a `ReadBatch`.

The compiled scanner does the work where it could be built; its plain-Python twin fills the same arrays elsewhere.
"""

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
import pysam
import pysam.libchtslib as libchtslib

from csfgeno.errors import InputError, UsageError
from csfgeno.io._scan_twin import Columns, TwinScan
from csfgeno.io.batch import EMPTY_BATCH, EVENT_DTYPE, LINK_DTYPE, READ_DTYPE, ReadBatch
from csfgeno.io.headers import find_index, read_header
from csfgeno.io.reference import ReferenceFasta

TWIN_VARIABLE: Final = "CSFGENO_TWIN"
"""Environment variable that, set to 1, forces the plain-Python scanner."""

_LONGEST_CONTIG_BP: Final = (1 << 31) - 1
_TO_ACGTN: Final = bytes(code if code in b"ACGT" else ord("N") for code in range(256))


class ReferenceStretch(NamedTuple):
    """Upper-case ASCII bases and the position of the first; letters other than A, C, G, T count as N."""

    bases: bytes
    start: int


class Scan(Protocol):
    """What both scanners can do; they raise `OSError` with half a sentence that says why."""

    def contigs(self) -> dict[str, int]:
        """Return the length in bp of each contig, in header order."""
        ...

    def open(self, tid: int, start: int, end: int, /) -> None:
        """Go to the reads that overlap a region."""
        ...

    def take(
        self,
        stop: int,
        carry_from: int,
        reference: bytes,
        reference_start: int,
        min_mapq: int,
        min_baseq: int,
        want_names: bool,
        /,
    ) -> Columns:
        """Return the reads of the region that start before `stop`; those that end after `carry_from` come again."""
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
        window = ReferenceStretch(reference_bases, reference_start)
        return next(self.stream(contig, [(start, end)], window, min_mapq, min_baseq, want_names=want_names))

    def stream(
        self,
        contig: str,
        regions: Sequence[tuple[int, int]],
        reference: ReferenceStretch,
        min_mapq: int,
        min_baseq: int,
        *,
        want_names: bool = False,
    ) -> Iterator[ReadBatch]:
        """Yield the usable reads of each region, decoding every read once however many regions it overlaps.

        Parameters
        ----------
        regions
            Ascending, 0-based half-open; each is clamped to the contig. What lies between them is read over, so keep
            them close.
        reference
            Bases around all regions.
        min_mapq, min_baseq, want_names
            As in `scan`. `seen` counts the reads that start in a region or in the gap before it.

        Raises
        ------
        InputError
            As `scan`.
        """
        self._check_contig(contig)
        length = self.contigs[contig]
        clamped = [(max(start, 0), min(end, length)) for start, end in regions]
        window = reference.bases.translate(_TO_ACGTN)
        with self._explained(contig, clamped):
            for number, (start, end) in enumerate(clamped):
                if start >= end:
                    yield EMPTY_BATCH
                    continue
                if number == 0:
                    self._scan.open(self._tids[contig], start, clamped[-1][1])
                following = clamped[number + 1][0] if number + 1 < len(clamped) else length
                # Without a name, so that the rows of a region are gone before those of the next one are read.
                yield _batch(self._scan.take(end, following, window, reference.start, min_mapq, min_baseq, want_names))

    @contextmanager
    def _explained(self, contig: str, regions: Sequence[tuple[int, int]]) -> Iterator[None]:
        try:
            yield
        except OSError:
            cause = "" if self._in_reference is None else ", or it was written against another reference"
            raise InputError(
                f"{self._name} cannot be read at {contig}:{regions[0][0] + 1}-{regions[-1][1]}: the file is truncated "
                f"or corrupt{cause}; check it with `samtools quickcheck` and copy or write it again"
            ) from None

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
    if row_sizes() != tuple(dtype.itemsize for dtype in (READ_DTYPE, EVENT_DTYPE, LINK_DTYPE)):
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
    reads, events, sequence, names, links, far_reads, far_links, seen = columns
    return ReadBatch(
        reads=np.frombuffer(reads, READ_DTYPE),
        events=np.frombuffer(events, EVENT_DTYPE),
        sequence=np.frombuffer(sequence, np.uint8),
        names=bytes(names),
        seen=seen,
        links=np.frombuffer(links, LINK_DTYPE),
        far_reads=np.frombuffer(far_reads, READ_DTYPE),
        far_links=np.frombuffer(far_links, LINK_DTYPE),
    )


def _first_names(contigs: Mapping[str, int]) -> str:
    return ", ".join(list(contigs)[:3]) + (" and others" if len(contigs) > 3 else "")
