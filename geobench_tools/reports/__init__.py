"""Tables, figures and one-file HTML pages that open without a network."""
