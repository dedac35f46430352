"""The one HTTP stack that every ingress is built with, and the small application at `/`."""
