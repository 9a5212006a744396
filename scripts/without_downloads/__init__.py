"""For machines that can't reach Pulumi's downloads: builds the engine, and has a stand-in for pulumi-aws's plugin."""
