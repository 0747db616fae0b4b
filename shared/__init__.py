"""Code that every function uses; ships as a layer and knows no function."""
