"""How the weights of the understanding are learned, and from which messages. Not part of the service."""
