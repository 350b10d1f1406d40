"""SHA-256 digests that tie an output to the files it was made from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from csfgeno.errors import InputError
from csfgeno.io.reference import ReferenceFasta
from csfgeno.records import Interval


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read as a stream.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}") from None


def digest_reference(fasta: ReferenceFasta, intervals: Iterable[Interval]) -> str:
    """Return the SHA-256 of what a run can see of a genome: its contigs, and its bases inside `intervals`.

    Hashing 3 GB would cost more than the whole analysis, and the bases outside the panel cannot change a call. So the
    digest covers name and length of every contig in file order (which build, which decoys) and the bases of the given
    intervals. Line width, letter case and compression do not matter, the order of `intervals` does not either.
    """
    digest = hashlib.sha256()
    for name, length in fasta.contigs.items():
        digest.update(f"{name}\t{length}\n".encode())
    for interval in sorted(set(intervals)):
        bases = fasta.fetch(interval.contig, interval.start, interval.end)
        digest.update(f"{interval}\t{bases}\n".encode())
    return digest.hexdigest()
