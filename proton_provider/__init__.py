"""Pulumi resources for AWS Proton environment account connections."""
