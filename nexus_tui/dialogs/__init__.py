"""Questions put over a screen: each answers with a value and changes nothing itself."""
