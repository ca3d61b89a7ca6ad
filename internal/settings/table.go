package settings

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"noctra/internal/secrets"
)

// Setting is one setting in force.
type Setting struct {
	Name   string // of the flag, without dashes before it
	Value  string // secrets are masked
	Source string // "flag", "environment NOCTRA_…", "file" or "default"
}

// InForce returns the settings of the command that ctx has parsed, in the order of its help.
// file is the configuration file that was read, nil for none.
func InForce(ctx *kong.Context, file *File) []Setting {
	onLine := map[string]bool{}
	for _, path := range ctx.Path {
		if path.Flag != nil && !path.Resolved {
			onLine[path.Flag.Name] = true
		}
	}
	var all []Setting
	for _, flag := range ctx.Flags() {
		if flag.Name == "help" || flag.Hidden {
			continue
		}
		s := Setting{Name: flag.Name, Value: mask(flag.Name, format(ctx.FlagValue(flag))), Source: "default"}
		switch env := FromEnvironment(flag); {
		case onLine[flag.Name]:
			s.Source = "flag"
		case env != "":
			s.Source = "environment " + env
		case file.Has(flag.Name):
			s.Source = "file"
		}
		all = append(all, s)
	}
	return all
}

func format(value any) string {
	if list, ok := value.([]string); ok {
		return strings.Join(list, ",")
	}
	return fmt.Sprint(value)
}

// mask hides passwords in addresses, and whatever is named like a secret and is not a path.
func mask(name, value string) string {
	if value == "" || strings.HasSuffix(name, "-file") {
		return value
	}
	for _, word := range []string{"password", "secret", "token"} {
		if strings.Contains(name, word) {
			return "***"
		}
	}
	return secrets.MaskURL(value)
}

// Flags returns the arguments that give another command the settings in config, a struct with
// kong tags: one --name=value for each field that is not zero.
func Flags(config any) []string {
	var args []string
	v := reflect.ValueOf(config)
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if _, embedded := field.Tag.Lookup("embed"); embedded || field.Anonymous {
			args = append(args, Flags(value.Interface())...)
			continue
		}
		if name := field.Tag.Get("name"); name != "" && !value.IsZero() {
			args = append(args, "--"+name+"="+format(value.Interface()))
		}
	}
	return args
}
