"""The cases of a laboratory together: which alleles recur, how often a variant is found, how runs change with time."""
