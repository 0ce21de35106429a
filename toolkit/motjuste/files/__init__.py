"""Files: how they are opened, on which line what stands, cells that are no formulas."""
