"""The tables of a cohort store.

A store holds case ids, a keyed digest of each patient's code, measures of quality and counts of molecules. It holds no
patient code, clinical text, sample name, file name or therapy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from csfgeno.io.store import Store, open_store

APPLICATION_ID: Final = 0x43534647
"""`CSFG`."""

VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE laboratory (key TEXT NOT NULL);
INSERT INTO laboratory VALUES (hex(randomblob(32)));
CREATE TABLE panels (
    panel_id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    build TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (sha256, build)
);
CREATE TABLE targets (
    panel_id INTEGER NOT NULL REFERENCES panels,
    contig TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    PRIMARY KEY (panel_id, contig, start, end)
) WITHOUT ROWID;
CREATE TABLE reports (
    report_id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    case_id TEXT NOT NULL,
    patient TEXT NOT NULL,
    csfgeno TEXT NOT NULL,
    panel_id INTEGER NOT NULL REFERENCES panels,
    is_current INTEGER NOT NULL
);
CREATE UNIQUE INDEX one_current_report ON reports (case_id) WHERE is_current;
CREATE TABLE specimens (
    report_id INTEGER NOT NULL REFERENCES reports ON DELETE CASCADE,
    specimen TEXT NOT NULL,
    collected TEXT,
    evidence_mode TEXT NOT NULL,
    verdict TEXT NOT NULL,
    molecules INTEGER,
    median_depth REAL,
    mean_family_size REAL,
    duplex_share REAL,
    duplicate_rate REAL,
    on_target_rate REAL,
    hotspots INTEGER NOT NULL,
    hotspots_not_assessable INTEGER NOT NULL,
    PRIMARY KEY (report_id, specimen)
) WITHOUT ROWID;
CREATE TABLE alleles (
    allele_id INTEGER PRIMARY KEY,
    build TEXT NOT NULL,
    contig TEXT NOT NULL,
    start INTEGER NOT NULL,
    ref TEXT NOT NULL,
    alt TEXT NOT NULL,
    gene TEXT,
    hgvs_c TEXT,
    hgvs_p TEXT,
    is_hotspot INTEGER NOT NULL,
    UNIQUE (build, contig, start, ref, alt)
);
CREATE TABLE calls (
    report_id INTEGER NOT NULL REFERENCES reports ON DELETE CASCADE,
    allele_id INTEGER NOT NULL REFERENCES alleles,
    specimen TEXT NOT NULL,
    state TEXT NOT NULL,
    depth INTEGER,
    alt INTEGER,
    filters TEXT NOT NULL,
    PRIMARY KEY (report_id, allele_id, specimen)
) WITHOUT ROWID
"""


@contextmanager
def open_cohort(path: Path, *, writing: bool = False) -> Iterator[Store]:
    """Give the cohort store of a file; for writing it is made if it is not there.

    Raises
    ------
    InputError
        If the file is no cohort store of this version, or not there to be read.
    UsageError
        If it cannot be written.
    """
    with open_store(path, SCHEMA, APPLICATION_ID, VERSION, writing=writing) as store:
        yield store
