"""Layers with geometry: GeoJSON, GeoPackage, Shapefile, GeoParquet."""
