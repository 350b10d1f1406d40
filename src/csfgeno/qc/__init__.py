"""Quality of a specimen: how much DNA was seen, how evenly, and what that allows to say."""
