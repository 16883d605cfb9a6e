"""Every shop, every right, both channels, both languages: from the first words to the lawful answer."""
