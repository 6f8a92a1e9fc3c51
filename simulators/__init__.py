"""Sites, wearers and badges that are not there, with the truth known; recordings; faults."""
