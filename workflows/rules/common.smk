import re
from collections import Counter
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

OUTPUTS = {
    "html": "html",
    "json": "json",
    "findings": "tsv",
    "hotspots": "hotspots.tsv",
    "vcf": "vcf.gz",
    "index": "vcf.gz.tbi",
    "multiqc": "csfgeno_mqc.json",
}
INDEX_SUFFIXES = (".bai", ".csi", ".crai")


def read_case(path):
    """Return the case file as text values; `csfgeno call` is the one that checks it."""
    try:
        case = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        return {"path": path, "id": case["case_id"], "files": list(files_of(case, Path(path).parent))}
    except OSError as error:
        raise WorkflowError(f"case file {path} cannot be read: {error.strerror}")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise WorkflowError(f"{path} is not a case file: expected case_id, reference and specimens with alignments")


def files_of(case, folder):
    """Yield every file that a case is made from, so that a change to one of them runs the case again."""
    yield folder / case["reference"]
    panel = folder / case.get("panel", "")
    if panel.is_file():
        yield panel
    for specimen in case["specimens"].values():
        alignments = folder / specimen["alignments"]
        yield alignments
        yield from indexes_of(alignments)


def indexes_of(alignments):
    """Yield the indexes that lie beside an alignment file, with or without its own suffix."""
    for suffix in INDEX_SUFFIXES:
        for index in (Path(f"{alignments}{suffix}"), alignments.with_suffix(suffix)):
            if index.exists():
                yield index


def index_cases(paths):
    """Return the cases by their id."""
    cases = [read_case(path) for path in paths]
    repeated = [case_id for case_id, count in Counter(case["id"] for case in cases).items() if count > 1]
    if repeated:
        raise WorkflowError(f"case_id {repeated[0]} is in more than one case file; give each case its own")
    return {case["id"]: case for case in cases}


def case_file(wildcards):
    return CASES[wildcards.case]["path"]


def case_inputs(wildcards):
    return CASES[wildcards.case]["files"]


CASES = index_cases(config["cases"])
