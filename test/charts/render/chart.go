package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"github.com/Masterminds/sprig"
	"github.com/ghodss/yaml"
)

// metadata is Chart.yaml, as templates see it under .Chart.
type metadata struct {
	APIVersion  string            `json:"apiVersion"`
	Name        string            `json:"name"`
	Version     string            `json:"version"`
	AppVersion  string            `json:"appVersion"`
	KubeVersion string            `json:"kubeVersion"`
	Description string            `json:"description"`
	Type        string            `json:"type"`
	Home        string            `json:"home"`
	Icon        string            `json:"icon"`
	Deprecated  bool              `json:"deprecated"`
	Keywords    []string          `json:"keywords"`
	Sources     []string          `json:"sources"`
	Annotations map[string]string `json:"annotations"`
	IsRoot      bool              `json:"-"`
}

// chartFiles are the files that are neither templates nor read by Helm itself.
type chartFiles map[string][]byte

func (f chartFiles) GetBytes(name string) []byte { return f[name] }
func (f chartFiles) Get(name string) string      { return string(f[name]) }

type chart struct {
	metadata  metadata
	defaults  table
	schema    []byte
	templates map[string]string
	files     chartFiles
}

func loadChart(dir string) (*chart, error) {
	c := &chart{defaults: table{}, templates: map[string]string{}, files: chartFiles{}}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return c.take(filepath.ToSlash(name), text)
	})
	if err == nil && (c.metadata.APIVersion != "v2" || c.metadata.Name == "" || c.metadata.Version == "") {
		err = fmt.Errorf("%s: Chart.yaml needs apiVersion v2, a name and a version", dir)
	}
	c.metadata.IsRoot = true
	return c, err
}

func (c *chart) take(name string, text []byte) error {
	switch {
	case name == "Chart.yaml":
		return yaml.UnmarshalStrict(text, &c.metadata)
	case name == "values.yaml":
		return yaml.UnmarshalStrict(text, &c.defaults, numbers...)
	case name == "values.schema.json":
		c.schema = text
	case strings.HasPrefix(name, "templates/"):
		c.templates[name] = string(text)
	case strings.HasPrefix(name, "charts/"):
		return fmt.Errorf("%s: dependencies are not supported", name)
	default:
		c.files[name] = text
	}
	return nil
}

// cluster is what .Capabilities tells of it.
type cluster struct {
	version string
	apis    []string
	// live are the objects that templates may look up.
	live []table
}

type versionSet []string

// Has tells whether the cluster serves a group/version or a group/version/Kind.
func (v versionSet) Has(api string) bool {
	for _, known := range v {
		if known == api || strings.HasPrefix(known, api+"/") {
			return true
		}
	}
	return false
}

type kubeVersion struct{ Version, Major, Minor string }

func (v kubeVersion) String() string     { return v.Version }
func (v kubeVersion) GitVersion() string { return v.Version }

func (k cluster) capabilities() map[string]interface{} {
	parts := append(strings.Split(strings.TrimPrefix(k.version, "v"), "."), "", "")
	return map[string]interface{}{
		"APIVersions": versionSet(append([]string{"v1", "apps/v1", "rbac.authorization.k8s.io/v1"}, k.apis...)),
		"KubeVersion": kubeVersion{Version: k.version, Major: parts[0], Minor: parts[1]},
		"HelmVersion": map[string]interface{}{"Version": "v3.11.0"},
	}
}

// fits tells whether the chart takes this cluster.
func (k cluster) fits(constraint string) error {
	if constraint == "" {
		return nil
	}
	compare := sprig.GenericFuncMap()["semverCompare"].(func(string, string) (bool, error))
	ok, err := compare(constraint, k.version)
	if err == nil && !ok {
		err = fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s", constraint, k.version)
	}
	return err
}

type manifest struct{ name, text string }

type rendering struct {
	manifests []manifest
	notes     string
}

func (c *chart) render(given table, target cluster, release map[string]interface{}) (*rendering, error) {
	if err := target.fits(c.metadata.KubeVersion); err != nil {
		return nil, err
	}
	values := coalesce(given, c.defaults, "")
	if c.schema != nil {
		if err := checkSchema(values, c.schema, c.metadata.Name); err != nil {
			return nil, err
		}
	}
	top := table{
		"Chart":        c.metadata,
		"Release":      release,
		"Capabilities": target.capabilities(),
		"Values":       values,
		"Files":        c.files,
		"Subcharts":    table{},
	}
	texts, err := execute(c.metadata.Name, c.templates, top, target.live)
	if err != nil {
		return nil, err
	}
	return arrange(texts)
}

// arrange leaves out what is empty, puts the notes aside, and refuses what is no YAML.
func arrange(texts map[string]string) (*rendering, error) {
	result := &rendering{}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text := texts[name]
		if path.Base(name) == "NOTES.txt" {
			result.notes = text
			continue
		}
		for _, document := range strings.Split("\n"+text, "\n---") {
			var object table
			if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
				return nil, fmt.Errorf("YAML parse error on %s: %w", name, err)
			}
			if len(object) > 0 {
				result.manifests = append(result.manifests, manifest{name, strings.Trim(document, "\n")})
			}
		}
	}
	return result, nil
}
