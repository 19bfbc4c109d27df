"""What a trunk is, and the rules about trunks that need neither network nor clock."""
