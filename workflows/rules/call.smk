rule call:
    input:
        case=case_file,
        files=case_inputs,
    output:
        **{name: f"results/{{case}}/{{case}}.{suffix}" for name, suffix in OUTPUTS.items()},
    log:
        "logs/{case}.log",
    params:
        directory=lambda wildcards, output: Path(output.json).parent,
    threads: config["threads"]
    resources:
        mem_mb=config["mem_mb"],
        runtime=config["runtime"],
    conda:
        "../envs/csfgeno.yaml"
    shell:
        "csfgeno call {input.case:q} --out-dir {params.directory:q} --threads {threads} > {log:q} 2>&1"
