"""Sensor drivers, one file each. Nothing lists them: see docs/add-a-sensor-driver.md."""
