// Package settings reads the configuration file and tells where each setting in force came
// from: flag, environment, file, or default, in this order of precedence.
//
// It works on any kong program and knows no setting by name, but what looks like a secret is
// masked.
package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// File is a configuration file: flags by their names, in JSON or YAML. `kafka: {tls: true}`
// means the same as `kafka-tls: true`. It implements kong.Resolver.
type File struct {
	values map[string]any
}

// Load implements kong.ConfigurationLoader for JSON and YAML alike.
func Load(r io.Reader) (kong.Resolver, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration file: %w", err)
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("read configuration file: it is larger than %d bytes", maxFile)
	}
	var content map[string]any
	if err := yaml.Unmarshal(raw, &content); err != nil {
		return nil, fmt.Errorf("read configuration file: it is neither JSON nor YAML: %w", err)
	}
	file := &File{values: map[string]any{}}
	if err := file.flatten("", content); err != nil {
		return nil, err
	}
	return file, nil
}

// flatten records the settings in content. A nested map either holds longer names, or, under
// the empty rest, the setting itself.
func (f *File) flatten(prefix string, content map[string]any) error {
	for key, value := range content {
		name := strings.ReplaceAll(key, "_", "-")
		if prefix != "" {
			name = prefix + "-" + name
		}
		if nested, ok := value.(map[string]any); ok {
			if err := f.flatten(name, nested); err != nil {
				return err
			}
			continue
		}
		if _, twice := f.values[name]; twice {
			return fmt.Errorf("configuration file: %q stands there twice", name)
		}
		f.values[name] = value
	}
	return nil
}

// Validate implements kong.Resolver: every name must be a flag of some command.
func (f *File) Validate(app *kong.Application) error {
	known := map[string]bool{}
	collect(app.Node, known)
	var errs []error
	for _, name := range slices.Sorted(keys(f.values)) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("configuration file: no command has a setting %q", name))
		}
	}
	return errors.Join(errs...)
}

// Resolve implements kong.Resolver. What the environment sets is left to it.
func (f *File) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if FromEnvironment(flag) != "" {
		return nil, nil //nolint:nilnil // kong's way to say that this resolver has nothing
	}
	switch value := f.values[flag.Name].(type) {
	case nil:
		return nil, nil //nolint:nilnil // as above
	case []any:
		parts := make([]string, len(value))
		for i, v := range value {
			parts[i] = fmt.Sprint(v)
		}
		return strings.Join(parts, ","), nil
	case bool:
		return value, nil
	default:
		return fmt.Sprint(value), nil
	}
}

// Has reports whether the file sets the flag of that name.
func (f *File) Has(name string) bool { return f != nil && f.values[name] != nil }

// FromEnvironment returns the variable that sets flag, empty where none does.
func FromEnvironment(flag *kong.Flag) string {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return name
		}
	}
	return ""
}

func collect(node *kong.Node, known map[string]bool) {
	for _, flag := range node.Flags {
		known[flag.Name] = true
	}
	for _, child := range node.Children {
		collect(child, known)
	}
}

func keys(m map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
