"""What Nexus does: documents in, audited, explained, booked and answerable reports out."""
