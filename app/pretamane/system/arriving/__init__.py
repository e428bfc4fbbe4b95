"""What comes into a house from elsewhere: another house, any folder, or a paperless-ngx export."""
