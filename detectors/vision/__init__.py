"""What a camera's tracks say: who stands in which zone, who lies on the floor."""
