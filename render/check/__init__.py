"""What is wrong with a scene, or will look wrong, before anything is trained."""
