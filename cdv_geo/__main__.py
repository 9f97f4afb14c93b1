"""Run the command line with `python -m cdv_geo`."""

from cdv_geo.cli.main import main

main()
