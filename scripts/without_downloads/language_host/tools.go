// Keeps the Python language host in go.mod when `go mod tidy` runs: it is a program, which nothing here imports.

//go:build tools

package tools

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
