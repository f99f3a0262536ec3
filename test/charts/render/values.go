package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/ghodss/yaml"
	"github.com/xeipuuv/gojsonschema"
)

type table = map[string]interface{}

// numbers is how values are decoded: as float64, or, as newer releases of Helm do in places, as their digits.
var numbers []yaml.JSONOpt

func keepDigits(decoder *json.Decoder) *json.Decoder {
	decoder.UseNumber()
	return decoder
}

// readValues reads files of values as Helm does: YAML 1.1 to JSON, so that every number is a float64. A later file
// wins; a null is kept, since it takes a default away.
func readValues(names []string) (table, error) {
	all := table{}
	for _, name := range names {
		text, err := readFile(name)
		if err != nil {
			return nil, err
		}
		values := table{}
		if err := yaml.Unmarshal(text, &values, numbers...); err != nil {
			return nil, fmt.Errorf("failed to parse %s: %w", name, err)
		}
		all = overlay(all, values)
	}
	return all, nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

func overlay(under, over table) table {
	merged := make(table, len(under))
	for key, value := range under {
		merged[key] = value
	}
	for key, value := range over {
		if upper, ok := value.(table); ok {
			if lower, ok := merged[key].(table); ok {
				merged[key] = overlay(lower, upper)
				continue
			}
		}
		merged[key] = value
	}
	return merged
}

// coalesce puts the chart's defaults under the given values. A null takes the default of its key away; of a table and
// something else, the given one wins, with a warning.
func coalesce(given, defaults table, path string) table {
	for key, value := range defaults {
		present, ok := given[key]
		if !ok {
			given[key] = value
			continue
		}
		if present == nil {
			delete(given, key)
			continue
		}
		lower, defaultIsTable := value.(table)
		upper, givenIsTable := present.(table)
		switch {
		case defaultIsTable && givenIsTable:
			coalesce(upper, lower, path+key+".")
		case defaultIsTable:
			fmt.Fprintf(os.Stderr, "warning: %s%s is a table in the chart and no table in the values\n", path, key)
		case givenIsTable && value != nil:
			fmt.Fprintf(os.Stderr, "warning: %s%s is no table in the chart and a table in the values\n", path, key)
		}
	}
	return given
}

// checkSchema refuses values with the words of Helm.
func checkSchema(values table, schema []byte, chart string) error {
	document, err := json.Marshal(values)
	if err != nil {
		return err
	}
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(document))
	if err != nil {
		return err
	}
	if result.Valid() {
		return nil
	}
	var words bytes.Buffer
	fmt.Fprintf(&words, "values don't meet the specifications of the schema(s) in the following chart(s):\n%s:\n", chart)
	for _, problem := range result.Errors() {
		fmt.Fprintf(&words, "- %s\n", problem)
	}
	return fmt.Errorf("%s", words.String())
}
