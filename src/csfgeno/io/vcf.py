"""VCF files of other callers, as text by line: what stands where, so that a message can name the line."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from csfgeno.errors import InputError

SUFFIXES: Final = (".vcf", ".vcf.gz", ".vcf.bgz")

_COLUMNS: Final = 8


@dataclass(frozen=True, slots=True)
class VcfLine:
    """One record: its line in the file, the fixed columns, INFO, and the FORMAT fields of the chosen sample."""

    number: int
    contig: str
    pos: int
    ref: str
    alts: tuple[str, ...]
    filters: tuple[str, ...]
    info: Mapping[str, str]
    sample: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VcfFile:
    """Header and records; `contigs` are lengths in bp where the header gives them."""

    name: str
    sample: str | None
    contigs: Mapping[str, int]
    lines: tuple[VcfLine, ...]


def is_vcf(path: Path) -> bool:
    """Return whether a path is named like a VCF."""
    return path.name.endswith(SUFFIXES)


def read_vcf(path: Path, wanted: str | None) -> VcfFile:
    """Return a plain or compressed VCF.

    Parameters
    ----------
    wanted
        Sample name of the case; needed if the file has several samples and names no tumour.

    Raises
    ------
    InputError
        If the file cannot be read, is no VCF, a line has too few columns, or its sample cannot be told.
    """
    rows = list(enumerate(_text(path).splitlines(), 1))
    header = [row for _, row in rows if row.startswith("##")]
    columns = next((row.split("\t") for _, row in rows if row.startswith("#CHROM")), None)
    if columns is None or not header[:1] or not header[0].startswith("##fileformat=VCF"):
        raise InputError(f"{path.name} is not a VCF; expected lines '##fileformat=VCF...' and '#CHROM...'")
    samples = columns[_COLUMNS + 1 :]
    chosen = _choose(path.name, samples, wanted, header)
    index = samples.index(chosen) if chosen is not None else None
    body = [(number, row) for number, row in rows if row and not row.startswith("#")]
    lines = tuple(_line(path.name, number, row, index) for number, row in body)
    return VcfFile(path.name, chosen, dict(_contigs(header)), lines)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror or 'it is damaged'}") from None
    except (EOFError, zlib.error, UnicodeDecodeError):
        raise InputError(f"{path.name} is damaged or truncated; copy or write the file again") from None


def _choose(name: str, samples: list[str], wanted: str | None, header: list[str]) -> str | None:
    """Return the sample to read: the case's, the tumour that the header or the column names, or the only one."""
    if len(samples) <= 1:
        return samples[0] if samples else None
    tumour = next((row.partition("=")[2] for row in header if row.startswith("##tumor_sample=")), "TUMOR")
    for candidate in (wanted, tumour):
        if candidate in samples:
            return candidate
    raise InputError(f"{name} has the samples {', '.join(samples[:5])}; give the one to read as 'sample'")


def _contigs(header: list[str]) -> Iterator[tuple[str, int]]:
    for row in header:
        if row.startswith("##contig=<"):
            fields = dict(part.partition("=")[::2] for part in row[len("##contig=<") :].rstrip(">").split(","))
            if fields.get("length", "").isdigit():
                yield fields["ID"], int(fields["length"])


def _line(name: str, number: int, row: str, index: int | None) -> VcfLine:
    cells = row.split("\t")
    if len(cells) < _COLUMNS or not cells[1].isdigit():
        raise InputError(f"{name} line {number} is no VCF record; expected at least {_COLUMNS} columns and a position")
    fields: dict[str, str] = {}
    if index is not None:
        if len(cells) <= _COLUMNS + 1 + index:
            raise InputError(f"{name} line {number} lacks the column of its sample; the file may be truncated")
        fields = dict(zip(cells[_COLUMNS].split(":"), cells[_COLUMNS + 1 + index].split(":"), strict=False))
    info = {part.partition("=")[0]: part.partition("=")[2] for part in cells[7].split(";")}
    # An empty FILTER is not PASS, which is a caller's statement.
    filters = tuple(f or "." for f in cells[6].split(";") if f != "PASS")
    alts = tuple(alt.upper() for alt in cells[4].split(","))
    return VcfLine(number, cells[0], int(cells[1]), cells[3].upper(), alts, filters, info, fields)
