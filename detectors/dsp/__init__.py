"""Signal processing that several detectors share. numpy in, numpy out."""
