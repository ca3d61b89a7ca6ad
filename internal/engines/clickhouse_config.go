package engines

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"noctra/internal/secrets"
)

//go:embed clickhouse_config.xml
var clickHouseConfig string

//go:embed clickhouse_users.xml
var clickHouseUsers string

const (
	gib              = int64(1) << 30
	minMemory        = 1 * gib
	maxDefaultMemory = 8 * gib
)

// writeConfig writes config.xml and users.xml into the data directory.
func (c ClickHouse) writeConfig() error {
	if strings.ContainsAny(c.Dir, "<>&'\"") {
		return fmt.Errorf("clickhouse data directory %q: choose a path without < > & and quotes", c.Dir)
	}
	memory := c.Memory
	if memory == 0 {
		memory = min(max(machineMemory()*2/5, minMemory), maxDefaultMemory)
	}
	values := map[string]any{"Dir": c.Dir, "Memory": memory, "QueryMemory": memory / 2, "MarkCache": memory / 16, "Unsynced": c.Unsynced}
	for _, role := range []string{"writer", "reader", "migrator"} {
		password, err := secrets.ReadFile(filepath.Join(c.Secrets, "clickhouse_"+role))
		if err != nil {
			return fmt.Errorf("password of clickhouse user noctra_%s: %w", role, err)
		}
		sum := sha256.Sum256([]byte(password))
		values[role] = hex.EncodeToString(sum[:])
	}
	var err error
	if values["Shards"], values["Secret"], err = c.cluster(); err != nil {
		return err
	}
	for name, text := range map[string]string{"config.xml": clickHouseConfig, "users.xml": clickHouseUsers} {
		if err := writeTemplate(filepath.Join(c.Dir, name), text, values); err != nil {
			return fmt.Errorf("write clickhouse configuration: %w", err)
		}
	}
	return nil
}

// shard is a server of the cluster.
type shard struct{ Host, Port string }

// cluster returns the shards, and what the servers know each other by: queries that they send one
// another run as the user who asked.
func (c ClickHouse) cluster() (shards []shard, secret string, err error) {
	for _, address := range c.Shards {
		host, port, err := net.SplitHostPort(address)
		if err != nil || strings.ContainsAny(address, "<>&") {
			return nil, "", fmt.Errorf("clickhouse shard %q is no address", address)
		}
		shards = append(shards, shard{host, port})
	}
	password, err := secrets.ReadFile(filepath.Join(c.Secrets, "clickhouse_migrator"))
	if err != nil {
		return nil, "", fmt.Errorf("secret of the clickhouse cluster: %w", err)
	}
	sum := sha256.Sum256([]byte("cluster " + password))
	return shards, hex.EncodeToString(sum[:]), nil
}

func writeTemplate(path, text string, values map[string]any) error {
	t, err := template.New(filepath.Base(path)).Option("missingkey=error").Parse(text)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := t.Execute(file, values); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}

// machineMemory returns the machine's memory in bytes, 0 where it is not known.
func machineMemory() int64 {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "MemTotal: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}

func quote(s string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
