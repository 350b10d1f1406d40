"""Fusions, copy number, loss of heterozygosity and exon skipping."""
