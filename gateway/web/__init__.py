"""The pages: templates, one stylesheet, small modules, and one file of translations."""
