"""Where a row says that it is, and how exactly."""
