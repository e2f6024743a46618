"""Community dermatology photography, from referral to the patient being told."""
