"""What a user's program declares: resources, the component `ServiceRoles`, data source functions. Runs in the program."""
