"""Where the reads carry their UMI, and what becomes of reads that carry none."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from csfgeno.errors import InputError, UsageError
from csfgeno.io.batch import UMI_HAS_N, UMI_MISSING, UMI_PRESENT, UMI_UNUSABLE, ReadBatch

_LONGEST_HALF: Final = 32
_BREAK: Final = 5
_CODES: Final = np.full(256, 6, np.uint8)
"""0-3 a base, 4 N, 5 what parts two halves, 6 anything else."""

for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt", b"Nn", b"-_+")):
    _CODES[list(_letters)] = _code


@dataclass(frozen=True, slots=True)
class UmiSource:
    """Where UMIs are.

    Attributes
    ----------
    name_separator
        The UMI is what follows the last one of this character in the read name; `None`: the tags RX and MI.
    allow_missing
        Whether reads without a UMI are left out and counted instead of refused.
    """

    name_separator: str | None = None
    allow_missing: bool = False

    def __post_init__(self) -> None:
        separator = self.name_separator
        if separator is not None and (len(separator) != 1 or separator.isalnum() or not separator.isprintable()):
            raise UsageError(f"the separator of UMIs in read names is '{separator}'; expected one sign such as _ or :")


FROM_TAGS: Final = UmiSource()


def take_umis(batch: ReadBatch, source: UmiSource) -> ReadBatch:
    """Return the batch with the UMIs from where they are; from names, it needs `batch.names`."""
    if source.name_separator is None:
        return batch
    reads = batch.reads.copy()
    for column, values in zip(_COLUMNS, _read_names(batch.names, source.name_separator), strict=True):
        reads[column] = values
    reads["mi"], reads["mi_strand"] = 0, 0
    return replace(batch, reads=reads)


def has_umi(batch: ReadBatch) -> npt.NDArray[np.bool_]:
    """Return which reads of a batch carry a usable UMI or MI, shape (reads,)."""
    return has_usable_umi(batch.reads)


def has_usable_umi(reads: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Return which rows of `READ_DTYPE` carry a usable UMI or MI, shape (reads,)."""
    state = reads["umi_state"]
    return np.asarray((state == UMI_PRESENT) | (state == UMI_HAS_N) | (reads["mi"] != 0))


def drop_without_umi(batch: ReadBatch, source: UmiSource, where: str) -> tuple[ReadBatch, npt.NDArray[np.bool_]]:
    """Return the reads with a UMI, and which of the given ones have none, shape (reads,).

    Raises
    ------
    InputError
        If a read has none and that is not allowed; `where` begins the sentence.
    """
    lacking = ~has_umi(batch)
    if lacking.any() and not source.allow_missing:
        raise InputError(describe_missing(batch, source, where))
    return _keep(batch, ~lacking) if lacking.any() else batch, lacking


def describe_missing(batch: ReadBatch, source: UmiSource, where: str) -> str:
    """Return the sentence that says how many reads carry no UMI, why, and what to do."""
    lacking = ~has_umi(batch)
    unusable = int(np.count_nonzero(lacking & (batch.reads["umi_state"] == UMI_UNUSABLE)))
    carrier = "RX or MI" if source.name_separator is None else f"read name after the last '{source.name_separator}'"
    wrong = f", {unusable:,} of them something else than at most {_LONGEST_HALF} bases a half" if unusable else ""
    return (
        f"{where}: {np.count_nonzero(lacking):,} of {len(lacking):,} reads ({lacking.mean():.1%}) carry no UMI "
        f"({carrier}){wrong}; expected one on every read: extract UMIs again, leave these reads out with "
        "--allow-missing-umi, or collapse by coordinates alone with --evidence-mode fragments"
    )


def _keep(batch: ReadBatch, wanted: npt.NDArray[np.bool_]) -> ReadBatch:
    """Return the wanted reads with their events and links, without names; the bases stay where they are."""
    number = np.cumsum(wanted) - 1
    events, links = (table.compress(wanted[table["read"]]) for table in (batch.events, batch.links))
    events["read"], links["read"] = number[events["read"]], number[links["read"]]
    return replace(batch, reads=batch.reads.compress(wanted), events=events, links=links, names=b"")


# ---------------------------------------------------------------------------------- read names

_COLUMNS: Final = ("umi_state", "umi_1", "umi_2", "umi_n", "umi_1_length", "umi_2_length")


def _read_names(names: bytes, separator: str) -> tuple[npt.NDArray[np.generic], ...]:
    """Return `_COLUMNS` of the UMIs at the ends of `names`, which are one a line; as the scanner reads them from RX."""
    text = np.frombuffer(names, np.uint8)
    start, length = _last_fields(text, ord(separator))
    half = np.zeros(len(start), np.int64)
    packed, unknown = np.zeros((2, 2, len(start)), np.uint64)
    size = np.zeros((2, len(start)), np.int64)
    is_wrong = length > 2 * _LONGEST_HALF + 1
    for offset in range(min(int(length.max(initial=0)), 2 * _LONGEST_HALF + 1)):
        code = np.where(offset < length, _CODES[text[np.minimum(start + offset, len(text) - 1)]], 255)
        is_break = (code == _BREAK) & (half == 0)
        is_wrong |= (code >= _BREAK) & (code != 255) & ~is_break
        for side in (0, 1):
            rows = np.flatnonzero((code < _BREAK) & (half == side))
            packed[side, rows] = packed[side, rows] << np.uint64(2) | (code[rows] & 3)
            unknown[side, rows] = unknown[side, rows] << np.uint64(2) | (code[rows] == 4)
            size[side, rows] += 1
        half += is_break
    is_wrong |= (size > _LONGEST_HALF).any(axis=0)
    holes = unknown[0] | unknown[1] << np.uint64(1)
    state = np.select(
        [is_wrong, size.sum(axis=0) == 0, holes != 0], [UMI_UNUSABLE, UMI_MISSING, UMI_HAS_N], UMI_PRESENT
    )
    return state, *(np.where(is_wrong, 0, column) for column in (*packed, holes, *size))


def _last_fields(text: npt.NDArray[np.uint8], separator: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return start and length of what follows the last separator of each line; length 0 without a separator."""
    end = np.flatnonzero(text == ord("\n"))
    begin = np.concatenate(([0], end[:-1] + 1)) if len(end) else end
    marks = np.concatenate(([-1], np.flatnonzero(text == separator)))
    last = marks[np.searchsorted(marks, end) - 1]
    start = np.where(last >= begin, last + 1, end)
    return start, end - start
