package fakes_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/fakes"
)

type entry struct{ Name string }

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "ledger.jsonl")
	for round, want := range [][]entry{nil, {{"a"}}, {{"a"}, {"a"}}} {
		j, got, err := fakes.OpenJournal[entry](path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d: %s", round, diff)
		}
		if err := j.Append(entry{"a"}); err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(`{"Name": "cut`); err != nil { // what a crash leaves
			t.Fatal(err)
		}
		_ = file.Close()
	}
	if err := os.WriteFile(path, []byte("no json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fakes.OpenJournal[entry](path); err == nil {
		t.Error("a damaged journal was opened")
	}
}

func TestFaults(t *testing.T) {
	var faults fakes.Faults
	work := 0
	mux := http.NewServeMux()
	mux.Handle("POST /_faults", &faults)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { work++; _, _ = w.Write([]byte("fine")) })
	server := httptest.NewServer(faults.Wrap(fakes.Local(mux)))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // a reused connection would ask again by itself
	order := func(list string, want int) {
		t.Helper()
		response, err := client.Post(server.URL+"/_faults", "application/json", strings.NewReader(list))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != want {
			t.Errorf("%s: %d", list, response.StatusCode)
		}
	}
	check := func(path, want string, wantWork int) {
		t.Helper()
		work = 0
		got := ""
		response, err := client.Get(server.URL + path)
		if err != nil {
			got = "lost"
		} else {
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			got = response.Status[:3] + " " + strings.TrimSpace(string(body))
		}
		if got != want || work != wantWork {
			t.Errorf("%s: %q and %d times done, want %q and %d", path, got, work, want, wantWork)
		}
	}
	order(`[{"kind": "status", "status": 503, "count": 2}]`, 200)
	check("/a", "503 a fault that was ordered", 0)
	check("/_ledger", "200 fine", 1)
	check("/b", "503 a fault that was ordered", 0)
	check("/a", "200 fine", 1)
	order(`[{"kind": "drop_reply", "path": "/a"}, {"kind": "garbage", "path": "/b", "rate": 1}, {"kind": "status", "status": 500, "path": "/c", "rate": 0}, {"kind": "delay", "delay_ms": 1}]`, 200)
	check("/a", "lost", 1)
	check("/b", "200 <html>\x00 {garbage", 1)
	check("/c", "200 fine", 1)
	for _, bad := range []string{``, `{}`, `[{"kind": "none"}]`, `[{"kind": "status"}]`, `[{"kind": "delay"}]`, `[{"kind": "garbage", "rate": 2}]`, `[{"kind": "garbage", "path": "a"}]`, `[{"kind": "garbage", "count": -1}]`} {
		order(bad, 400)
	}
	check("/a", "lost", 1) // a list that is refused changes nothing
	order(`[]`, 200)
	check("/a", "200 fine", 1)
	request, _ := http.NewRequest(http.MethodGet, server.URL+"/a", nil)
	request.Host = "evil.example"
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", response.StatusCode)
	}
}
