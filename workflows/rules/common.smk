import importlib.util
import math
import re
import sys
from itertools import chain
from pathlib import Path
from shlex import quote

import yaml
from snakemake.exceptions import WorkflowError

OUTPUTS = {
    "html": "html",
    "json": "json",
    "findings": "tsv",
    "hotspots": "hotspots.tsv",
    "fusions": "fusions.tsv",
    "rearrangements": "rearrangements.tsv",
    "copies": "copies.tsv",
    "losses": "losses.tsv",
    "vcf": "vcf.gz",
    "index": "vcf.gz.tbi",
    "maf": "maf",
    "fhir": "fhir.json",
    "multiqc": "csfgeno_mqc.json",
    "multiqc_families": "csfgeno_families_mqc.json",
    "multiqc_lengths": "csfgeno_lengths_mqc.json",
}
"""What `csfgeno call` writes, by the name a rule gives it."""

MULTIQC_FILES = [suffix for name, suffix in OUTPUTS.items() if name.startswith("multiqc")]
COHORT_TABLES = expand("results/cohort/{table}.tsv", table=("variants", "artefacts", "runs", "recurrence"))
# The program itself and not its path, which is another in every run: a changed parameter would align everything again.
UMI_TO_RX = Path(workflow.source_path("../scripts/umi_to_rx.awk")).read_text(encoding="utf-8")
INDEX_SUFFIXES = (".bai", ".csi", ".crai")
BWA_SUFFIXES = (".amb", ".ann", ".bwt", ".pac", ".sa")


# ------------------------------------------------------------------------- configuration and sheets


def load_module(name):
    """Return a Python file of the workflow as a module, also where the workflow itself was fetched from elsewhere."""
    spec = importlib.util.spec_from_file_location(name, workflow.source_path(f"../scripts/{name}.py"))
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def load_yaml(path):
    with open(path, encoding="utf-8") as stream:
        return yaml.safe_load(stream)


def checked(function, *arguments):
    """Return what `function` returns; what it refuses ends the run with its message."""
    try:
        return function(*arguments)
    except sheet.SheetError as error:
        raise WorkflowError(str(error))


def with_defaults(values, schema):
    """Return a mapping with the defaults of its schema filled in, one level deep."""
    defaults = {key: entry["default"] for key, entry in schema["properties"].items() if "default" in entry}
    return defaults | dict(values)


def read_config(values):
    schema = load_yaml(workflow.source_path("../schemas/config.schema.yaml"))
    checked(sheet.check_config, values, schema, "configuration")
    filled = with_defaults(values, schema)
    filled["umi"] = with_defaults(filled["umi"], schema["properties"]["umi"])
    return filled


def read_sheet(key):
    """Return the rows of the sheet that a key of the configuration names, none without the key."""
    if key not in CONFIG:
        return []
    schema = load_yaml(workflow.source_path(f"../schemas/{key}.schema.yaml"))
    return checked(sheet.read_rows, CONFIG[key], schema)


sheet = load_module("sheet")
CONFIG = read_config(config)
SHEET_CASES = {case.case_id: case for case in checked(sheet.gather_cases, read_sheet("samples"))}
NORMALS = {sample.name: sample for sample in checked(sheet.gather_samples, read_sheet("normals"))}
SAMPLES = list(chain((s for case in SHEET_CASES.values() for s in case.specimens.values()), NORMALS.values()))
checked(sheet.check_names, SAMPLES)
LANES = {sample.name: sample.lanes for sample in SAMPLES if sample.lanes}


# ------------------------------------------------------------------------------- finished case files


def read_case(path):
    """Return id and files of a finished case file; `csfgeno call` is the one that checks it."""
    try:
        case = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        return case["case_id"], {"path": path, "files": list(files_of(case, Path(path).parent))}
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
        for key in ("alignments", "vcf"):
            if key in specimen:
                yield folder / specimen[key]
                yield from indexes_of(folder / specimen[key])


