"""Reports that write themselves: a fiche per quartier as PDF or Word, and a workbook."""
