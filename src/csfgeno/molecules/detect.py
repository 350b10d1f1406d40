"""How the reads of a specimen become molecules: told from what they carry, never assumed."""

from typing import Final

import numpy as np

from csfgeno.errors import InputError
from csfgeno.io.batch import UMI_UNUSABLE, ReadBatch
from csfgeno.molecules.grouping.umi_reads import UmiSource, describe_missing, has_umi
from csfgeno.vocab import EvidenceMode

PROBE_READS: Final = 2_000
"""Reads looked at before the mode is decided."""


def detect_mode(batch: ReadBatch, umis: UmiSource, name: str) -> EvidenceMode:
    """Return the evidence mode of some reads.

    Consensus tags win over UMIs, because consensus reads keep the UMI of their family; UMIs (RX, MI or the read name)
    win over nothing. Reads without any are collapsed by their fragment coordinates, unless UMIs were said to be in
    their names.

    Raises
    ------
    InputError
        If only a part of the reads carries a UMI and that is not allowed, or none does that can be read.
    """
    reads = batch.reads
    has_consensus = (reads["depth_consensus"] > 0) | (reads["depth_a"] > 0) | (reads["depth_b"] > 0)
    if len(reads) and has_consensus.all():
        return EvidenceMode.CONSENSUS_READS
    carries = has_umi(batch)
    is_announced = umis.name_separator is not None or bool(np.any(reads["umi_state"] == UMI_UNUSABLE))
    if not carries.any() and not is_announced:
        return EvidenceMode.FRAGMENTS
    if not carries.all() and not (umis.allow_missing and carries.any()):
        raise InputError(describe_missing(batch, umis, name))
    return EvidenceMode.UMI_FAMILIES
