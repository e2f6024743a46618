"""Community dermatology photography: booking, capture, quality, custody, review and telling the patient."""
