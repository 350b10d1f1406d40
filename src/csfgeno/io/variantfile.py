"""Lists of variants that people write: a table with a header line, or a VCF."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pysam

from csfgeno.errors import InputError

_VCF_SUFFIXES = (".vcf", ".vcf.gz", ".bcf")


@dataclass(frozen=True, slots=True)
class VariantLine:
    """One variant as text by column name; `where` names file and line for messages."""

    where: str
    columns: Mapping[str, str]


def read_variant_file(path: Path) -> tuple[VariantLine, ...]:
    """Return the lines of a tab-separated table with a header, or the records of a VCF.

    Columns of a VCF are contig, pos, ref and alt, `end` of a symbolic ALT, `vaf` from INFO/VAF or INFO/AF, and
    haplotype, origin and reciprocal from INFO fields of those names in upper case. Column names are in lower case.

    Raises
    ------
    InputError
        If the file cannot be read, has no header, or a VCF record has not exactly one ALT.
    """
    if path.name.endswith(_VCF_SUFFIXES):
        return tuple(_read_vcf(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"variants {path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"variants {path.name} is not text; expected a tab-separated table or a VCF") from None
    return tuple(_read_table(text, path.name))


def _read_table(text: str, name: str) -> Iterator[VariantLine]:
    numbered = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("##")]
    if not numbered:
        raise InputError(f"variants {name} is empty; expected a header line of contig, pos, ref, alt, vaf")
    header = [column.strip().lstrip("#").lower() for column in numbered[0][1].split("\t")]
    for number, line in numbered[1:]:
        (cells,) = csv.reader([line], delimiter="\t", quoting=csv.QUOTE_NONE)
        yield VariantLine(f"{name} line {number}", dict(zip(header, map(str.strip, cells), strict=False)))


def _read_vcf(path: Path) -> Iterator[VariantLine]:
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as vcf:
            for number, record in enumerate(vcf, 1):
                yield _vcf_line(record, f"{path.name} record {number}")
    except (OSError, ValueError):
        raise InputError(f"variants {path.name} cannot be read as VCF; `bcftools view` tells why") from None
    finally:
        pysam.set_verbosity(verbosity)


def _vcf_line(record: pysam.VariantRecord, where: str) -> VariantLine:
    alts = record.alts or ()
    if len(alts) != 1:
        raise InputError(f"{where}: {len(alts)} ALT alleles; expected one, see `bcftools norm -m -`")
    info = {str(key).lower(): _text(value) for key, value in record.info.items()}
    place = {"contig": record.contig, "pos": str(record.pos), "ref": record.ref or "", "alt": alts[0]}
    labels = {key: info.get(key, "") for key in ("haplotype", "origin", "reciprocal")}
    if alts[0].startswith("<") and record.stop > record.pos:
        place["end"] = str(record.stop)
    return VariantLine(where, place | labels | {"vaf": info.get("vaf", info.get("af", ""))})


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
