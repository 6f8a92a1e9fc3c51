"""The weights of the people model: what is here, and putting them here."""
