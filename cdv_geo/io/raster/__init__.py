"""Rasters and population grids."""
