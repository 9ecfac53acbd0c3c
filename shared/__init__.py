"""What two services need: the contract between them."""
