"""What each channel writes: one module per group of channels, each a list of `ExportQuery`."""
