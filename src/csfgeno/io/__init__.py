"""The only package that opens files: alignments, FASTA, BED, VCF, tables."""
