# From FASTQ to sorted alignments with the UMI in RX. Samples that come as BAM, CRAM or VCF pass this file by.


rule index_for_bwa:
    input:
        CONFIG["reference"],
    output:
        multiext(MADE_INDEX, *BWA_SUFFIXES),
    log:
        "logs/genome/bwa_index.log",
    params:
        prefix=lambda wildcards, output: output[0].removesuffix(BWA_SUFFIXES[0]),
    threads: 1
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * (500 + math.ceil(2.5 * size_mb(input))),
        runtime=lambda wildcards, input, attempt: attempt * (30 + math.ceil(size_mb(input) / 15)),
    conda:
        "../envs/align.yaml"
    shell:
        "bwa index -p {params.prefix:q} {input:q} 2> {log:q}"


rule index_for_minimap2:
    input:
        CONFIG["reference"],
    output:
        f"{MADE_INDEX}.mmi",
    log:
        "logs/genome/minimap2_index.log",
    threads: 2
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * (500 + math.ceil(4 * size_mb(input))),
        runtime=lambda wildcards, attempt: 60 * attempt,
    conda:
        "../envs/align.yaml"
    shell:
        "minimap2 -x sr -t {threads} -d {output:q} {input:q} 2> {log:q}"


# fastp with one worker keeps the order of reads, so that equal FASTQ files give equal BAM files; it is not what takes
# the time. It drops no read for its quality: csfgeno counts molecules, and looks at base qualities itself.
rule align:
    input:
        reads=lane_files,
        index=ALIGNER_INDEX,
    output:
        bam=temp("results/lanes/{sample}.{lane}.bam"),
        report="results/lanes/{sample}.{lane}.fastp.json",
    log:
        "logs/lanes/{sample}.{lane}.log",
    params:
        umi=umi_options(),
        place=rx_place(),
        to_rx=lambda wildcards: UMI_TO_RX,
        aligner=ALIGNER_COMMAND,
        group=r"@RG\tID:{sample}.{lane}\tSM:{sample}\tLB:{sample}\tPL:ILLUMINA",
    threads: CONFIG["threads"]
    resources:
        mem_mb=lambda wildcards, input, threads, attempt: attempt * align_mb(input.index, threads),
        runtime=lambda wildcards, input, threads, attempt: attempt * align_minutes(input.reads, threads),
    conda:
        "../envs/align.yaml"
    shell:
        "(fastp --in1 {input.reads[0]:q} --in2 {input.reads[1]:q} --stdout --thread 1 {params.umi}"
        " --disable_quality_filtering --length_required 30 --dont_eval_duplication"
        " --json {output.report:q} --html /dev/null"
        " | awk -v place={params.place} {params.to_rx:q}"
        " | {params.aligner} -t {threads} -R {params.group:q}"
        " | samtools fixmate --no-PG -m -u - -"
        " | samtools sort --no-PG -m 500M -T {resources.tmpdir:q}/{wildcards.sample}.{wildcards.lane}"
        " -o {output.bam:q} -) 2> {log:q}"


rule merge_lanes:
    input:
        lanes_of("results/lanes/{sample}.{lane}.bam"),
    output:
        bam="results/alignments/{sample}.bam",
        index="results/alignments/{sample}.bam.bai",
    log:
        "logs/alignments/{sample}.log",
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
        runtime=lambda wildcards, input, attempt: attempt * (10 + math.ceil(size_mb(input) / 500)),
    conda:
        "../envs/align.yaml"
    shell:
        "samtools merge --no-PG -f --write-index -o {output.bam:q}##idx##{output.index:q} {input:q} 2> {log:q}"


# Under `without_data: true` a run can be planned before its files arrive; it cannot be run.
if AWAITED:

    rule awaited_data:
        output:
            AWAITED,
        log:
            "logs/awaited_data.log",
        localrule: True
        conda:
            "../envs/csfgeno.yaml"
        shell:
            "(echo 'without_data plans a run and does not run it; not there yet:' {output:q}; exit 1) > {log:q}"
