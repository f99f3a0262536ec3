package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"github.com/ghodss/yaml"
)

// deepest is how often a template may include itself, as in Helm.
const deepest = 1000

// execute runs every template but the partials, which only define, with the same top-level values.
func execute(chart string, templates map[string]string, top table, live []table) (map[string]string, error) {
	names := make([]string, 0, len(templates))
	for name := range templates {
		names = append(names, name)
	}
	sort.Strings(names)

	root := template.New("gotpl").Option("missingkey=zero")
	root.Funcs(functions(root))
	root.Funcs(template.FuncMap{"lookup": lookupIn(live)})
	for _, name := range names {
		if _, err := root.New(path.Join(chart, name)).Parse(templates[name]); err != nil {
			return nil, fmt.Errorf("parse error at %w", err)
		}
	}
	texts := map[string]string{}
	for _, name := range names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		full := path.Join(chart, name)
		top["Template"] = table{"Name": full, "BasePath": path.Join(chart, "templates")}
		text, err := run(root, full, top)
		if err != nil {
			return nil, err
		}
		texts[full] = text
	}
	return texts, nil
}

// run blanks what Go prints for a missing key, as Helm does.
func run(root *template.Template, name string, input interface{}) (string, error) {
	var text strings.Builder
	if err := root.ExecuteTemplate(&text, name, input); err != nil {
		return "", err
	}
	return strings.ReplaceAll(text.String(), "<no value>", ""), nil
}

func functions(root *template.Template) template.FuncMap {
	known := sprig.TxtFuncMap()
	delete(known, "env")
	delete(known, "expandenv")
	known["getHostByName"] = func(string) string { return "" }

	known["toYaml"] = toYaml
	known["fromYaml"] = fromYaml
	known["fromYamlArray"] = fromYamlArray
	known["toJson"] = toJSON
	known["fromJson"] = fromJSON
	known["fromJsonArray"] = fromJSONArray
	known["required"] = required
	known["fail"] = func(why string) (string, error) { return "", errors.New(why) }
	known["lookup"] = lookupIn(nil)

	depth := map[string]int{}
	known["include"] = func(name string, input interface{}) (string, error) {
		if depth[name] > deepest {
			return "", fmt.Errorf("rendering template has a nested reference name: %s", name)
		}
		depth[name]++
		defer func() { depth[name]-- }()
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, input)
		return text.String(), err
	}
	known["tpl"] = func(text string, input interface{}) (string, error) {
		inner, err := root.Clone()
		if err != nil {
			return "", err
		}
		if _, err := inner.New("tpl").Parse(text); err != nil {
			return "", err
		}
		return run(inner, "tpl", input)
	}
	return known
}

// lookupIn finds one object by its name; nothing where there is none, as in "helm template".
func lookupIn(live []table) func(apiVersion, kind, namespace, name string) (table, error) {
	return func(apiVersion, kind, namespace, name string) (table, error) {
		if name == "" {
			return nil, errors.New("lookup of a list is not supported")
		}
		for _, object := range live {
			metadata, _ := object["metadata"].(table)
			place, _ := metadata["namespace"].(string)
			if object["apiVersion"] == apiVersion && object["kind"] == kind && metadata["name"] == name && place == namespace {
				return object, nil
			}
		}
		return table{}, nil
	}
}

func required(why string, value interface{}) (interface{}, error) {
	if value == nil || value == "" {
		return value, errors.New(why)
	}
	return value, nil
}

// The functions below swallow errors because Helm's do.

func toYaml(value interface{}) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

func toJSON(value interface{}) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func fromYaml(text string) table {
	value := table{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return value
}

func fromYamlArray(text string) []interface{} {
	value := []interface{}{}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return []interface{}{err.Error()}
	}
	return value
}

func fromJSON(text string) table {
	value := table{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		value["Error"] = err.Error()
	}
	return value
}

func fromJSONArray(text string) []interface{} {
	value := []interface{}{}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return []interface{}{err.Error()}
	}
	return value
}
