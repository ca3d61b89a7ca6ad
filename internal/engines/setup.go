package engines

import (
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
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
	portBlock = 32
)

// reserved are the first ports of the blocks of this process, listened on for as long as it lives: whoever
// else looks for ports takes another block, also before anything listens on the ports themselves.
var reserved struct {
	sync.Mutex
	listeners []net.Listener
}

// FreePorts returns n different TCP ports of 127.0.0.1, below 32, that nobody listens on now and that no
// other process gets from here while this one lives.
func FreePorts(n int) ([]int, error) {
	if n >= portBlock {
		return nil, fmt.Errorf("find %d free ports: at most %d at a time", n, portBlock-1)
	}
	var last error
	for range 100 * portBlock {
		first := firstPort + portBlock*mathrand.IntN((lastPort-firstPort)/portBlock)
		listener, err := listenLocal(first)
		if err != nil {
			last = err
			continue
		}
		ports, err := freeAfter(first, n)
		if err != nil {
			last = errors.Join(err, listener.Close())
			continue
		}
		reserved.Lock()
		reserved.listeners = append(reserved.listeners, listener)
		reserved.Unlock()
		return ports, nil
	}
	return nil, fmt.Errorf("find %d free ports: %w", n, last)
}

func freeAfter(first, n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		ports[i] = first + 1 + i
		listener, err := listenLocal(ports[i])
		if err != nil {
			return nil, err
		}
		_ = listener.Close()
	}
	return ports, nil
}

func listenLocal(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}
