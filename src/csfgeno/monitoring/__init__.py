"""Serial samples: the same patient on different days."""
