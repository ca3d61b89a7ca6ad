package engines

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// secretNames are the passwords that the embedded engines need.
func secretNames() []string {
	return []string{"clickhouse_writer", "clickhouse_reader", "clickhouse_migrator", "postgres", "postgres_service"}
}

// EnsureSecrets makes the passwords of the engines in dir, one file of mode 0600 each. What is
// there stays.
func EnsureSecrets(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder of secrets: %w", err)
	}
	for _, name := range secretNames() {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			continue
		}
		// Written beside its place, so that a crash leaves no empty secret.
		if err := os.WriteFile(path+".new", []byte(rand.Text()+"\n"), 0o600); err != nil {
			return fmt.Errorf("make secret: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("make secret: %w", err)
		}
	}
	return nil
}

// Ports below the range that systems take for outgoing connections, so that nobody's
// connection sits on an engine's port while the engine is being restarted.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePorts returns n different TCP ports of 127.0.0.1 that nobody listens on now.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	var last error
	for attempt := 0; attempt < 100*n && len(ports) < n; attempt++ {
		port := firstPort + mathrand.IntN(lastPort-firstPort)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			last = err
			continue
		}
		// Held until the last is found, so that they differ.
		defer func() { _ = listener.Close() }()
		ports = append(ports, port)
	}
	if len(ports) < n {
		return nil, fmt.Errorf("find %d free ports: %w", n, last)
	}
	return ports, nil
}
