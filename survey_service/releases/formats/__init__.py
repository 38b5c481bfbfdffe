"""The files of a release. Each is a pure function of what is published, byte for byte."""
