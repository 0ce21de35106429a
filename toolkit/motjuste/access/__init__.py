"""Right of access: the keys from a person to her notes, the third persons in them, the document that answers. Pure."""
