# The store grows from run to run and is no output of a rule, for Snakemake removes outputs before it runs a rule.
# Loading a case again changes nothing, so that a killed job is simply run again.
rule cohort:
    input:
        expand("results/cases/{case}/{case}.json", case=CASES),
    output:
        variants=report(COHORT_TABLES[0], caption="../report/cohort.rst", category="Cohort"),
        artefacts=report(COHORT_TABLES[1], caption="../report/cohort.rst", category="Cohort"),
        runs=report(COHORT_TABLES[2], caption="../report/cohort.rst", category="Cohort"),
        recurrence=COHORT_TABLES[3],
    log:
        "logs/cohort.log",
    params:
        store=CONFIG["cohort"],
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input) // 100),
    conda:
        "../envs/csfgeno.yaml"
    shell:
        "(csfgeno cohort add {params.store:q} {input:q}"
        " && csfgeno cohort variants {params.store:q} --out {output.variants:q}"
        " && csfgeno cohort artefacts {params.store:q} --out {output.artefacts:q}"
        " && csfgeno cohort runs {params.store:q} --out {output.runs:q}"
        " && csfgeno cohort recurrence {params.store:q} --out {output.recurrence:q}) > {log:q} 2>&1"


rule multiqc:
    input:
        cases=expand("results/cases/{case}/{case}.{file}", case=CASES, file=MULTIQC_FILES),
        lanes=lane_reports(),
    output:
        report("results/multiqc.html", caption="../report/multiqc.rst", category="Quality"),
    log:
        "logs/multiqc.log",
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 15 * attempt,
    conda:
        "../envs/multiqc.yaml"
    shell:
        "multiqc --force --no-data-dir --no-version-check --filename {output:q} {input:q} > {log:q} 2>&1"
