"""Coordinate reference systems: as files state them, as the registers know them."""
