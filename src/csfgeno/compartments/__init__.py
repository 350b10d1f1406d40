"""CSF against plasma, tissue and normal: where an allele is, whose it is, and whether it could have been seen."""
