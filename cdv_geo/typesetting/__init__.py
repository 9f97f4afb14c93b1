"""What is set on paper: fonts, and the typesetter that sheets, fiches and the atlas share."""
