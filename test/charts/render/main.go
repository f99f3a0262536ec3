// Command render prints what Helm 3 would make of a chart, without a cluster and without Helm: the same template
// engine and functions, values typed and merged in the same way and checked against the same schema.
//
// Left out, since no chart here needs it: dependencies, hooks, the order of installation, toToml, and .Files.Glob.
//
// Exit codes: 0 rendered, 1 refused (the reason is on standard error), 2 wrong usage.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/ghodss/yaml"
)

// files collects the values of a flag that may be given again.
type files []string

func (f *files) String() string     { return strings.Join(*f, ",") }
func (f *files) Set(s string) error { *f = append(*f, s); return nil }

func main() {
	var values files
	chartDir := flag.String("chart", "", "folder of the chart")
	release := flag.String("release", "metallb", "name of the release")
	namespace := flag.String("namespace", "default", "namespace of the release")
	kubeVersion := flag.String("kube-version", "v1.20.2", "version of the cluster")
	apiVersions := flag.String("api-versions", "", "what the cluster serves, as group/version/Kind, separated by commas")
	upgrade := flag.Bool("upgrade", false, "an upgrade and no installation")
	digits := flag.Bool("digits", false, "keep the digits of numbers in place of float64")
	liveFile := flag.String("live", "", "file with the objects of the cluster that templates may look up, a YAML list")
	notes := flag.Bool("notes", false, "print the notes and nothing else")
	flag.Var(&values, "values", "file of values, - for standard input; may be given again")
	flag.Parse()
	if *chartDir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}

	if *digits {
		numbers = []yaml.JSONOpt{keepDigits}
	}
	given, err := readValues(values)
	exitOn(err)
	chart, err := loadChart(*chartDir)
	exitOn(err)
	live, err := readLive(*liveFile)
	exitOn(err)
	target := cluster{version: *kubeVersion, apis: splitList(*apiVersions), live: live}
	result, err := chart.render(given, target, map[string]interface{}{
		"Name":      *release,
		"Namespace": *namespace,
		"IsInstall": !*upgrade,
		"IsUpgrade": *upgrade,
		"Revision":  1,
		"Service":   "Helm",
	})
	exitOn(err)
	if *notes {
		fmt.Print(result.notes)
		return
	}
	for _, manifest := range result.manifests {
		fmt.Printf("---\n# Source: %s\n%s\n", manifest.name, manifest.text)
	}
}

func readLive(name string) ([]table, error) {
	if name == "" {
		return nil, nil
	}
	var live []table
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.UnmarshalStrict(text, &live)
	}
	return live, err
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func exitOn(err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "Error: %s\n", strings.TrimSpace(err.Error()))
	os.Exit(1)
}
