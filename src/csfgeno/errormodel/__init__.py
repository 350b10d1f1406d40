"""Background of unmutated molecules: how often one shows an allele by error."""
