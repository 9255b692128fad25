"""What all systems share in training: the command line, calibration, released weights."""
