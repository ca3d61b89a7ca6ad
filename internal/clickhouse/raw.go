package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// mostError is how much of a refusal is read.
const mostError = 16 << 10

// Raw runs a query of a person as role and returns the answer as ClickHouse writes it in format
// (CSVWithNames, JSON, PrettyCompact, …), unless the query names another one. The caller closes it.
// ClickHouse may still fail while it answers; then the answer ends with its message.
func (c Config) Raw(ctx context.Context, role Role, query, format string) (io.ReadCloser, error) {
	if _, err := c.server(); err != nil {
		return nil, err
	}
	address, err := c.URL(role)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("run query: %w", err)
	}
	config, err := c.tlsConfig(u.Scheme)
	if err != nil {
		return nil, err
	}
	parameters := u.Query()
	parameters.Set("default_format", format)
	u.RawQuery = parameters.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(query))
	if err != nil {
		return nil, fmt.Errorf("run query: %w", err)
	}
	one := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	client := &http.Client{Transport: transport{next: one, host: u.Host}}
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("run query: %w", c.Explain(err))
	}
	if answer.StatusCode != http.StatusOK {
		defer func() { _ = answer.Body.Close() }()
		text, _ := io.ReadAll(io.LimitReader(answer.Body, mostError))
		return nil, fmt.Errorf("run query: clickhouse answers %d: %s", answer.StatusCode, strings.TrimSpace(string(text)))
	}
	return answer.Body, nil
}
