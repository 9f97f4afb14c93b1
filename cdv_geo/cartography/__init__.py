"""Maps: a recipe becomes a scene, and a scene becomes a web page or a printed sheet."""

from cdv_geo.library_environment import elsewhere

with elsewhere():  # a matplotlibrc in the current folder is somebody else's
    import matplotlib as mpl  # noqa: F401
