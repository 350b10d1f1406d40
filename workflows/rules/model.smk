# The error model of the assay. Each normal is read once, in its own job; the fit reads the collected counts only.


rule collect:
    input:
        files=normal_inputs,
    output:
        "results/model/{normal}.counts",
    log:
        "logs/model/{normal}.log",
    params:
        alignments=lambda wildcards: alignments_of(NORMALS[wildcards.normal]),
        options=collect_options,
    threads: CONFIG["threads"]
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * call_mb(input.files),
        runtime=lambda wildcards, input, attempt: attempt * call_minutes(input.files),
    conda:
        "../envs/csfgeno.yaml"
    shell:
        "csfgeno model collect {params.alignments:q} --out {output:q} --threads {threads} {params.options:q}"
        " > {log:q} 2>&1"


rule fit_model:
    input:
        expand("results/model/{normal}.counts", normal=NORMALS),
    output:
        model=FITTED_MODEL,
        page=report(
            f"results/model/{ASSAY}.html",
            caption="../report/model.rst",
            category="Error model",
            labels={"assay": ASSAY},
        ),
    log:
        "logs/model.log",
    params:
        assay=ASSAY,
        options=setting_options(),
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (10 + len(input) // 10),
    conda:
        "../envs/csfgeno.yaml"
    shell:
        "(csfgeno model fit {input:q} --assay {params.assay:q} --out {output.model:q} {params.options:q}"
        " && csfgeno model show {output.model:q} --html {output.page:q}) > {log:q} 2>&1"
