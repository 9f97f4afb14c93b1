"""All French that a reader of a map, a fiche, a workbook or a template sees."""
