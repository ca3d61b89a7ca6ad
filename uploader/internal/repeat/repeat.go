// Package repeat does what the uploader does over and over.
package repeat

import (
	"context"
	"time"
)

// Every does something now and every so often, until ctx ends.
func Every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		do(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
