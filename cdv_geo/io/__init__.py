"""Files in and out: the only part of the library that touches a disk."""
