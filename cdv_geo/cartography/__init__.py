"""Maps: a recipe becomes a scene, and a scene becomes a web page or a printed sheet."""
