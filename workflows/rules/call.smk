rule write_case_file:
    input:
        clinical=clinical_inputs,
    output:
        "results/cases/{case}/case.yaml",
    log:
        "logs/cases/{case}.case_file.log",
    params:
        entry=case_entry,
    localrule: True
    conda:
        "../envs/csfgeno.yaml"
    script:
        "../scripts/write_case_file.py"


# One job a case: `csfgeno call` reads the panel in tiles by several threads, and takes seconds where alignment takes
# minutes, so that jobs by region would mostly wait for each other.
rule call:
    input:
        case=case_file,
        files=case_inputs,
        model=model_inputs,
        recurrence=recurrence_inputs,
    output:
        html=report(
            "results/cases/{case}/{case}.html",
            caption="../report/case.rst",
            category="Cases",
            labels={"case": "{case}", "file": "report"},
        ),
        **{name: f"results/cases/{{case}}/{{case}}.{suffix}" for name, suffix in OUTPUTS.items() if name != "html"},
    log:
        "logs/cases/{case}.log",
    params:
        directory="results/cases/{case}",
        options=call_options,
    threads: CONFIG["threads"]
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * call_mb(input.files),
        runtime=lambda wildcards, input, attempt: attempt * call_minutes(input.files),
    conda:
        "../envs/csfgeno.yaml"
    shell:
        "csfgeno call {input.case:q} --out-dir {params.directory:q} --threads {threads} {params.options:q}"
        " > {log:q} 2>&1"
