"""Routes, one file for each noun. They translate between HTTP and the rest, and decide nothing."""
