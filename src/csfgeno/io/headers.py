"""What a BAM or CRAM says of itself: contigs, order, samples, index, and whether its first read can be had.

Only headers and one read are touched here; `molecules` reads the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pysam

from csfgeno.errors import InputError
from csfgeno.vocab import Build

_CRAM_MAGIC: Final = b"CRAM"
_CRAM_EOF_BLOCKS: Final = (
    bytes.fromhex("0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"),
    bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
)
"""End-of-file containers of CRAM 3 and 2.1 (CRAM format specification, section 9)."""
_FLAG_AND_CONTIG: Final = b"required_fields=0x6"
"""htslib decodes only FLAG and RNAME, for which a CRAM needs no reference."""

_CHROMOSOMES: Final = (*map(str, range(1, 23)), "X", "Y")
# fmt: off
_GRCH37_LENGTHS: Final = (
    249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747,
    135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520,
    48129895, 51304566, 155270560, 59373566,
)
_GRCH38_LENGTHS: Final = (
    248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422,
    135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167,
    46709983, 50818468, 156040895, 57227415,
)
# fmt: on
PRIMARY_LENGTHS: Final[Mapping[Build, Mapping[str, int]]] = MappingProxyType(
    {
        Build.GRCH37: MappingProxyType(dict(zip(_CHROMOSOMES, _GRCH37_LENGTHS, strict=True))),
        Build.GRCH38: MappingProxyType(dict(zip(_CHROMOSOMES, _GRCH38_LENGTHS, strict=True))),
    }
)
"""Length in bp of chromosomes 1-22, X, Y by plain name: Genome Reference Consortium, GCA_000001405.1 (GRCh37) and
GCA_000001405.15 (GRCh38), as in UCSC's chain file hg19ToHg38. No chromosome has the same length in both."""


@dataclass(frozen=True, slots=True)
class AlignmentHeader:
    """The parts of a BAM or CRAM header that decide whether the file can be used.

    Attributes
    ----------
    name
        Base name of the file, for messages.
    contigs
        Length in bp by name, in header order.
    md5s
        M5 by contig, where the header has one.
    sort_order
        SO of the header, `None` if it has none.
    samples
        Distinct SM of the read groups, sorted; empty without read groups.
    """

    name: str
    is_cram: bool
    contigs: Mapping[str, int]
    md5s: Mapping[str, str]
    sort_order: str | None
    samples: tuple[str, ...]


def read_header(path: Path) -> AlignmentHeader:
    """Return the header of a BAM or CRAM.

    Raises
    ------
    InputError
        If the file is missing, is neither BAM nor CRAM, is truncated (has no end-of-file block), or its header text
        is damaged.
    """
    _check_readable(path)
    with _opened(path) as alignments:
        if not (alignments.is_bam or alignments.is_cram):
            raise InputError(_not_alignments(path))
        try:
            return _parse_header(path.name, alignments)
        except (ValueError, KeyError, AssertionError):  # pysam asserts that it knows the record types
            raise InputError(
                f"{path.name} has a header that is damaged or not UTF-8 text; write the file again or repair it with "
                "`samtools reheader`"
            ) from None


def _parse_header(name: str, alignments: pysam.AlignmentFile) -> AlignmentHeader:
    fields: dict[str, Any] = alignments.header.to_dict()
    lines, groups = fields.get("SQ", []), fields.get("RG", [])
    return AlignmentHeader(
        name=name,
        is_cram=bool(alignments.is_cram),
        contigs=dict(zip(alignments.references, alignments.lengths, strict=True)),
        md5s={line["SN"]: str(line["M5"]).lower() for line in lines if "M5" in line},
        sort_order=fields.get("HD", {}).get("SO"),
        samples=tuple(sorted({str(group["SM"]) for group in groups if group.get("SM")})),
    )


def find_index(path: Path, *, is_cram: bool) -> Path | None:
    """Return the index beside a BAM (`.bai`, `.csi`) or CRAM (`.crai`), with or without the suffix of the file."""
    suffixes = (".crai",) if is_cram else (".csi", ".bai")
    candidates = (c for suffix in suffixes for c in (Path(f"{path}{suffix}"), path.with_suffix(suffix)))
    return next((c for c in candidates if c.is_file()), None)


def is_older(index: Path, path: Path) -> bool:
    """Whether an index was last written before its file."""
    return index.stat().st_mtime_ns < path.stat().st_mtime_ns


def is_index_usable(path: Path) -> bool:
    """Whether htslib can load the index of a BAM or CRAM."""
    with _opened(path) as alignments:
        return bool(alignments.has_index())


def has_placed_read(path: Path) -> bool:
    """Whether a coordinate-sorted file has a read with a position; those come before any read without one."""
    with _opened(path, format_options=[_FLAG_AND_CONTIG]) as alignments:
        first = next(alignments.fetch(until_eof=True), None)
        return first is not None and first.reference_id >= 0


def can_decode(path: Path, fasta: Path, contigs: Iterable[str]) -> bool:
    """Whether the first read of each contig of a CRAM can be decoded with a FASTA."""
    with _opened(path, reference_filename=str(fasta)) as alignments:
        try:
            for contig in contigs:
                next(alignments.fetch(contig), None)
        except (OSError, ValueError):
            return False
    return True


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
            stream.seek(0, 2)
            size = stream.tell()
            stream.seek(max(size - len(_CRAM_EOF_BLOCKS[0]), 0))
            tail = stream.read()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}") from None
    if size == 0:
        raise InputError(f"{path.name} is empty; expected a BAM or CRAM")
    # pysam looks for the end-of-file block of a BAM only.
    if magic == _CRAM_MAGIC and not tail.endswith(_CRAM_EOF_BLOCKS):
        raise InputError(_truncated(path))


@contextmanager
def _opened(path: Path, **options: Any) -> Iterator[pysam.AlignmentFile]:
    verbosity = pysam.set_verbosity(0)  # the exception says it; htslib would say it on stderr as well
    try:
        with _open(path, **options) as alignments:
            yield alignments
    except (OSError, NotImplementedError):  # htslib on a damaged block; pysam on plain gzip
        raise InputError(f"{path.name} is damaged: its first reads cannot be read; copy or write it again") from None
    finally:
        pysam.set_verbosity(verbosity)


def _open(path: Path, **options: Any) -> pysam.AlignmentFile:
    try:
        return pysam.AlignmentFile(str(path), "r", **options)
    except (OSError, ValueError) as error:
        message = _truncated(path) if "EOF marker" in str(error) else _not_alignments(path)
        raise InputError(message) from None


def _truncated(path: Path) -> str:
    return (
        f"{path.name} is truncated: its end-of-file block is missing, so reads are lost; copy or write the file again"
    )


def _not_alignments(path: Path) -> str:
    return f"{path.name} is not a readable BAM or CRAM; expected aligned reads, sorted by coordinate"
