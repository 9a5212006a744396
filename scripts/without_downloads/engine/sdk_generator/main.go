// Makes an SDK from a schema, by Pulumi's own generators: sdk_generator RUNTIME SCHEMA FOLDER, RUNTIME as in Pulumi.yaml.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Our schema refers to no other package, so that nothing is ever loaded.
type none struct{ schema.Loader }

var importers = map[string]schema.Language{"nodejs": nodejs.Importer, "go": golang.Importer}

func generate(runtime string, pkg *schema.Package) (map[string][]byte, error) {
	if runtime == "go" {
		return golang.GeneratePackage("proton-provider", pkg, nil)
	}
	return nodejs.GeneratePackage("proton-provider", pkg, nil, nil, true, nil)
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		log.Fatal(err)
	}
	pkg, err := schema.ImportSpec(spec, importers, none{}, schema.ValidationOptions{})
	if err != nil {
		log.Fatal(err)
	}
	files, err := generate(os.Args[1], pkg)
	if err != nil {
		log.Fatal(err)
	}
	for name, content := range files {
		file := filepath.Join(os.Args[3], name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
