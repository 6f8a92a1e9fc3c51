"""What crosses a wire: messages, topics, the site file, severity. Pure, and pydantic alone."""
