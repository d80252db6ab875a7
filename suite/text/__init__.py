"""Text without pictures: alphabets, edit distance, character n-grams."""
