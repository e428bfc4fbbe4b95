"""Documents that come from another house, go to one, or go to the person they are about."""
