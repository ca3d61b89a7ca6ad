package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"syscall"
	"time"

	"noctra/internal/proc"
)

// ownCollector is a collector beside that of the product, on the same Kafka and Postgres.
type ownCollector struct {
	product *product
	name    string
	addr    string
	child   *proc.Child
	log     bytes.Buffer
}

// drainTime is how long a collector that stops still takes requests: longer than it takes the
// balancer to ask whether it is ready.
const drainTime = time.Second

func newCollector(p *product, name string) (*ownCollector, error) {
	addr, err := freeAddr()
	return &ownCollector{product: p, name: name, addr: addr}, err
}

// start starts the process and waits until it is ready.
func (c *ownCollector) start(ctx context.Context) (err error) {
	ops, err := freeAddr()
	if err != nil {
		return err
	}
	own := func(part string) string { return filepath.Join(c.product.data, c.name+"-"+part) }
	c.child, err = proc.Start(proc.Spec{Args: []string{
		"collector", "--collector-addr", c.addr, "--ops-addr", ops, "--kafka", c.product.Kafka, "--postgres", c.product.Postgres,
		"--spool-dir", own("spool"), "--snapshot-file", own("sites.json"), "--drain-time", drainTime.String(),
	}, Output: &c.log})
	if err != nil {
		return err
	}
	return await(ctx, time.Minute, 20*time.Millisecond, func() (bool, error) {
		select {
		case <-c.child.Exited():
			return false, fmt.Errorf("collector %s ended: %w\n%s", c.name, c.child.Err(), c.log.Bytes())
		default:
		}
		return answers(ctx, "http://"+c.addr+"/readyz"), nil
	})
}

// stop asks the process to end, as an upgrade does, and returns how long that took.
func (c *ownCollector) stop() (time.Duration, error) {
	began := time.Now()
	if err := c.child.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	err := c.child.Stop(stopLimit)
	return time.Since(began), err
}

func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
