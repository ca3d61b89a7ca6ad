package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func (p *product) siteID() string { return strings.Trim(string(p.ready.Demo.SiteID), `"`) }

// answer of POST /v1/events.
type answer struct {
	status   int
	text     string // as it came
	Accepted int    `json:"accepted"`
	Rejected []struct {
		Index   int    `json:"index"`
		ID      string `json:"id"`
		Field   string `json:"field"`
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"rejected"`
}

// senders keeps a connection for each of many senders.
var senders = &http.Client{Timeout: clientLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// send posts a body with the server key and decodes the answer.
func (p *product) send(body []byte, headers map[string]string) (answer, error) {
	request, err := http.NewRequest(http.MethodPost, p.ready.CollectorURL+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+p.ready.Demo.ServerKey)
	for key, value := range headers {
		request.Header.Set(key, value)
	}
	response, err := senders.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return got, err
	}
	got.text = string(text)
	if response.StatusCode == http.StatusAccepted || response.StatusCode == http.StatusBadRequest {
		if err := json.Unmarshal(text, &got); err != nil {
			return got, fmt.Errorf("answer %d %q: %w", response.StatusCode, text, err)
		}
	}
	return got, nil
}

// report is the answer of POST /api/v1/query with the numbers as they stand.
type report struct {
	Results []struct {
		Dimensions []any `json:"dimensions"`
		Metrics    []any `json:"metrics"`
	} `json:"results"`
	Meta map[string]any `json:"meta"`
}

func (p *product) query(request map[string]any) (report, error) {
	request["site_id"] = p.siteID()
	body, err := json.Marshal(request)
	if err != nil {
		return report{}, err
	}
	call, err := http.NewRequest(http.MethodPost, p.ready.AdminURL+"/api/v1/query", bytes.NewReader(body))
	if err != nil {
		return report{}, err
	}
	call.Header.Set("Authorization", "Bearer "+p.ready.Demo.APIKey)
	call.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: clientLimit}
	response, err := client.Do(call)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return report{}, err
	}
	if response.StatusCode != http.StatusOK {
		return report{}, fmt.Errorf("query answered %d: %s", response.StatusCode, text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var got report
	return got, decoder.Decode(&got)
}

// sql asks ClickHouse as the reader and calls each for every row of the answer, tabs between fields.
func (p *product) sql(query string, each func(line string) error) error {
	address, err := url.Parse(p.ready.ClickHouse)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, address.String(), strings.NewReader(query+" FORMAT TabSeparated"))
	if err != nil {
		return err
	}
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	if response.StatusCode != http.StatusOK {
		lines.Scan()
		return fmt.Errorf("clickhouse answered %d: %s", response.StatusCode, lines.Text())
	}
	for lines.Scan() {
		if err := each(lines.Text()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// sqlRow is sql for an answer of one row.
func (p *product) sqlRow(query string) (fields []string, err error) {
	err = p.sql(query, func(line string) error {
		fields = strings.Split(line, "\t")
		return nil
	})
	return fields, err
}