def indexes_of(alignments):
    """Yield the indexes that lie beside an alignment file, with or without its own suffix."""
    for suffix in INDEX_SUFFIXES:
        for index in (Path(f"{alignments}{suffix}"), Path(alignments).with_suffix(suffix)):
            if index.exists():
                yield index


def read_cases(paths):
    """Return the finished case files by the id of their case."""
    cases = {}
    for path in paths:
        case_id, case = read_case(path)
        if case_id in cases or case_id in SHEET_CASES:
            raise WorkflowError(f"case_id {case_id} is in more than one case file or sheet; give each case its own")
        cases[case_id] = case
    return cases


CASE_FILES = read_cases(CONFIG["cases"])
CASES = [*SHEET_CASES, *CASE_FILES]


# ---------------------------------------------------------------------------------- inputs of rules


def any_of(names):
    """Return the pattern of a wildcard that is one of `names`."""
    return "|".join(map(re.escape, names)) or "(?!)"


def alignments_of(sample):
    """Return where the alignments of a sample are: as given, or as this workflow makes them."""
    return sample.alignments or f"results/alignments/{sample.name}.bam"


def reads_of(sample):
    """Return the files that hold the reads of a sample, with their index."""
    if sample.lanes:
        return [alignments_of(sample), f"{alignments_of(sample)}.bai"]
    path = sample.alignments or sample.variants
    return [path, *map(str, indexes_of(path))]


def case_file(wildcards):
    if wildcards.case in CASE_FILES:
        return CASE_FILES[wildcards.case]["path"]
    return f"results/cases/{wildcards.case}/case.yaml"


def case_inputs(wildcards):
    """Return every file that decides the result of a case, beside the case file."""
    if wildcards.case in CASE_FILES:
        return CASE_FILES[wildcards.case]["files"]
    specimens = SHEET_CASES[wildcards.case].specimens.values()
    return [CONFIG["reference"], *panel_inputs(), *chain.from_iterable(map(reads_of, specimens))]


def panel_inputs():
    return [CONFIG["panel"]] if Path(CONFIG["panel"]).is_file() else []


def clinical_inputs(wildcards):
    """Return the file of clinical keys of a case, nothing if there is none."""
    path = Path(CONFIG.get("clinical", ""), f"{wildcards.case}.yaml")
    return [path] if "clinical" in CONFIG and path.exists() else []


def model_inputs(wildcards):
    """Return the error model of the assay: as given, or as fitted from the normals, or none."""
    if "error_model" in CONFIG:
        return [CONFIG["error_model"]]
    return [FITTED_MODEL] if NORMALS else []


def recurrence_inputs(wildcards):
    return [CONFIG["recurrence"]] if "recurrence" in CONFIG else []


def normal_inputs(wildcards):
    return [CONFIG["reference"], *panel_inputs(), *reads_of(NORMALS[wildcards.normal])]


def lane_files(wildcards):
    """Return the two FASTQ files of a lane."""
    return LANES[wildcards.sample][int(wildcards.lane) - 1]


def lanes_of(pattern):
    """Return a function that gives `pattern` for every lane of a sample."""
    return lambda wildcards: expand(pattern, sample=wildcards.sample, lane=range(1, len(LANES[wildcards.sample]) + 1))


def lane_reports():
    """Return the reports of fastp on every lane of every sample."""
    return [
        f"results/lanes/{sample}.{lane}.fastp.json"
        for sample, lanes in LANES.items()
        for lane in range(1, len(lanes) + 1)
    ]


def awaited():
    """Return the files of the user that are not there yet, of a run that is only planned."""
    named = [CONFIG[key] for key in ("reference", "error_model", "recurrence") if key in CONFIG]
    for sample in SAMPLES:
        named += chain.from_iterable(sample.lanes)
        named += filter(None, (sample.alignments, sample.variants))
    for case in CASE_FILES.values():
        named += map(str, case["files"])
    return sorted({path for path in named if not Path(path).exists()}) if CONFIG["without_data"] else []


