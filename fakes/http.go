package fakes

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Wrap puts the faults in front of a fake that speaks HTTP.
func (f *Faults) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, fault := range f.Next(r.URL.Path) {
			switch fault.Kind {
			case Delay:
				timer := time.NewTimer(fault.Wait())
				select {
				case <-timer.C:
				case <-r.Context().Done():
					timer.Stop()
					panic(http.ErrAbortHandler)
				}
			case Status:
				http.Error(w, "a fault that was ordered", fault.Status)
				return
			case DropReply:
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler) // closes the connection without an answer
			case Garbage:
				next.ServeHTTP(httptest.NewRecorder(), r)
				_, _ = w.Write([]byte("<html>\x00 {garbage"))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Local refuses requests that name another host than this machine: a page in a browser must not
// reach a fake under a name that it made point here.
func Local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		address := net.ParseIP(strings.Trim(host, "[]"))
		if host != "localhost" && address == nil {
			http.Error(w, "a fake only answers under its address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// WriteJSON answers with a value, indented for people.
func WriteJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // the client may be gone
}
