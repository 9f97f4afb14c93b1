"""The command `cdv-geo`: parse, one call to the library, write."""
