"""Spatial and thematic measures: pure functions, frames in and frames out, no files."""
