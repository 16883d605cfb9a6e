"""Staff at work: the verbs in chat and in a terminal, the commands around them, and what the docs say of both."""
