"""Places: what holds there, who must leave, who is inside, whose tags are heard."""
