"""The plugins that come with fw: one module, one plugin, one entry point."""
