"""The assets of the graph. A body takes inputs, makes one call and reports numbers."""
