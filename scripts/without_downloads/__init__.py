"""Only for machines that can't reach Pulumi's downloads: builds the engine and stands in for pulumi-aws's plugin (README.md)."""
