"""What the tests of several engines need. In no image: nothing but tests names it."""
