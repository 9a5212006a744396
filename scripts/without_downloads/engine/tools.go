// Keeps the engine in go.mod when `go mod tidy` runs: the engine is a program, which nothing here imports.

//go:build tools

package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
