package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"noctra/schema"
)

// keys is what the admin service writes about the demo site, as far as it matters here.
type keys struct {
	Site      siteNumber `json:"site_id"`
	Workspace siteNumber `json:"workspace_id"`
	SiteKey   string     `json:"site_key"`
	ServerKey string     `json:"server_key"`
	Hostname  string     `json:"hostname"`
	APIKey    string     `json:"api_key"`
	SignInURL string     `json:"sign_in_url"`
}

// siteNumber is an id of Postgres, written as a number or as a string of digits.
type siteNumber uint64

// UnmarshalJSON implements json.Unmarshaler.
func (n *siteNumber) UnmarshalJSON(b []byte) error {
	value, err := strconv.ParseUint(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not an id", b)
	}
	*n = siteNumber(value)
	return nil
}

func readKeys(path string) (keys, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return keys{}, fmt.Errorf("read keys of the demo site: %w", err)
	}
	var k keys
	if err := json.Unmarshal(raw, &k); err != nil {
		return keys{}, fmt.Errorf("read keys of the demo site in %q: %w", path, err)
	}
	if k.Site == 0 || k.SiteKey == "" || k.ServerKey == "" || k.Hostname == "" {
		return keys{}, fmt.Errorf("read keys of the demo site in %q: site_id, site_key, server_key and hostname are needed", path)
	}
	return k, nil
}

const keysInterval = 200 * time.Millisecond

// awaitKeys waits until the admin service has written the file.
func awaitKeys(ctx context.Context, path string) (keys, error) {
	ticker := time.NewTicker(keysInterval)
	defer ticker.Stop()
	for {
		k, err := readKeys(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return k, err
		}
		select {
		case <-ctx.Done():
			return keys{}, ctx.Err()
		case <-ticker.C:
		}
	}
}

func (k keys) siteID() schema.SiteID { return schema.SiteID(k.Site) }
