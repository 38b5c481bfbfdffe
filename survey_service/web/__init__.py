"""What all pages share: permissions, forms, headers, languages, layouts and errors."""
