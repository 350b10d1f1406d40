"""One `CaseReport` to JSON, VCF, TSV and HTML."""
