"""Tables of cells, CSV and XLSX: which rows they have, which column is which, what a cell means."""
