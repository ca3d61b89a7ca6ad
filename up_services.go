package main

import (
	"noctra/internal/settings"
	"noctra/internal/up"
)

// services lists the services in the order of the start; they stop in reverse, the collector
// before what works on its messages.
func (l *layout) services() []up.Step {
	return []up.Step{
		{Processes: []up.Process{l.uploader()}},
	}
}

func (l *layout) uploader() up.Process {
	args := append(settings.Flags(l.stores.Kafka), settings.Flags(l.stores.Postgres)...)
	return l.serviceProcess("uploader", portUploaderOps, args...)
}

// metrics are the addresses where each process shows its metrics.
func (l *layout) metrics() map[string]string {
	page := func(port int) string { return "http://" + l.local(port) + "/metrics" }
	return map[string]string{
		"uploader": page(portUploaderOps),
	}
}
