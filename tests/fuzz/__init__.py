"""Spoil files in a hundred ways, give them to every command, and keep what breaks it.

`make fuzz` runs `python -m fuzz`; what it finds is kept in `seeds/`, named after its target, and
is tried again by `test_seeds.py` ever after. A seed by hand is a file of less than 10 kB called
`TARGET--WHAT-IS-WRONG.ENDING`, where TARGET is a key of `targets.TARGETS`.
"""
