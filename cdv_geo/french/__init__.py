"""All French that a reader of a map, a fiche, a workbook or a template sees.

Each voice has its module: `map_texts`, `fiche_texts`, `printed_atlas_texts`, `workbook_texts` and
`template_texts`. None takes from another: what several say is in `shared_texts`, how a count is
said in `counts`, what tables, columns and keys are called in `table_labels`, and how numbers, units
and dates are set in `typography`.
"""