AWAITED = awaited()
ASSAY = CONFIG.get("assay", "assay")
FITTED_MODEL = f"results/model/{ASSAY}.model"
MADE_INDEX = f"results/genome/{Path(CONFIG['reference']).name}"
if CONFIG["aligner"] == "bwa-mem":
    # -K makes the alignments the same for any number of threads; -Y clips split reads softly; -C keeps the RX tag.
    INDEX = CONFIG.get("index", MADE_INDEX)
    ALIGNER_INDEX = multiext(INDEX, *BWA_SUFFIXES)
    ALIGNER_COMMAND = f"bwa mem -p -C -Y -K 100000000 {quote(INDEX)} -"
else:
    # -y keeps the RX tag, and --MD is left out: csfgeno compares reads with the reference itself.
    INDEX = CONFIG.get("index", f"{MADE_INDEX}.mmi")
    ALIGNER_INDEX = [INDEX]
    ALIGNER_COMMAND = f"minimap2 -a -x sr -y -Y {quote(INDEX)} -"


# ---------------------------------------------------------------------------- case files and options


def case_entry(wildcards):
    """Return the case file of a case of the sheet; its paths are relative to where it is written."""
    case = SHEET_CASES[wildcards.case]
    entry = {"case_id": case.case_id, "patient_code": case.patient}
    if "build" in CONFIG:
        entry["build"] = CONFIG["build"]
    return entry | {
        "reference": from_case_file(CONFIG["reference"]),
        "panel": from_case_file(CONFIG["panel"]) if panel_inputs() else CONFIG["panel"],
        "specimens": {kind: specimen_entry(sample) for kind, sample in case.specimens.items()},
    }


def specimen_entry(sample):
    files = (
        {"vcf": from_case_file(sample.variants)}
        if sample.variants
        else {"alignments": from_case_file(alignments_of(sample))}
    )
    return files | {"sample": sample.name} | dict(sample.facts)


def from_case_file(path):
    """Return a path as seen from the folder of a case file, `results/cases/CASE`."""
    return str(path) if Path(path).is_absolute() else str(Path("../../..", path))


def setting_options():
    return list(chain.from_iterable(("--set", f"{key}={value}") for key, value in CONFIG["settings"].items()))


def call_options(wildcards, input):
    """Return the options of `csfgeno call` that the configuration decides."""
    model = ["--error-model", *input.model] if input.model else []
    assay = ["--assay", ASSAY] if input.model and "assay" in CONFIG else []
    recurrence = ["--recurrence", *input.recurrence] if input.recurrence else []
    return [*model, *assay, *recurrence, *setting_options()]


def collect_options(wildcards):
    build = ["--build", CONFIG["build"]] if "build" in CONFIG else []
    return ["--reference", CONFIG["reference"], "--panel", CONFIG["panel"], *build, *setting_options()]


def umi_options():
    """Return what fastp needs to take inline UMIs off the reads and onto their names."""
    umi = CONFIG["umi"]
    location = {"inline": "per_read", "inline_1": "read1"}.get(umi["place"])
    if location is None:
        return ""
    return f"--umi --umi_loc {location} --umi_len {umi['length']} --umi_skip {umi['skip']}"


def rx_place():
    """Return where `umi_to_rx.awk` finds the UMI."""
    place = CONFIG["umi"]["place"]
    return "name" if place.startswith("inline") else place


# ------------------------------------------------------------------------------- measured resources


def size_mb(files):
    """Return the size of files in MB; those that are not there yet count 0."""
    return sum(Path(path).stat().st_size for path in files if Path(path).exists()) / 1e6


def align_mb(index, threads):
    return math.ceil(1500 + 1.1 * size_mb(index) + 250 * threads)


def align_minutes(reads, threads):
    return 30 + math.ceil(size_mb(reads) / (20 * threads))


def call_mb(files):
    # Reads are held by tile; the deepest case measured took 251 MB with two threads.
    return 2000


def call_minutes(files):
    # One core took 0.2 s a MB of alignments; this allows three times that.
    return 15 + math.ceil(size_mb(files) / 100)
