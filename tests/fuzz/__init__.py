"""Mail nobody would write: properties that hold for any bytes, and a guided search for bytes that break them."""
