"""Workbooks that people fill in by hand."""
