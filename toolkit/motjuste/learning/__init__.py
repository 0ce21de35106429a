"""What is learnt from labelled notes, and the figures of the rules on them."""
