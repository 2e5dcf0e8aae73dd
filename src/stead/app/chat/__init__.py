"""What Stead makes of what people write and press in a chat."""
