"""View models of the HTML report: frozen records of words and numbers, every one of them from the `CaseReport`."""
