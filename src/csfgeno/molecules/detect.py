"""How the reads of a specimen become molecules: told from what they carry, never assumed."""

from typing import Final

import numpy as np

from csfgeno.errors import InputError
from csfgeno.io.batch import UMI_MISSING, ReadBatch
from csfgeno.vocab import EvidenceMode

PROBE_READS: Final = 2_000
"""Reads looked at before the mode is decided."""


def detect_mode(batch: ReadBatch, name: str) -> EvidenceMode:
    """Return the evidence mode of some reads.

    Consensus tags win over UMIs, because consensus reads keep the UMI of their family; UMIs (RX, or MI without RX)
    win over nothing. Reads without any are collapsed by their fragment coordinates.

    Raises
    ------
    InputError
        If only a part of the reads carries a UMI.
    """
    reads = batch.reads
    has_consensus = (reads["depth_consensus"] > 0) | (reads["depth_a"] > 0) | (reads["depth_b"] > 0)
    if len(reads) and has_consensus.all():
        return EvidenceMode.CONSENSUS_READS
    has_umi = (reads["umi_state"] != UMI_MISSING) | (reads["mi"] != 0)
    share = float(np.mean(has_umi)) if len(reads) else 0.0
    if 0.0 < share < 1.0:
        raise InputError(
            f"{name}: {share:.1%} of its reads carry a UMI (RX or MI) and the others none; expected all or none: "
            "extract UMIs again, or give --evidence-mode fragments to collapse by coordinates alone"
        )
    return EvidenceMode.UMI_FAMILIES if share == 1.0 else EvidenceMode.FRAGMENTS
