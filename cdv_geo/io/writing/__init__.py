"""Files that are whole or not there, alone or a folder of them."""
