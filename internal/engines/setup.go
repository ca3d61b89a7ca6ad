package engines

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// secretNames are the passwords that the embedded engines need.
func secretNames() []string {
	return []string{"clickhouse_writer", "clickhouse_reader", "clickhouse_migrator", "postgres"}
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

// FreePorts returns n different TCP ports of 127.0.0.1 that nobody listens on now.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	var errs []error
	// All are held until the last is found, so that they differ.
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			errs = append(errs, fmt.Errorf("find a free port: %w", err))
			break
		}
		defer func() { _ = listener.Close() }()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, errors.Join(errs...)
}
