"""The demo: a community hall and a roadside station on one machine, with virtual devices."""
