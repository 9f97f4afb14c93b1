"""The errors of cdv_geo: one root, so that a caller can catch them all."""


class CdvGeoError(Exception):
    """Stand for any refusal of the library; its message is one sentence for the user."""


class DataError(CdvGeoError):
    """Refuse data that break a rule; the message names the value, its place, what is accepted."""


class NameResolutionError(CdvGeoError):
    """Refuse a name that resolves to nothing, or to several quartiers."""


class RecipeError(CdvGeoError):
    """Refuse a map recipe: an unknown key, layer or value."""


class OutputError(CdvGeoError):
    """Refuse to write: the file exists, its kind is unknown, or its folder cannot be written."""
