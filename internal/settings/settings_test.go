package settings_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"noctra/internal/settings"
)

type app struct {
	Config kong.ConfigFlag `name:"config"`
	Serve  struct {
		Addr     string   `name:"addr" default:"default:1"`
		Kafka    []string `name:"kafka" default:"k:1"`
		KafkaTLS bool     `name:"kafka-tls"`
		Postgres string   `name:"postgres" default:"postgres://u:hidden@h/d"`
	} `cmd:""`
}

// parse returns the settings in force, as name=value (source).
func parse(t *testing.T, file string, args ...string) (map[string]string, error) {
	t.Helper()
	var read *settings.File
	var cli app
	parser, err := kong.New(&cli, kong.DefaultEnvars("NTEST"), kong.Configuration(func(r io.Reader) (kong.Resolver, error) {
		resolver, err := settings.Load(r)
		if err == nil {
			read = resolver.(*settings.File)
		}
		return resolver, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		path := filepath.Join(t.TempDir(), "noctra.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	ctx, err := parser.Parse(append([]string{"serve"}, args...))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, s := range settings.InForce(ctx, read) {
		if s.Name != "config" {
			found[s.Name] = s.Value + " (" + s.Source + ")"
		}
	}
	return found, nil
}

func TestPrecedence(t *testing.T) {
	check := func(name, file, env string, args []string, want string) {
		t.Helper()
		if env != "" {
			t.Setenv("NTEST_ADDR", env)
		} else if err := os.Unsetenv("NTEST_ADDR"); err != nil {
			t.Fatal(err)
		}
		found, err := parse(t, file, args...)
		if err != nil || found["addr"] != want {
			t.Errorf("%s: addr = %q, %v; want %q", name, found["addr"], err, want)
		}
	}
	check("default", "", "", nil, "default:1 (default)")
	check("file", "addr: file:1", "", nil, "file:1 (file)")
	check("environment over file", "addr: file:1", "env:1", nil, "env:1 (environment NTEST_ADDR)")
	check("flag over all", "addr: file:1", "env:1", []string{"--addr=flag:1"}, "flag:1 (flag)")
}

func TestFile(t *testing.T) {
	found, err := parse(t, `{"kafka": ["a:1", "b:2"], "kafka_tls": true}`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"addr": "default:1 (default)", "kafka": "a:1,b:2 (file)", "kafka-tls": "true (file)", "postgres": "postgres://u:***@h/d (default)"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if _, err := parse(t, "adr: x\nkafka:\n  tsl: true\n"); err == nil || !strings.Contains(err.Error(), `"adr"`) || !strings.Contains(err.Error(), `"kafka-tsl"`) {
		t.Errorf("unknown settings: %v", err)
	}
	for _, broken := range []string{"{", "a: b: c", "- list"} {
		if _, err := settings.Load(bytes.NewBufferString(broken)); err == nil {
			t.Errorf("%q was read", broken)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "{}", "a: 1", `{"a": {"b": [1, null, {"c": true}]}}`, "a: &x [*x]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = settings.Load(bytes.NewReader(raw)) })
}

func TestFlags(t *testing.T) {
	got := settings.Flags(struct {
		Addr  string   `name:"addr"`
		Hosts []string `name:"hosts"`
		TLS   bool     `name:"tls"`
		Unset string   `name:"unset"`
		Other string
	}{Addr: "a:1", Hosts: []string{"x", "y"}, TLS: true, Other: "z"})
	if diff := cmp.Diff([]string{"--addr=a:1", "--hosts=x,y", "--tls=true"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithin(t *testing.T) {
	if err := settings.Within("rows", 5, 5, 9); err != nil {
		t.Error(err)
	}
	if err := settings.Within("wait", 2*time.Second, time.Millisecond, time.Second); err == nil || err.Error() != "--wait: 2s is not between 1ms and 1s" {
		t.Errorf("got %v", err)
	}
}
